"""What is dangerous asks again who sits there, and loses nothing of what was typed."""

import time

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from partners.models import AdjustmentRequest, BadgeRevocation
from portal.models import User
from portal.staff.site import admin_site
from portal.staff.tests import populate
from portal.staff.tests.populate import browser, staff
from portal.testing import builders

pytestmark = pytest.mark.django_db

ASKED_AGAIN = reverse("account_reauthenticate")
PASSWORD = "marshes-under-mist"

# What pays money, gives or takes what is earned, or opens an account's pages.
DANGEROUS = {
    "billing.invoiceline.refund",
    "billing.refundrequest.approval",
    "billing.refund.another_try",
    "billing.refund.other_way",
    "partners.account.visit",
    "partners.account.badge_revocation",
    "partners.adjustmentrequest.approval",
}


def dana(role: str) -> tuple[User, Client]:
    person = staff(role)
    person.set_password(PASSWORD)
    person.save()
    return person, browser(person, confirmed=False)


def show_again(client: Client, asked: str) -> str:
    """Type the password into the page asked for, and say where that led."""
    answer = client.post(asked, {"password": PASSWORD})
    assert answer.status_code == 302
    return str(answer["Location"])


def test_these_decisions_ask_again_and_no_others():
    asking = {
        f"{admin.opts.label_lower}.{decision.name}"
        for admin in admin_site._registry.values()
        for decision in getattr(admin, "decisions", ())
        if decision.confirms_identity
    }

    assert asking == DANGEROUS


def test_a_dangerous_page_asks_for_the_password_and_then_opens():
    agency = populate.account("Studio North", "office@agency.example")
    _, client = dana("support")
    page = f"/admin/partners/account/visit/?row={agency.pk}"

    asked = client.get(page)

    assert asked["Location"].startswith(ASKED_AGAIN)
    assert show_again(client, asked["Location"]) == page
    assert client.get(page).status_code == 200


def test_a_wrong_password_opens_nothing():
    agency = populate.account("Studio North", "office@agency.example")
    _, client = dana("support")
    page = f"/admin/partners/account/visit/?row={agency.pk}"
    asked = client.get(page)["Location"]

    refused = client.post(asked, {"password": "rivers-and-reeds"})

    assert refused.status_code == 200
    assert client.get(page)["Location"].startswith(ASKED_AGAIN)


def test_what_was_sent_too_late_is_done_once_it_is_clear_who_sent_it():
    agency = builders.enrolled()
    person, client = dana("programme manager")
    page = "/admin/partners/account/badge-revocation/"

    asked = client.post(page, {"row": agency.pk, "reason": "They sold badges on."})
    assert not BadgeRevocation.objects.exists()
    show_again(client, asked["Location"])

    revocation = BadgeRevocation.objects.get()
    assert (revocation.reason, revocation.revoked_by) == ("They sold badges on.", person)


@pytest.mark.parametrize(("seconds", "asks"), [(-2, False), (2, True)])
def test_having_shown_it_holds_for_so_long(seconds, asks):
    agency = populate.account("Studio North", "office@agency.example")
    client = browser(staff("support"))
    session = client.session
    limit = settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    session["account_authentication_methods"][-1]["at"] = time.time() - limit - seconds  # noqa: TID251
    session.save()

    answer = client.get(f"/admin/partners/account/visit/?row={agency.pk}")

    assert (answer.status_code == 302) is asks


def test_adjusting_points_asks_again():
    populate.programme()
    populate.declined()
    agency = populate.Account.objects.first()
    _, client = dana("programme manager")

    asked = client.post(f"/admin/partners/account/{agency.pk}/adjustment/", {"points": 5})

    assert asked["Location"].startswith(ASKED_AGAIN)
    assert not AdjustmentRequest.objects.exists()


def test_giving_a_role_asks_again_and_looking_at_a_person_does_not():
    alice = User.objects.create_user("alice@agency.example")
    _, client = dana("administrator")
    page = f"/admin/portal/user/{alice.pk}/change/"

    looked, asked = client.get(page), client.post(page, {"name": "Alice", "is_staff": "on"})

    alice.refresh_from_db()
    assert looked.status_code == 200
    assert asked["Location"].startswith(ASKED_AGAIN)
    assert not alice.is_staff


def test_history_names_the_page_a_late_change_was_sent_from():
    alice = User.objects.create_user("alice@agency.example")
    person, client = dana("administrator")
    page = f"/admin/portal/user/{alice.pk}/change/"

    asked = client.post(page, {"name": "Alice", "is_active": "on", "is_staff": "on"})
    show_again(client, asked["Location"])

    alice.refresh_from_db()
    told = alice.history.latest("pgh_id").pgh_context.metadata
    assert alice.is_staff
    assert (told["url"], told["user"]) == (page, person.pk)


def test_a_page_opened_from_a_filtered_list_can_be_sent_late_too():
    alice = User.objects.create_user("alice@agency.example")
    _, client = dana("administrator")

    listed = client.get("/admin/portal/user/?q=alice")

    assert f'href="/admin/portal/user/{alice.pk}/change/"' in listed.text


def test_who_may_not_is_refused_and_not_asked_first():
    agency = populate.account("Studio North", "office@agency.example")
    _, client = dana("finance")

    answer = client.get(f"/admin/partners/account/visit/?row={agency.pk}")

    assert answer.status_code == 403
