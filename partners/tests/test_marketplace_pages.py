"""The partner's own pages of the marketplace."""

import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from partners.models import Account, Application, Listing, Profile
from partners.models.marketplace import ApplicationState
from partners.roles import Role
from portal.lib import clock
from portal.staff.tests.populate import browser
from portal.testing import builders as make
from portal.testing.builders import TODAY

pytestmark = pytest.mark.django_db

TYPED = {
    "name": "Studio",
    "tagline": "Sites for bakers",
    "text": "We bake, too.",
    "website": "studio.example",
    "services": ["design", "shop"],
    "regions": ["britain"],
    "languages": ["en", "cy"],
}


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


@pytest.fixture
def studio() -> Account:
    return make.enrolled()


@pytest.fixture
def alice(studio) -> Client:
    return browser(make.person())


def to(name: str, account: Account, **told: str) -> str:
    return reverse(f"partners:{name}", kwargs={"account_ref": account.ref, **told})


def text_of(client: Client, path: str) -> str:
    return html.unescape(client.get(path, follow=True).content.decode())


# --- The profile ---------------------------------------------------------------------------------


def test_a_profile_is_written_and_shown_as_the_public_will_see_it(alice, studio):
    response = alice.post(to("profile", studio), TYPED)

    assert response["Location"] == to("profile_preview", studio)
    profile = Profile.objects.get()
    assert (profile.tagline, profile.website) == ("Sites for bakers", "https://studio.example")
    assert profile.languages == ["en", "cy"]
    page = text_of(alice, response["Location"])
    for words in ("Sites for bakers", "We bake, too.", "Online shops", "Welsh"):
        assert words in page


def test_a_draft_may_lack_whatever_is_not_known_yet(alice, studio):
    response = alice.post(to("profile", studio), {"name": "Studio"})

    assert response.status_code == 302
    assert "Still missing before you can apply" in text_of(alice, response["Location"])


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"tagline": "x" * 121}, "tagline"),
        ({"text": "x" * 3001}, "text"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"website": "ftp://studio.example"}, "website"),
        ({"website": "data:text/html,x"}, "website"),
        ({"services": ["design", "magic"]}, "services"),
        ({"languages": ["xx"]}, "languages"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(alice, studio, typed, wrong):
    response = alice.post(to("profile", studio), {**TYPED, **typed})

    assert response.status_code == 200
    assert response.context["form"].errors.keys() == {wrong}
    page = html.unescape(response.content.decode())
    assert "We bake, too." in page or wrong == "text"
    assert re.search(r'value="britain"[^>]*checked', page)
    assert not Profile.objects.exists()


def test_a_listed_profile_cannot_lose_what_everyone_tells(alice, studio):
    make.listed(account=studio)

    response = alice.post(to("profile", studio), {**TYPED, "text": "", "services": []})

    assert response.context["form"].errors.keys() == {"text", "services"}
    assert Profile.objects.get().text == "We build sites that sell."


def test_what_a_listed_account_saves_is_public_at_once(alice, studio):
    make.listed(account=studio)

    alice.post(to("profile", studio), TYPED)

    assert "Sites for bakers" in text_of(Client(), to("partner", studio))


def test_markup_in_a_profile_is_shown_as_it_was_typed(alice, studio):
    alice.post(to("profile", studio), {**TYPED, "text": "<script>alert(1)</script>"})

    page = alice.get(to("profile_preview", studio)).content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.OWNER, 200), (Role.ADMIN, 200), (Role.MEMBER, 403), (Role.BILLING, 403)],
)
def test_owners_and_admins_write_the_profile_and_put_up_the_logo(studio, role, status):
    make.member(account=studio, name="Bob", role=role)
    bob = browser(make.person(name="Bob"))

    assert bob.get(to("profile", studio)).status_code == status
    assert bob.get(to("logo", studio)).status_code == status
    assert bob.get(to("profile_preview", studio)).status_code == 200


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.OWNER, 200), (Role.ADMIN, 200), (Role.MEMBER, 200), (Role.BILLING, 403)],
)
def test_who_works_with_customers_reads_their_requests(studio, role, status):
    make.member(account=studio, name="Bob", role=role)

    assert browser(make.person(name="Bob")).get(to("quotes", studio)).status_code == status


# --- Applying ------------------------------------------------------------------------------------


def test_an_eligible_account_with_a_profile_applies_with_one_press(alice, studio):
    make.rank_reached(account=studio)
    make.profile(account=studio)
    assert "Apply now" in text_of(alice, to("marketplace", studio))

    page = alice.post(to("application", studio), follow=True).content.decode()

    assert Application.objects.get().applied_by == make.person()
    assert "We are looking at your profile" in page
    assert "Apply now" not in page


@pytest.mark.parametrize(
    ("has_profile", "points", "words"),
    [
        (True, 1_999, "Your rank is not high enough yet"),
        (False, 2_000, "Please complete your profile first"),
    ],
)
def test_who_may_not_apply_yet_is_told_why(alice, studio, has_profile, points, words):
    studio.standings.create(programme_year_id=TODAY.year, points=points)
    if has_profile:
        make.profile(account=studio)

    page = alice.post(to("application", studio), follow=True).content.decode()

    assert words in page
    assert not Application.objects.exists()


def test_an_application_is_withdrawn_and_another_accounts_is_not_found(alice, studio):
    mine = make.applied(account=studio)
    charlies = make.applied(account=make.account(owner="Charlie"))

    other = alice.post(to("application_withdrawal", studio, ref=charlies.ref))
    page = alice.post(to("application_withdrawal", studio, ref=mine.ref), follow=True)

    assert other.status_code == 404
    mine.refresh_from_db()
    assert mine.state == ApplicationState.WITHDRAWN
    assert "You can apply again" in page.content.decode()


def test_withdrawn_twice_it_is_said(alice, studio):
    mine = make.applied(account=studio)
    alice.post(to("application_withdrawal", studio, ref=mine.ref))

    page = alice.post(to("application_withdrawal", studio, ref=mine.ref), follow=True)

    assert "was decided or withdrawn already" in html.unescape(page.content.decode())


# --- What the page says --------------------------------------------------------------------------


def test_who_has_not_joined_is_led_to_the_programme():
    account = make.studio()
    make.programme()

    page = text_of(browser(make.person()), to("marketplace", account))

    assert "Join the programme first" in page


def test_who_lacks_points_reads_how_many(alice, studio):
    studio.standings.create(programme_year_id=TODAY.year, points=1_400)

    assert "600 more make you eligible" in text_of(alice, to("marketplace", studio))


def test_who_was_removed_reads_why(alice, studio):
    make.listed(account=studio)
    Listing.objects.update(
        removed_at=clock.now(),
        removed_by=make.person(name="Dana"),
        removed_for="unreachable",
        removal_note="Nobody answered.",
    )

    page = text_of(alice, to("marketplace", studio))

    assert "Your listing was removed" in page
    assert "Nobody answered." in page


def test_a_member_sees_the_state_and_no_button(studio):
    make.rank_reached(account=studio)
    make.profile(account=studio)
    make.member(account=studio, name="Bob")

    page = text_of(browser(make.person(name="Bob")), to("marketplace", studio))

    assert "An owner or admin of the account can apply." in page
    assert "Apply now" not in page
