"""The programme's own examples, from the purchase to the ledger, through billing and claims."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest

from billing.actions.cancel import cancel
from billing.actions.renew import renew_due
from billing.rules import Cycle
from partners.actions.points import attribute
from partners.models import Account, QualifyingEvent
from partners.tests.ledger import ledger, points
from portal.lib import clock
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

A_DAY = timedelta(days=1)


@pytest.fixture
def studio() -> Account:
    """In the programme since last year."""
    return make.enrolled(on=date(2025, 1, 2))


def live(days: Iterable[date]) -> None:
    """Charge and credit what is due on each of these days."""
    for day in days:
        with clock.frozen(day):
            renew_due(on=day)
            attribute(on=day)


def every_week(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range(0, (last - first).days + 1, 7)]


def test_of_fifty_premium_sites_ten_renew_and_that_is_a_thousand_points(studio) -> None:
    for _ in range(40):
        make.subscription_bought(account=studio, cycle=Cycle.TWO_YEAR, on=date(2025, 9, 1))
    for _ in range(10):
        make.subscription_bought(account=studio, cycle=Cycle.YEARLY, on=date(2025, 9, 1))

    live(every_week(date(2026, 8, 4), date(2026, 9, 15)))

    assert points(studio, 2026) == 1000


def test_a_plan_of_an_earlier_year_counts_when_it_renews_in_this_one(studio) -> None:
    make.subscription_bought(account=studio, on=date(2025, 5, 20))
    attribute(on=date(2025, 6, 3))

    live([date(2026, 5, 6), date(2026, 6, 2), date(2026, 6, 3)])

    assert ledger(studio) == [("credit", 100, 2025), ("credit", 100, 2026)]


def test_a_monthly_plan_cancelled_in_may_keeps_what_it_earned(studio) -> None:
    plan = make.subscription_bought(account=studio, cycle=Cycle.MONTHLY, on=date(2026, 2, 10))
    live(every_week(date(2026, 2, 10), date(2026, 5, 12)))
    cancel(plan, by=make.person(), at=make.noon(date(2026, 5, 12)))

    live(every_week(date(2026, 5, 19), date(2026, 12, 29)))

    assert QualifyingEvent.objects.latest("occurs_on").occurs_on == date(2026, 5, 10)
    assert ledger(studio) == [("credit", 100, 2026)]


@pytest.mark.parametrize(
    ("claimed_on", "approved_on", "lands_on"),
    [
        (date(2026, 3, 3), date(2026, 3, 10), date(2026, 3, 15)),  # 14 days after the upgrade
        (date(2026, 3, 3), date(2026, 3, 15), date(2026, 3, 15)),
        (date(2026, 3, 3), date(2026, 3, 16), date(2026, 3, 16)),  # the approval came later
        (date(2026, 9, 1), date(2026, 9, 4), date(2026, 9, 4)),
    ],
)
def test_a_claim_made_after_the_upgrade_brings_the_points(
    studio, claimed_on, approved_on, lands_on
) -> None:
    upgraded = make.subscription_bought(account=make.bakery(), on=date(2026, 3, 1))
    claim = make.claim_submitted(account=studio, site=upgraded.site, on=claimed_on)
    make.answered(claim=claim, on=approved_on)

    attribute(on=lands_on - A_DAY)
    before = points(studio)
    attribute(on=lands_on)

    assert (before, points(studio)) == (0, 100)


def test_who_joins_in_november_gets_the_points_since_january() -> None:
    make.programme()
    latecomer = make.studio()
    make.subscription_bought(account=latecomer, on=date(2025, 12, 20))
    make.subscription_bought(account=latecomer, on=date(2026, 1, 1))
    make.subscription_bought(account=latecomer, on=date(2026, 11, 16))

    make.enrolled(account=latecomer, on=date(2026, 11, 23))
    attribute(on=date(2026, 11, 23))
    on_joining = points(latecomer)
    attribute(on=date(2026, 11, 30))

    assert (on_joining, points(latecomer)) == (100, 200)


def test_an_activation_of_20_december_is_credited_on_3_january_for_the_old_year(studio) -> None:
    make.subscription_bought(account=studio, on=date(2026, 12, 20))

    attribute(on=date(2027, 1, 2))
    before = ledger(studio)
    attribute(on=date(2027, 1, 3))

    assert (before, ledger(studio)) == ([], [("credit", 100, 2026)])
    assert studio.entries.get().credited_on == date(2027, 1, 3)
