"""Sites that go from one account to another: who earns the event of which day?"""

from datetime import date, timedelta

import pytest

from partners.actions.approvals import end_approval
from partners.actions.enrolment import join
from partners.actions.moves import move_sites
from partners.actions.points import attribute
from partners.models import Account, PointsDue, ProgrammeYear, Site, SiteMove
from partners.queries import judge_waiting
from partners.tests.ledger import ledger, points
from portal.testing import builders as make
from portal.testing.assertions import NEVER_CHANGES, delete_row, insert_like, refused, set_columns

pytestmark = pytest.mark.django_db

A_DAY = timedelta(days=1)
PAID_AHEAD_ON = date(2026, 6, 1)
STARTS_ON = date(2026, 6, 15)
LANDS_ON = date(2026, 6, 29)

AROUND_THE_START = [
    (STARTS_ON - A_DAY, "new"),
    (STARTS_ON, "new"),
    (STARTS_ON + A_DAY, "old"),
]


@pytest.fixture
def studio() -> Account:
    return make.enrolled()


@pytest.fixture
def charlies() -> Account:
    return make.enrolled(account=make.account(name="Elsewhere", owner="Charlie"))


@pytest.fixture
def site(studio) -> Site:
    return make.site(account=studio)


def credited(old: Account, new: Account) -> list[str]:
    return [name for name, account in (("old", old), ("new", new)) if points(account)]


# --- The owner on the day ------------------------------------------------------------------------


@pytest.mark.parametrize(("moved_on", "earner"), AROUND_THE_START)
def test_a_renewal_paid_ahead_is_whoever_holds_the_site_on_the_day_it_starts(
    studio, charlies, site, moved_on, earner
) -> None:
    make.event(site=site, on=STARTS_ON, paid_on=PAID_AHEAD_ON)

    make.moved(site=site, to=charlies, on=moved_on)
    attribute(on=LANDS_ON)

    assert credited(studio, charlies) == [earner]
    assert not PointsDue.objects.exists()


@pytest.mark.parametrize(("moved_on", "earner"), AROUND_THE_START)
def test_a_renewal_paid_late_is_whoever_held_the_site_on_the_day_it_started(
    studio, charlies, site, moved_on, earner
) -> None:
    make.moved(site=site, to=charlies, on=moved_on)

    make.event(site=site, on=STARTS_ON, paid_on=STARTS_ON + 7 * A_DAY)
    attribute(on=LANDS_ON)

    assert credited(studio, charlies) == [earner]


def test_a_site_that_was_elsewhere_for_a_while_is_told_apart_by_the_day(
    studio, charlies, site
) -> None:
    for month in (5, 6, 7):
        make.event(site=site, on=date(2026, month, 15), paid_on=date(2026, 5, 1))
    client = make.enrolled(account=make.bakery())

    make.moved(site=site, to=charlies, on=date(2026, 6, 1))
    make.moved(site=site, to=client, on=date(2026, 6, 1))
    make.moved(site=site, to=studio, on=date(2026, 7, 1))
    attribute(on=date(2026, 12, 31))

    assert (points(studio), points(charlies), points(client)) == (100, 0, 100)


def test_a_move_tells_the_new_owner_of_the_points_and_the_old_one_no_more(
    studio, charlies, site
) -> None:
    make.event(site=site, on=STARTS_ON, paid_on=PAID_AHEAD_ON)

    make.moved(site=site, to=charlies, on=STARTS_ON - A_DAY)

    assert judge_waiting(studio, on=STARTS_ON) == []
    assert [one.lands_on for one in judge_waiting(charlies, on=STARTS_ON)] == [LANDS_ON]


def test_where_nothing_waits_the_points_of_the_days_morning_go_along(
    studio, charlies, site
) -> None:
    ProgrammeYear.objects.update(waiting_days=0)
    make.event(site=site, on=STARTS_ON)
    attribute(on=STARTS_ON)

    make.moved(site=site, to=charlies, on=STARTS_ON)
    attribute(on=STARTS_ON)

    assert ledger(studio) == [("credit", 100, 2026), ("reversal", -100, 2026)]
    assert ledger(charlies) == [("credit", 100, 2026)]


# --- What a move leaves alone --------------------------------------------------------------------


def test_a_move_leaves_what_contributors_earn_alone(studio, charlies) -> None:
    site = make.clients_site()
    make.approved(account=studio, site=site, on=PAID_AHEAD_ON)
    make.event(site=site, on=STARTS_ON, paid_on=PAID_AHEAD_ON)

    make.moved(site=site, to=charlies, on=STARTS_ON - A_DAY)
    attribute(on=LANDS_ON)

    assert (points(studio), points(charlies)) == (100, 100)


def test_an_owner_who_gave_the_site_away_goes_on_by_its_clients_approval(studio, site) -> None:
    make.approved(account=studio, site=site, on=PAID_AHEAD_ON)
    make.event(site=site, on=STARTS_ON, paid_on=PAID_AHEAD_ON)
    client = make.enrolled(account=make.bakery())

    make.moved(site=site, to=client, on=STARTS_ON - A_DAY)
    attribute(on=LANDS_ON)
    before = points(studio)
    end_approval(account=studio, site=site, on=LANDS_ON)

    assert (before, points(studio), points(client)) == (100, 0, 100)


def test_moving_a_site_to_where_it_is_changes_nothing(studio, site) -> None:
    make.event(site=site, on=STARTS_ON)

    moved = move_sites({site.pk: studio.pk}, on=STARTS_ON)
    attribute(on=LANDS_ON)

    assert moved == SiteMove.objects.count() == 0
    assert points(studio) == 100


def test_who_joins_gets_what_a_site_brought_before_it_went_away(charlies) -> None:
    latecomer = make.studio()
    site = make.site(account=latecomer)
    make.event(site=site, on=date(2026, 3, 1))
    make.moved(site=site, to=charlies, on=date(2026, 3, 2))

    join(latecomer, by=make.person(), at=make.noon(STARTS_ON))
    attribute(on=STARTS_ON)

    assert (points(latecomer), points(charlies)) == (100, 0)


# --- Guards --------------------------------------------------------------------------------------


def test_a_site_goes_nowhere_without_a_move(charlies, site) -> None:
    with refused("moves_by_a_move|Cannot update"):
        set_columns(site, account_id=charlies.pk)


def test_a_move_stays_as_it_was_written(charlies, site) -> None:
    make.moved(site=site, to=charlies)
    move = SiteMove.objects.get()

    with refused(NEVER_CHANGES):
        set_columns(move, moved_on=STARTS_ON + A_DAY)
    with refused(NEVER_CHANGES):
        delete_row(move)


def test_moves_follow_one_another(studio, charlies, site) -> None:
    make.moved(site=site, to=charlies, on=STARTS_ON)
    move = SiteMove.objects.get()
    back = {"from_account_id": charlies.pk, "to_account_id": studio.pk}

    with refused("where the last one ended"):
        insert_like(move)
    with refused("where the last one ended"):
        insert_like(move, **back, moved_on=STARTS_ON - A_DAY)
    with refused("site_moves_elsewhere"):
        insert_like(move, from_account_id=charlies.pk)
    insert_like(move, **back)

    site.refresh_from_db()
    assert site.account == studio
