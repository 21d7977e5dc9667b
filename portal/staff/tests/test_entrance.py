"""Who gets into the admin, how, and for how long."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from portal.models import User
from portal.staff.site import admin_site
from portal.staff.tests.populate import browser, staff

pytestmark = pytest.mark.django_db

OPEN = {"/admin/login/"}  # it only sends people on


def addresses() -> list[str]:
    """Every address of the admin, with something in place of what it asks for."""
    patterns, _app, _name = admin_site.urls
    return [f"/admin/{route}" for route in _routes(patterns)]


def _routes(patterns: list, before: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, before + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            route = before + str(pattern.pattern)
            for wanted in ("<path:object_id>", "<int:content_type_id>"):
                route = route.replace(wanted, "1")
            if route.startswith("^"):
                route = "partners/"
            yield route.replace("(?P<url>.*)$", "nothing/").replace(
                "<path:content_type_id>/<path:object_id>", "1/1"
            )


def answers(client: Client) -> dict[str, tuple[int, str]]:
    return {
        address: (response.status_code, response.headers.get("Location", ""))
        for address in addresses()
        if address not in OPEN
        for response in [client.get(address)]
    }


def test_a_stranger_is_sent_to_the_sign_in_page_from_every_address():
    sign_in = reverse("account_login") + "?next=/admin/"

    for address, (status, target) in answers(Client()).items():
        assert status == 302, address
        assert target.startswith((sign_in, "/admin/login/?next=/admin/")), address
    assert Client().get("/admin/", follow=True).redirect_chain[-1][0].startswith(sign_in)


def test_a_partner_is_refused_at_every_address():
    alice = User.objects.create_user("alice@agency.example")

    for address, (status, target) in answers(browser(alice)).items():
        assert status in {302, 403}, address
        assert status == 403 or target.startswith(("/admin/login/", "/admin/")), address
    assert browser(alice).get("/admin/", follow=True).status_code == 403


def test_staff_without_a_second_factor_are_sent_to_set_one_up_from_every_address():
    dana = User.objects.create_user("dana@platform.example", is_staff=True, is_superuser=True)

    for address, (status, target) in answers(browser(dana)).items():
        assert (status, target) == (302, reverse("mfa_index")), address


def test_staff_with_a_second_factor_get_in_without_a_role_and_see_nothing():
    dana = staff(role="")

    page = browser(dana).get("/admin/")

    assert page.status_code == 200
    assert "No role has been given to you yet" in page.content.decode()
    assert browser(dana).get("/admin/partners/account/").status_code == 403


def test_a_prefix_before_the_admin_opens_no_way_round_the_second_factor():
    dana = User.objects.create_user("dana@platform.example", is_staff=True, is_superuser=True)

    response = browser(dana).get("/admin/", SCRIPT_NAME="/portal")

    assert response.status_code == 302


def test_the_admin_has_no_password_page_of_its_own():
    response = Client().get("/admin/login/?next=/admin/claims/claim/")

    assert response.status_code == 302
    assert response["Location"] == reverse("account_login") + "?next=/admin/claims/claim/"
    changing = browser(staff()).get("/admin/password_change/")
    assert changing["Location"] == reverse("account_change_password")


def test_signing_out_is_a_post_and_ends_the_session():
    client = browser(staff())

    assert client.get("/admin/logout/").status_code == 405
    client.post("/admin/logout/")

    assert client.get("/admin/").status_code == 302


def test_a_staff_session_ends_hours_after_it_reached_the_admin_however_busy():
    client = browser(staff())

    client.get("/admin/")
    first = client.session.get_expiry_date()
    client.get("/admin/claims/claim/")

    assert abs(client.session.get_expiry_age() - settings.STAFF_SESSION_SECONDS) < 60
    assert client.session.get_expiry_date() == first


def test_a_partners_session_is_left_as_long_as_it_is():
    client = browser(User.objects.create_user("alice@agency.example"))

    client.get("/admin/")

    assert client.session.get_expiry_age() == settings.SESSION_COOKIE_AGE


def test_the_admins_scripts_come_from_here_alone():
    policy = browser(staff()).get("/admin/")["Content-Security-Policy"]

    assert "script-src 'self' 'unsafe-inline' 'unsafe-eval'" in policy
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy


def test_pages_outside_the_admin_keep_the_strict_policy():
    policy = Client().get(reverse("account_login"))["Content-Security-Policy"]

    assert "unsafe" not in policy
