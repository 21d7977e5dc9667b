"""Billing at any pace: a day lived twice, or none for weeks – what people pay for is the same.

After missed days attempts fall on other days, and with them how long an unpaid renewal is tried.
What is charged, for which period, under which day and at which price does not change.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from billing.models import InvoiceLine, Period, SimulatedCharge, Subscription
from billing.rules import CHARGE_LEADS, Cycle, Kind, Outcome
from billing.tests.books import (
    Books,
    Pages,
    assert_books_agree,
    differences,
    read_books,
    read_pages,
)
from billing.tests.due_day import run_jobs
from partners.models import QualifyingEvent
from portal.lib import clock
from portal.lib.periods import add_months
from portal.schedule import JOBS
from portal.testing import builders as make
from portal.testing.snapshot import changed, snapshot

BEGINS = date(2026, 6, 15)
GRACE = 16  # days of trying, and more, after which what was due before is paid or given up


# --- Who has bought what -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bought:
    """A plan that is charged again within a month of the beginning."""

    plan: tuple[Kind, Cycle]
    n: int

    @property
    def on(self) -> date:
        kind, cycle = self.plan
        if cycle is Cycle.MONTHLY:
            return BEGINS - timedelta(days=self.n)
        lead = CHARGE_LEADS[kind].days(cycle)
        return add_months(BEGINS + timedelta(days=lead + self.n), -12)


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody with a card and so many plans."""

    plans: list[Bought]
    card: str
    is_nonprofit: bool = False


PLANS = [
    (Kind.SITE_PLAN, Cycle.MONTHLY),
    (Kind.SITE_PLAN, Cycle.YEARLY),
    (Kind.DOMAIN, Cycle.YEARLY),
    (Kind.BUSINESS_EMAIL, Cycle.MONTHLY),
    (Kind.APP, Cycle.MONTHLY),
]
BOUGHT = st.lists(
    st.builds(Bought, st.sampled_from(PLANS), st.integers(0, 30)), min_size=1, max_size=3
)
CUSTOMER = st.builds(Customer, BOUGHT, st.just("sim_ok"), st.booleans()) | st.builds(
    Customer, BOUGHT, st.sampled_from(["sim_soft", "sim_lost"])
)
CUSTOMERS = st.lists(CUSTOMER, min_size=1, max_size=2)
TWICE_MISSED = [Customer([Bought((Kind.SITE_PLAN, Cycle.MONTHLY), 20)], "sim_ok")]
DAYS = st.integers(0, 45)
A_FEW_DAYS = st.integers(0, 10)


def cast(customers: list[Customer], *, dearer_after: int) -> None:
    """The customers, and a new price of the monthly site plan after so many days."""
    make.catalogue()
    for n, customer in enumerate(customers):
        account = make.account(name=f"Account {n}")
        if customer.is_nonprofit:
            make.nonprofit(account=account)
        for bought in customer.plans:
            kind, cycle = bought.plan
            make.subscription_bought(account=account, kind=kind, cycle=cycle, on=bought.on)
        make.card(account=account, test_card=customer.card)
    make.price(
        plan=make.plan(cycle=Cycle.MONTHLY),
        amount=12,
        new_from=BEGINS + timedelta(days=dearer_after),
    )


# --- Living --------------------------------------------------------------------------------------


def live(days: list[int], *, times: int = 1) -> None:
    """Run billing's jobs on these days, counted from the beginning, so often each."""
    for day in days:
        for _ in range(times):
            run_jobs(make.noon(BEGINS + timedelta(days=day)))


def came_of(living: Callable[[], None], look: Callable[[], Books]) -> Books:
    """What is seen after living so; afterwards nothing of it has happened."""
    with transaction.atomic():
        living()
        assert_books_agree()
        seen = look()
        transaction.set_rollback(True)
    return seen


WHOSE = ("subscription__account__name", "subscription__site__address", "subscription__label")
WHAT_WAS_BOUGHT: Pages = {
    InvoiceLine: (
        *(*WHOSE, "starts_on", "ends_on", "amount", "price_reason"),
        *("invoice__due_on", "invoice__state"),
    ),
    Period: (*WHOSE, "ordinal", "starts_on"),
    Subscription: (
        *("account__name", "site__address", "label"),
        *("state", "paid_through", "next_ordinal", "next_charge_on"),
    ),
    QualifyingEvent: ("site__account__name", "site__address", "kind", "occurs_on"),
}


def what_was_bought() -> Books:
    """Whose which period costs what, and is paid or not; no day on which somebody tried."""
    taken = SimulatedCharge.objects.filter(outcome=Outcome.SUCCEEDED.value).order_by()
    by_card = taken.values_list("method_ref").annotate(Sum("amount"))
    return read_pages(WHAT_WAS_BOUGHT) | {"money": Counter(by_card)}


# --- The laws ------------------------------------------------------------------------------------


class TestPace(TestCase):
    @settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
    @given(customers=CUSTOMERS, dearer_after=DAYS, awake=st.sets(DAYS, min_size=1, max_size=12))
    def test_days_lived_twice_are_days_lived_once(self, customers, dearer_after, awake) -> None:
        cast(customers, dearer_after=dearer_after)
        days = sorted(awake)

        twice = came_of(lambda: live(days, times=2), read_books)

        assert differences(came_of(lambda: live(days), read_books), twice) == {}

    @settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
    @given(customers=CUSTOMERS, dearer_after=DAYS, asleep_from=A_FEW_DAYS, asleep_days=DAYS)
    @example(customers=TWICE_MISSED, dearer_after=15, asleep_from=5, asleep_days=40)
    def test_missed_days_are_made_up_for(
        self, customers, dearer_after, asleep_from, asleep_days
    ) -> None:
        cast(customers, dearer_after=dearer_after)
        wakes = asleep_from + asleep_days
        every_day = list(range(wakes + GRACE))
        with_a_gap = [day for day in every_day if not asleep_from <= day < wakes]

        missed = came_of(lambda: live(with_a_gap), what_was_bought)

        assert differences(came_of(lambda: live(every_day), what_was_bought), missed) == {}

    @settings(max_examples=8, suppress_health_check=[HealthCheck.too_slow])
    @given(customers=CUSTOMERS, dearer_after=DAYS, on=DAYS)
    def test_every_job_of_the_portal_run_again_finds_nothing(
        self, customers, dearer_after, on
    ) -> None:
        cast(customers, dearer_after=dearer_after)
        with clock.frozen(BEGINS + timedelta(days=on)):
            for _ in range(2):  # catching up brings notices near, which are the second round's
                for job in JOBS:
                    job.load().run()
            before = snapshot()

            for job in JOBS:
                job.load().run()

        assert changed(before) == []
