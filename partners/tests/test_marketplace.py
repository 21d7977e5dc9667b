"""The way into the marketplace: applying, deciding, being listed, being removed."""

from datetime import timedelta

import pytest

from partners.actions.marketplace.applications import apply_for_listing, withdraw_application
from partners.actions.marketplace.decisions import approve, decline
from partners.actions.marketplace.listings import list_again, remove_listing
from partners.actions.marketplace.profiles import Written, write_profile
from partners.errors import (
    AlreadyListedError,
    ApplicationOpenError,
    NotInProgrammeError,
    NotListedError,
    NotWaitingError,
    ProfileIncompleteError,
    RankTooLowError,
    StandardsNotMetError,
)
from partners.marketplace import Stage, timeline, way_in
from partners.models import Account, Activity, Application, Listing, Profile, Standing
from partners.models.listings import RemovalReason
from partners.models.marketplace import ApplicationState
from partners.roles import Role
from partners.rules import MARKETPLACE_FROM_LEVEL, STANDARDS, Standard
from portal.lib import clock
from portal.mail.actions.hand_over import send_due
from portal.mail.models import Message
from portal.models import User
from portal.testing import builders as make
from portal.testing.assertions import FIXED, NEVER_CHANGES, insert_like, refused, set_columns
from portal.testing.builders import TODAY, noon
from portal.testing.races import at_once

pytestmark = pytest.mark.django_db

NOW = noon(TODAY)
A_DAY = timedelta(days=1)


@pytest.fixture
def alice() -> User:
    return make.person()


@pytest.fixture
def dana() -> User:
    return make.person(name="Dana")


@pytest.fixture
def studio() -> Account:
    """In the third rank, with a complete profile."""
    account = make.studio()
    make.rank_reached(account=account)
    make.profile(account=account)
    return account


def stage(account: Account) -> Stage:
    return way_in(Account.objects.get(pk=account.pk), on=TODAY).stage


def kinds_told() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("pk").values_list("kind", "to"))


# --- Applying ------------------------------------------------------------------------------------


def test_who_has_reached_the_third_rank_may_apply(studio, alice):
    application = apply_for_listing(studio, by=alice, at=NOW)

    assert (application.state, application.applied_by) == (ApplicationState.OPEN, alice)
    assert application.applied_at == NOW
    assert Activity.objects.filter(kind="applied_for_listing", by=alice, at=NOW).exists()


def test_who_is_not_in_the_programme_does_not_apply(alice):
    account = make.studio()
    make.programme()
    make.profile(account=account)

    with pytest.raises(NotInProgrammeError):
        apply_for_listing(account, by=alice, at=NOW)


@pytest.mark.parametrize(("points", "may"), [(1_999, False), (2_000, True), (2_001, True)])
def test_a_point_below_the_third_rank_is_too_little(alice, points, may):
    account = make.enrolled()
    make.profile(account=account)
    Standing.objects.create(account=account, programme_year_id=TODAY.year, points=points)

    if may:
        assert apply_for_listing(account, by=alice, at=NOW)
    else:
        with pytest.raises(RankTooLowError):
            apply_for_listing(account, by=alice, at=NOW)


def test_a_rank_of_last_year_counts_and_one_of_the_year_before_does_not(alice):
    account = make.enrolled()
    make.profile(account=account)
    make.rank_reached(account=account, year=TODAY.year - 1)

    assert apply_for_listing(account, by=alice, at=NOW)
    charlies = make.enrolled(account=make.account(owner="Charlie"))
    make.profile(account=charlies)
    make.rank_reached(account=charlies, year=TODAY.year)
    two_years_on = NOW.replace(year=TODAY.year + 2)
    with pytest.raises(RankTooLowError):
        apply_for_listing(charlies, by=make.person(name="Charlie"), at=two_years_on)


@pytest.mark.parametrize("missing", ["tagline", "text", "services", "regions", "languages"])
def test_a_profile_that_lacks_something_is_completed_first(alice, missing):
    account = make.enrolled()
    make.rank_reached(account=account, level=MARKETPLACE_FROM_LEVEL)
    profile = make.profile(account=account, **{missing: ""})

    assert len(profile.missing) == 1
    assert stage(account) is Stage.PROFILE
    with pytest.raises(ProfileIncompleteError):
        apply_for_listing(account, by=alice, at=NOW)


def test_without_a_profile_nobody_applies(alice):
    account = make.enrolled()
    make.rank_reached(account=account)

    with pytest.raises(ProfileIncompleteError):
        apply_for_listing(account, by=alice, at=NOW)


def test_a_website_may_be_missing(alice):
    account = make.enrolled()
    make.rank_reached(account=account)
    make.profile(account=account, website="")

    assert apply_for_listing(account, by=alice, at=NOW)


def test_one_application_is_open_at_a_time(studio, alice):
    apply_for_listing(studio, by=alice, at=NOW)

    with pytest.raises(ApplicationOpenError):
        apply_for_listing(studio, by=alice, at=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_who_apply_at_once_make_one_application():
    account = make.studio()
    make.rank_reached(account=account)
    make.profile(account=account)
    make.member(account=account, name="Bob", role=Role.ADMIN)

    answers = at_once(
        *(
            lambda name=name: apply_for_listing(account, by=make.person(name=name), at=NOW)
            for name in ("Alice", "Bob")
        )
    )

    assert sorted(type(answer) for answer in answers if isinstance(answer, Exception)) == [
        ApplicationOpenError
    ]
    assert Application.objects.count() == 1


def test_who_is_listed_does_not_apply(alice):
    listing = make.listed()

    with pytest.raises(AlreadyListedError):
        apply_for_listing(listing.account, by=alice, at=NOW)


def test_withdrawn_it_is_decided_by_nobody_and_another_can_follow(studio, alice, dana):
    application = apply_for_listing(studio, by=alice, at=NOW)

    withdraw_application(application, by=alice, at=NOW + A_DAY)

    application.refresh_from_db()
    assert application.state == ApplicationState.WITHDRAWN
    assert application.withdrawal.withdrawn_by == alice
    with pytest.raises(NotWaitingError):
        approve(application, standards_met=STANDARDS, by=dana, at=NOW + A_DAY)
    assert apply_for_listing(studio, by=alice, at=NOW + A_DAY)


# --- Deciding ------------------------------------------------------------------------------------


def test_approved_the_account_is_listed_and_its_owners_and_admins_are_told(dana):
    application = make.applied()
    make.member(account=application.account, name="Bob", role=Role.ADMIN)
    make.member(account=application.account, name="Carol", role=Role.MEMBER)

    listing = approve(application, standards_met=STANDARDS, by=dana, at=NOW)

    assert (listing.account, listing.listed_by, listing.listed_at) == (
        application.account,
        dana,
        NOW,
    )
    assert Profile.objects.listed().get().account == application.account
    assert set(kinds_told()) == {
        ("partners/listed", "alice@studio.example"),
        ("partners/listed", "bob@studio.example"),
    }


@pytest.mark.parametrize("left_out", STANDARDS)
def test_only_what_meets_every_standard_is_listed(dana, left_out):
    application = make.applied()

    with pytest.raises(StandardsNotMetError):
        approve(application, standards_met=set(STANDARDS) - {left_out}, by=dana, at=NOW)

    application.refresh_from_db()
    assert application.state == ApplicationState.OPEN
    assert not Listing.objects.exists()


def test_declined_the_account_reads_why_and_may_apply_again(alice, dana):
    application = make.applied()

    decision = decline(
        application, standards_met={Standard.OWN}, reason="Your site is down.", by=dana, at=NOW
    )

    assert decision.standards_met == [Standard.OWN]
    assert kinds_told() == [("partners/not_listed", "alice@studio.example")]
    assert stage(application.account) is Stage.APPLY
    assert apply_for_listing(application.account, by=alice, at=NOW + A_DAY)


def test_the_mail_of_a_decline_says_why_and_what_is_not_met(dana):
    application = make.applied()
    reason = "Your site is <b>down</b>."
    decline(application, standards_met=set(STANDARDS[1:]), reason=reason, by=dana, at=NOW)

    send_due(at=clock.now())

    mail = Message.objects.get()
    assert reason in " ".join(mail.text.split())
    assert "The profile says who they are" in mail.text
    assert "Words and logo" not in mail.text
    assert "&lt;b&gt;down" in mail.html


@pytest.mark.django_db(transaction=True)
def test_approved_and_declined_at_once_it_is_decided_once():
    application = make.applied()
    dana, erin = make.person(name="Dana"), make.person(name="Erin")

    answers = at_once(
        lambda: approve(application, standards_met=STANDARDS, by=dana, at=NOW),
        lambda: decline(application, standards_met=(), reason="No.", by=erin, at=NOW),
    )

    assert [type(one) for one in answers if isinstance(one, Exception)] == [NotWaitingError]
    assert Message.objects.count() == 1


def test_a_rank_that_fell_meanwhile_does_not_stand_in_the_way(dana):
    application = make.applied()
    Standing.objects.filter(account=application.account).delete()

    assert approve(application, standards_met=STANDARDS, by=dana, at=NOW)


# --- Being listed --------------------------------------------------------------------------------


def test_once_listed_it_stays_listed_whatever_the_rank_later():
    listing = make.listed()

    Standing.objects.filter(account=listing.account).delete()

    assert Profile.objects.listed().get().account == listing.account
    assert way_in(listing.account, on=TODAY.replace(year=2028)).stage is Stage.LISTED


def test_what_a_listed_account_writes_is_public_at_once_and_kept_with_who_and_when(alice):
    listing = make.listed()
    before = listing.account.profile.history.count()

    make.profile(account=listing.account, tagline="Something new")

    assert Profile.objects.listed().get().tagline == "Something new"
    assert listing.account.profile.history.count() == before + 1
    assert Activity.objects.filter(kind="profile_edited", by=alice).count() == 2


def test_a_listed_profile_keeps_what_everyone_tells(alice):
    listing = make.listed()
    written = Written(name="Studio", services=[], regions=[], languages=[])

    with pytest.raises(ProfileIncompleteError):
        write_profile(listing.account, written, by=alice, at=NOW)

    assert not Profile.objects.get().missing


def test_removed_it_is_gone_from_the_public_and_the_team_is_told_why(dana):
    listing = make.listed()

    remove_listing(
        listing, reason=RemovalReason.UNREACHABLE, note="Three complaints.", by=dana, at=NOW
    )

    assert not Profile.objects.listed().exists()
    listing.refresh_from_db()
    assert (listing.removed_by, listing.removed_for) == (dana, RemovalReason.UNREACHABLE)
    send_due(at=clock.now())
    mail = Message.objects.get(kind="partners/unlisted")
    assert "Requests are not answered" in mail.text
    assert "Three complaints." in mail.text


def test_removed_twice_is_removed_once(dana):
    listing = make.listed()
    remove_listing(listing, reason=RemovalReason.LAW, note="", by=dana, at=NOW)

    with pytest.raises(NotListedError):
        remove_listing(listing, reason=RemovalReason.UNTRUE, note="", by=dana, at=NOW)


def test_who_was_removed_may_apply_again(alice, dana):
    listing = make.listed()
    remove_listing(listing, reason=RemovalReason.UNTRUE, note="", by=dana, at=NOW)

    again = apply_for_listing(listing.account, by=alice, at=NOW + A_DAY)

    assert approve(again, standards_met=STANDARDS, by=dana, at=NOW + A_DAY)
    assert Profile.objects.listed().count() == 1


def test_staff_list_again_what_was_removed_by_mistake_whatever_the_rank(dana):
    listing = make.listed()
    remove_listing(listing, reason=RemovalReason.UNTRUE, note="", by=dana, at=NOW)
    Standing.objects.filter(account=listing.account).delete()

    again = list_again(listing, by=dana, at=NOW + A_DAY)

    assert (again.application, again.listed_by) == (None, dana)
    assert Profile.objects.listed().exists()
    assert Message.objects.filter(kind="partners/listed").count() == 2
    with pytest.raises(AlreadyListedError):
        list_again(listing, by=dana, at=NOW + A_DAY)


def test_who_has_applied_again_is_decided_on_rather_than_listed_again(alice, dana):
    listing = make.listed()
    remove_listing(listing, reason=RemovalReason.UNTRUE, note="", by=dana, at=NOW)
    apply_for_listing(listing.account, by=alice, at=NOW + A_DAY)

    with pytest.raises(ApplicationOpenError):
        list_again(listing, by=dana, at=NOW + A_DAY)


# --- The way in, as it is told -------------------------------------------------------------------


def test_the_next_step_is_told_at_every_stage(alice, dana):
    account = make.studio()
    make.programme()
    assert stage(account) is Stage.JOIN
    make.enrolled(account=account)
    assert stage(account) is Stage.RANK
    make.rank_reached(account=account)
    assert stage(account) is Stage.PROFILE
    make.profile(account=account)
    assert stage(account) is Stage.APPLY
    application = apply_for_listing(account, by=alice, at=NOW)
    assert stage(account) is Stage.WAITING
    approve(application, standards_met=STANDARDS, by=dana, at=NOW)
    assert stage(account) is Stage.LISTED


def test_the_timeline_tells_what_happened_in_its_order_and_what_comes(alice, dana):
    application = make.applied()
    account = application.account
    decline(application, standards_met=(), reason="Not clear.", by=dana, at=NOW + A_DAY)
    withdrawn = apply_for_listing(account, by=alice, at=NOW + 2 * A_DAY)
    withdraw_application(withdrawn, by=alice, at=NOW + 3 * A_DAY)

    steps = timeline(way_in(account, on=TODAY))

    assert [(step.label, step.state) for step in steps] == [
        ("Applied", "done"),
        ("Declined", "bad"),
        ("Applied", "done"),
        ("Withdrawn", "skipped"),
        ("Apply", "now"),
        ("We look at your profile", "next"),
        ("Listed in the marketplace", "next"),
    ]
    assert steps[1].note == "Not clear."


# --- What the database refuses -------------------------------------------------------------------


def test_an_account_has_one_open_application():
    application = make.applied()

    with refused("one_open_application"):
        insert_like(application)


def test_an_account_is_listed_once():
    listing = make.listed()

    with refused("one_listing_in_force"):
        insert_like(listing, application_id=None)


def test_a_removal_is_recorded_whole(dana):
    listing = make.listed()

    for columns in (
        {"removed_at": NOW},
        {"removed_at": NOW, "removed_by_id": dana.pk},
        {"removed_at": NOW, "removed_by_id": dana.pk, "removed_for": "because"},
        {"removal_note": "Something"},
    ):
        with refused("removal_is_recorded_whole"):
            set_columns(listing, **columns)


def test_a_decline_has_a_reason(dana):
    with refused("declined_with_a_reason"):
        decline(make.applied(), standards_met=(), reason="", by=dana, at=NOW)


def test_a_decision_never_changes(dana):
    decision = decline(make.applied(), standards_met=(), reason="No.", by=dana, at=NOW)

    with refused(NEVER_CHANGES):
        set_columns(decision, reason="Yes.")


def test_who_applied_and_when_never_changes():
    application = make.applied()

    with refused(FIXED):
        set_columns(application, applied_at=NOW + A_DAY)


@pytest.mark.parametrize(
    ("column", "guard"),
    [
        ("services", "profile_services_known"),
        ("regions", "profile_regions_known"),
        ("languages", "profile_languages_known"),
    ],
)
def test_a_profile_offers_what_there_is_to_choose(column, guard):
    profile = make.profile(account=make.studio())

    with refused(guard):
        set_columns(profile, **{column: ["xx"]})
