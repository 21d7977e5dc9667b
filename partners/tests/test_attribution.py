"""Which events earn points: how many, when, and in which year."""

from datetime import date, timedelta

import pytest

from partners.actions.points import attribute
from partners.models import Account, PointsDue, PointsEntry, PointValue, ProgrammeYear
from partners.rules import EventKind
from partners.tests.ledger import ledger, points
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

A_DAY = timedelta(days=1)
EVENT_ON = date(2026, 6, 15)
LANDS_ON = date(2026, 6, 29)


@pytest.fixture
def studio() -> Account:
    return make.enrolled()


# --- The waiting period --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "earned"), [(LANDS_ON - A_DAY, 0), (LANDS_ON, 100), (LANDS_ON + A_DAY, 100)]
)
def test_points_land_when_the_waiting_period_is_over(studio, on, earned) -> None:
    make.event(site=make.site(account=studio), on=EVENT_ON)

    attribute(on=on)

    assert points(studio) == earned


def test_an_entry_says_when_it_was_credited_for_what_and_by_which_rule(studio) -> None:
    event = make.event(site=make.site(account=studio), on=EVENT_ON)

    attribute(on=LANDS_ON)

    entry = PointsEntry.objects.get()
    assert (entry.credited_on, entry.event, entry.site) == (LANDS_ON, event, event.site)
    assert entry.rule == PointValue.objects.get(programme_year=2026, relation="owner")


@pytest.mark.parametrize(
    ("paid_on", "lands_on"),
    [
        (date(2026, 6, 1), LANDS_ON),  # charged two weeks early
        (EVENT_ON, LANDS_ON),
        (LANDS_ON, LANDS_ON),
        (date(2026, 7, 3), date(2026, 7, 3)),
    ],
)
def test_points_wait_for_the_money_too(studio, paid_on, lands_on) -> None:
    make.event(site=make.site(account=studio), on=EVENT_ON, paid_on=paid_on)

    attribute(on=lands_on - A_DAY)
    before = points(studio)
    attribute(on=lands_on)

    assert (before, points(studio)) == (0, 100)


def test_the_waiting_period_is_the_years_own(studio) -> None:
    ProgrammeYear.objects.filter(year=2026).update(waiting_days=30)
    make.event(site=make.site(account=studio), on=EVENT_ON)

    attribute(on=EVENT_ON + timedelta(days=29))
    before = points(studio)
    attribute(on=EVENT_ON + timedelta(days=30))

    assert (before, points(studio)) == (0, 100)


def test_a_waiting_period_made_longer_meanwhile_is_kept(studio) -> None:
    make.event(site=make.site(account=studio), on=EVENT_ON)
    ProgrammeYear.objects.filter(year=2026).update(waiting_days=20)

    attribute(on=LANDS_ON)
    before = points(studio)
    attribute(on=EVENT_ON + timedelta(days=20))

    assert (before, points(studio)) == (0, 100)
    assert not PointsDue.objects.exists()


# --- The year ------------------------------------------------------------------------------------


def test_an_event_in_december_credited_in_january_counts_for_the_old_year(studio) -> None:
    make.event(site=make.site(account=studio), on=date(2026, 12, 20), kind=EventKind.ACTIVATED)

    attribute(on=date(2027, 1, 3))

    assert ledger(studio) == [("credit", 100, 2026)]
    assert (points(studio, 2026), points(studio, 2027)) == (100, 0)


def test_a_renewal_paid_in_december_that_starts_in_january_counts_for_the_new_year(studio) -> None:
    make.event(site=make.site(account=studio), on=date(2027, 1, 1), paid_on=date(2026, 12, 18))

    attribute(on=date(2027, 1, 15))

    assert ledger(studio) == [("credit", 100, 2027)]


@pytest.mark.parametrize(
    ("paid_on", "earned"),
    [
        (date(2027, 1, 14), 100),  # the day before the year closes
        (date(2027, 1, 15), 0),  # the day it closes
        (date(2027, 1, 16), 0),
    ],
)
def test_what_would_land_once_the_year_has_closed_is_too_late(studio, paid_on, earned) -> None:
    make.event(site=make.site(account=studio), on=date(2026, 12, 31), paid_on=paid_on)

    attribute(on=date(2027, 2, 1))

    assert points(studio) == earned
    assert not PointsDue.objects.exists()


def test_what_landed_in_time_is_credited_even_when_the_run_was_missed(studio) -> None:
    make.event(site=make.site(account=studio), on=date(2026, 12, 31))

    attribute(on=date(2027, 1, 20))

    assert ledger(studio) == [("credit", 100, 2026)]


# --- Joining -------------------------------------------------------------------------------------


def test_nobody_earns_before_joining() -> None:
    make.programme()
    outsider = make.studio()
    make.event(site=make.site(account=outsider), on=EVENT_ON)

    attribute(on=date(2026, 12, 31))

    assert ledger(outsider) == []


def test_joining_late_brings_the_events_since_new_year() -> None:
    make.programme()
    latecomer = make.studio()
    make.event(site=make.site(account=latecomer), on=date(2025, 12, 31))
    make.event(site=make.site(account=latecomer), on=date(2026, 1, 1))
    make.event(site=make.site(account=latecomer), on=date(2026, 10, 1))

    make.enrolled(account=latecomer, on=date(2026, 11, 30))
    attribute(on=date(2026, 11, 30))

    assert ledger(latecomer) == [("credit", 100, 2026), ("credit", 100, 2026)]


@pytest.mark.parametrize(
    ("event_on", "lands_on"),
    [(date(2026, 11, 10), date(2026, 11, 30)), (date(2026, 11, 20), date(2026, 12, 4))],
)
def test_on_joining_late_an_event_lands_no_earlier_than_the_joining(event_on, lands_on) -> None:
    make.programme()
    latecomer = make.studio()
    make.event(site=make.site(account=latecomer), on=event_on)
    make.enrolled(account=latecomer, on=date(2026, 11, 30))

    attribute(on=lands_on - A_DAY)
    before = points(latecomer)
    attribute(on=lands_on)

    assert (before, points(latecomer)) == (0, 100)


def test_joining_in_january_brings_nothing_of_december() -> None:
    make.programme()
    latecomer = make.studio()
    make.event(site=make.site(account=latecomer), on=date(2026, 12, 31))

    make.enrolled(account=latecomer, on=date(2027, 1, 2))
    attribute(on=date(2027, 1, 14))

    assert ledger(latecomer) == []


def test_joining_brings_what_the_account_was_approved_for_as_a_contributor() -> None:
    make.programme()
    latecomer, site = make.studio(), make.clients_site()
    make.event(site=site, on=date(2026, 3, 1))
    make.approved(account=latecomer, site=site, on=date(2026, 4, 1))

    make.enrolled(account=latecomer, on=date(2026, 5, 1))
    attribute(on=date(2026, 5, 1))

    assert ledger(latecomer) == [("credit", 100, 2026)]


# --- How many ------------------------------------------------------------------------------------


def test_a_site_earns_once_a_year_however_often_it_renews(studio) -> None:
    site = make.site(account=studio)
    for month in range(1, 13):
        make.event(site=site, on=date(2026, month, 5))

    attribute(on=date(2026, 1, 19))
    attribute(on=date(2027, 1, 2))

    assert ledger(studio) == [("credit", 100, 2026)]
    assert PointsEntry.objects.get(event__occurs_on=date(2026, 1, 5)).points == 100


def test_a_site_earns_again_in_the_next_year(studio) -> None:
    site = make.site(account=studio)
    make.event(site=site, on=date(2026, 12, 5))
    make.event(site=site, on=date(2027, 1, 5))

    attribute(on=date(2027, 1, 19))

    assert ledger(studio) == [("credit", 100, 2026), ("credit", 100, 2027)]


def test_fifty_premium_sites_of_which_ten_renewed_are_a_thousand_points(studio) -> None:
    sites = [make.site(account=studio) for _ in range(50)]
    for site in sites:
        make.event(site=site, on=date(2025, 8, 1), kind=EventKind.ACTIVATED)
    for site in sites[:10]:
        make.event(site=site, on=date(2026, 8, 1))

    attribute(on=date(2026, 8, 15))

    assert points(studio, 2026) == 1000


@pytest.mark.parametrize(
    ("relation", "product_code", "earned"),
    [
        ("owner", "premium", 100),
        ("owner", "shop", 300),
        ("contributor", "premium", 60),
        ("contributor", "shop", 40),
    ],
)
def test_a_site_is_worth_what_the_year_says_of_product_and_relation(
    studio, relation, product_code, earned
) -> None:
    values = PointValue.objects.filter(programme_year=2026)
    values.filter(relation="contributor").update(points=60)
    PointValue.objects.create(
        programme_year_id=2026, relation="owner", product_code="shop", points=300
    )
    PointValue.objects.create(
        programme_year_id=2026, relation="contributor", product_code="shop", points=40
    )
    site = make.site(account=studio) if relation == "owner" else make.clients_site()
    if relation == "contributor":
        make.approved(account=studio, site=site)

    make.event(site=site, on=EVENT_ON, product_code=product_code)
    attribute(on=LANDS_ON)

    assert points(studio) == earned


# --- A cancelled plan ----------------------------------------------------------------------------


def test_what_a_site_earned_stays_when_nothing_more_comes(studio) -> None:
    make.credited(site=make.site(account=studio))

    attribute(on=date(2026, 12, 31))

    assert ledger(studio) == [("credit", 100, 2026)]
