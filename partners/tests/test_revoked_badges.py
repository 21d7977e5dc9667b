"""Badges taken away by staff: at once, with a reason, for everybody to see, and given back."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from partners.actions.badges import lift_revocation, revoke_badge
from partners.badge_states import BadgeState, badge_of
from partners.errors import AlreadyLiftedError, AlreadyRevokedError, NotAPartnerError
from partners.models import Account, Activity, BadgeRevocation, PointsEntry
from partners.standings import rank_held
from portal.lib import clock
from portal.mail.actions.hand_over import send_due
from portal.mail.models import Message
from portal.staff.tests.populate import browser, staff
from portal.testing import builders as make
from portal.testing.assertions import (
    FIXED,
    NEVER_DELETED,
    delete_row,
    insert_like,
    refused,
    set_columns,
)
from portal.testing.builders import TODAY, noon
from portal.testing.races import at_once

pytestmark = pytest.mark.django_db

WHY = "It was shown on another company’s pages."
PICTURES = [("badge_svg", {"theme": "light"}), ("badge_png", {"theme": "dark", "width": 560})]


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


@pytest.fixture
def studio() -> Account:
    """A Creator of 2026."""
    account = make.enrolled()
    PointsEntry.objects.create(
        account=account,
        programme_year_id=2026,
        kind="adjustment",
        points=1000,
        credited_on=date(2026, 3, 1),
        note="Test",
        entered_by=make.person(name="Dana"),
    )
    return account


def revoked(account: Account, *, on: date = TODAY) -> BadgeRevocation:
    with clock.frozen(on):
        return revoke_badge(account, reason=WHY, by=make.person(name="Dana"), at=noon(on))


def lift(revocation: BadgeRevocation) -> None:
    lift_revocation(revocation, because="Taken down", by=make.person(name="Erin"), at=noon(TODAY))


def get(name: str, account: Account, client: Client | None = None, **more):
    address = reverse(f"partners:{name}", kwargs={"account_ref": account.ref, **more})
    return (client or Client()).get(address)


def text_of(response) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def alice() -> Client:
    client = Client()
    client.force_login(make.person(name="Alice"))
    return client


# --- What everybody sees -------------------------------------------------------------------------


def test_pictures_say_at_once_that_the_badge_is_revoked_and_since_when(studio) -> None:
    before = get("badge_svg", studio, theme="light").content.decode()

    revoked(studio)

    after = get("badge_svg", studio, theme="light").content.decode()
    assert "Creator" in before
    assert "badge revoked since 2026-06-15" in after
    assert "Creator" not in after


def test_the_png_is_another_picture_from_then_on_and_the_old_one_again_after(studio) -> None:
    before = get("badge_png", studio, theme="dark", width=560).content
    revocation = revoked(studio)
    during = get("badge_png", studio, theme="dark", width=560).content

    lift(revocation)

    assert during != before
    assert get("badge_png", studio, theme="dark", width=560).content == before


@pytest.mark.parametrize(("name", "more"), PICTURES)
def test_nobody_keeps_a_picture_longer_than_five_minutes(studio, name, more) -> None:
    kept = get(name, studio, **more)["Cache-Control"]

    assert set(kept.split(", ")) == {"public", "max-age=300", "must-revalidate"}


def test_nobody_keeps_the_page_on_which_it_is_checked(studio) -> None:
    assert "no-store" in get("verify", studio)["Cache-Control"]


def test_the_verification_page_says_revoked_and_since_when_and_not_why(studio) -> None:
    revoked(studio)

    page = text_of(get("verify", studio))

    assert "is <strong>revoked</strong> since June 15, 2026" in page
    assert "holds the rank" not in page
    assert WHY not in page


def test_given_back_it_is_verified_again(studio) -> None:
    lift(revoked(studio))

    assert "holds the rank <strong>Creator</strong>" in text_of(get("verify", studio))


def test_it_may_be_revoked_again_after_it_was_given_back(studio) -> None:
    lift(revoked(studio))

    revoked(studio)

    assert badge_of(studio, on=TODAY).state is BadgeState.REVOKED
    assert studio.badge_revocations.count() == 2


def test_the_rank_itself_stays(studio) -> None:
    before = rank_held(studio, on=TODAY)

    revoked(studio)

    assert rank_held(studio, on=TODAY) == before


def test_a_badge_revoked_before_it_was_earned_is_not_shown_either(db) -> None:
    account = make.enrolled()
    revoked(account)

    assert badge_of(account, on=TODAY).state is BadgeState.REVOKED
    assert "Revoked" in get("badge_svg", account, theme="light").content.decode()


# --- What the account sees -----------------------------------------------------------------------


def test_the_account_is_told_by_mail_and_in_the_log(studio) -> None:
    lift(revoked(studio))

    send_due(at=noon(TODAY))

    gone, back = Message.objects.filter(kind__startswith="partners/badge").order_by("id")
    assert (gone.kind, back.kind) == ("partners/badge_revoked", "partners/badge_restored")
    assert gone.to == back.to == studio.email
    assert WHY in " ".join(gone.text.split())
    kinds = Activity.objects.filter(by=None).order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["badge_revoked", "badge_restored"]


def test_its_page_says_why_since_when_and_whom_to_ask(studio, settings) -> None:
    revoked(studio, on=TODAY - timedelta(days=3))

    page = text_of(get("badge", studio, alice()))

    for words in ("revoked since June 12, 2026", WHY, f"mailto:{settings.SUPPORT_EMAIL}"):
        assert words in page
    assert "Put it on your site" not in page


def test_its_page_names_the_badge_that_has_expired(studio) -> None:
    studio.standings.update(final_level=2)

    with clock.frozen(date(2028, 1, 1)):
        make.programme(years_like_the_defaults=[2028])
        page = text_of(get("badge", studio, alice()))

    assert "Creator of 2026, was held until Dec. 31, 2027" in page


# --- Once ----------------------------------------------------------------------------------------


def test_a_badge_is_revoked_once_at_a_time(studio) -> None:
    revoked(studio)

    with pytest.raises(AlreadyRevokedError):
        revoked(studio)


def test_a_revocation_is_lifted_once(studio) -> None:
    revocation = revoked(studio)
    lift(revocation)

    with pytest.raises(AlreadyLiftedError):
        lift(revocation)


def test_who_has_not_joined_has_no_badge_to_revoke(db) -> None:
    with pytest.raises(NotAPartnerError):
        revoked(make.bakery())


@pytest.mark.django_db(transaction=True)
def test_two_who_revoke_at_once_revoke_once() -> None:
    account = make.enrolled()
    make.person(name="Dana")

    outcomes = at_once(*[lambda: revoked(account)] * 2)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        "AlreadyRevokedError",
        "BadgeRevocation",
    ]


# --- The database --------------------------------------------------------------------------------


def test_the_database_has_one_revocation_in_force(studio) -> None:
    revocation = revoked(studio)

    with refused("one_revocation_in_force"):
        insert_like(revocation)
    with refused("badge_revoked_for_a_reason"):
        insert_like(revocation, reason="")


def test_the_database_keeps_who_revoked_and_why(studio) -> None:
    revocation = revoked(studio)

    with refused(FIXED):
        set_columns(revocation, reason="Something else")
    with refused(NEVER_DELETED):
        delete_row(revocation)


def test_the_database_lets_a_revocation_be_lifted_whole_and_once(studio) -> None:
    revocation = revoked(studio)
    erin = make.person(name="Erin")

    with refused("revocation_lifted_by_somebody"):
        set_columns(revocation, lifted_at=noon(TODAY))
    with refused("revocation_lifted_by_somebody"):
        set_columns(revocation, lifted_at=noon(TODAY), lifted_by_id=erin.pk)
    lift(revocation)
    with refused("Cannot update rows"):
        set_columns(revocation, lifted_at=None, lifted_by_id=None, lifted_because="")


# --- In the admin --------------------------------------------------------------------------------


def test_staff_revoke_and_give_back_in_the_admin(studio) -> None:
    dana = browser(staff("programme manager"))

    dana.post(f"/admin/partners/account/badge-revocation/?row={studio.pk}", {"reason": WHY})
    revocation = BadgeRevocation.objects.get()
    state = badge_of(studio, on=TODAY).state
    again = dana.post(
        f"/admin/partners/account/badge-revocation/?row={studio.pk}", {"reason": WHY}, follow=True
    )
    dana.post(
        f"/admin/partners/badgerevocation/lifting/?row={revocation.pk}", {"because": "Taken down"}
    )

    assert state is BadgeState.REVOKED
    assert "revoked already" in again.content.decode()
    assert badge_of(studio, on=TODAY).state is BadgeState.HELD
    revocation.refresh_from_db()
    assert revocation.lifted_because == "Taken down"


@pytest.mark.parametrize(
    ("role", "status"),
    [("programme manager", 200), ("administrator", 200), ("support", 403), ("finance", 403)],
)
def test_programme_managers_and_administrators_revoke_badges(studio, role, status) -> None:
    revocation = revoked(studio)
    client = browser(staff(role))

    revoking = client.get(f"/admin/partners/account/badge-revocation/?row={studio.pk}")
    lifting = client.get(f"/admin/partners/badgerevocation/lifting/?row={revocation.pk}")

    assert (revoking.status_code, lifting.status_code) == (status, status)
