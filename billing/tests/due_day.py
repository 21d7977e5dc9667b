"""A day on which everything that can be due is due, and the work there is on it.

Each account is named for what happens to it. All are as the portal leaves them by itself: bought,
charged and declined by its own code, on the days before.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from unittest.mock import patch

from django.test import override_settings

from billing import gateways, tasks
from billing.actions.cancel import cancel
from billing.actions.refund import refund
from billing.actions.renew import renew_due
from billing.gateways import ChargeRequest, RefundRequest, Reply
from billing.gateways.simulated import SimulatedGateway
from billing.models import Invoice, Subscription
from billing.rules import Cycle, Kind, Outcome
from partners.models import Account
from portal.lib import clock
from portal.lib.periods import add_months
from portal.testing import builders as make

DAY = date(2026, 7, 15)
BOUGHT = date(2026, 6, 15)  # monthly, it renews on the day
TO_REFUND = "Refunded"


# --- The day's work ------------------------------------------------------------------------------


def work(at: datetime) -> None:
    """An hour of production: the jobs, and Erin at her desk."""
    run_jobs(at)
    with clock.frozen(at):
        pay_back(TO_REFUND)


def run_jobs(at: datetime) -> None:
    """Billing's jobs that move money, in the order of the schedule."""
    with clock.frozen(at):
        tasks.charge_renewals()
        tasks.retry_payments()
        tasks.resolve_attempts()
        tasks.end_unpaid()


def pay_back(name: str) -> None:
    """Erin pays an account's invoice back, unless she sees that she has."""
    invoice = Invoice.objects.get(account__name=name)
    if not invoice.credit_notes.exists():
        amounts = dict(invoice.lines.values_list("pk", "amount"))
        by = make.person(name="Erin")
        refund(
            invoice,
            amounts,
            left=amounts,
            reason="Bought by mistake",
            by=by,
            at=clock.now(),
        )


# --- Who is due ----------------------------------------------------------------------------------


def cast() -> None:
    """One account of each kind; days pass while they come to be what they are."""
    make.person(name="Erin")
    _declined_before("Given up", first_on=DAY - timedelta(days=8), test_card="sim_lost")
    _declined_before("Retried in vain", first_on=DAY - timedelta(days=3))
    make.card(account=_declined_before("Retried", first_on=DAY - timedelta(days=3)))
    _renewed_through(SilentGateway, "Never heard of")
    _renewed_through(DeafGateway, "Never asked for")
    _due_on_the_day()
    _to_be_paid_back()


def _due_on_the_day() -> None:
    consolidated = make.enrolled(account=make.account(name="Consolidated"))
    for kind in (Kind.SITE_PLAN, Kind.SITE_PLAN, Kind.APP):
        _monthly(consolidated, kind=kind)
    make.card(account=_monthly(make.account(name="Declined")).account, test_card="sim_soft")
    free = make.account(name="Free")
    make.nonprofit(account=free)
    _monthly(free)
    _monthly(make.account(name="Behind by two"), on=date(2026, 5, 10))
    ending = _monthly(make.account(name="Ending"))
    cancel(ending, by=make.person(), at=make.noon(BOUGHT))


def _to_be_paid_back() -> None:
    bought_on = DAY - timedelta(days=20)
    for name in (TO_REFUND, "Refund never heard of"):
        account = make.enrolled(account=make.account(name=name))
        make.subscription_bought(account=account, on=bought_on)
    with charging_through(SilentGateway), clock.frozen(DAY - timedelta(days=1)):
        pay_back("Refund never heard of")


def _monthly(account: Account, *, kind: Kind = Kind.SITE_PLAN, on: date = BOUGHT) -> Subscription:
    return make.subscription_bought(account=account, kind=kind, cycle=Cycle.MONTHLY, on=on)


def _declined_before(name: str, *, first_on: date, test_card: str = "sim_soft") -> Account:
    """Its renewal was declined on that day for the first time."""
    account = _monthly(make.account(name=name), on=add_months(first_on, -1)).account
    make.card(account=account, test_card=test_card)
    renew_on(first_on)
    return account


def _renewed_through(gateway: type[SimulatedGateway], name: str) -> None:
    """Its renewal was charged the day before, by a gateway with a fault."""
    before = DAY - timedelta(days=1)
    _monthly(make.account(name=name), on=add_months(before, -1))
    with charging_through(gateway):
        renew_on(before)


def renew_on(day: date) -> None:
    with clock.frozen(day):
        renew_due(on=day)


# --- Faulty gateways -----------------------------------------------------------------------------


class SilentGateway(SimulatedGateway):
    """It does as it is asked, and its answers get lost."""

    def charge(self, request: ChargeRequest) -> Reply:
        super().charge(request)
        return Reply(outcome=Outcome.UNKNOWN)

    def refund(self, request: RefundRequest) -> Reply:
        super().refund(request)
        return Reply(outcome=Outcome.UNKNOWN)


class DeafGateway(SimulatedGateway):
    """No charge ever reaches it."""

    def charge(self, request: ChargeRequest) -> Reply:
        return Reply(outcome=Outcome.UNKNOWN)


@contextmanager
def charging_through(gateway: Callable[[], gateways.Gateway]) -> Iterator[None]:
    """Inside, this gateway is the one in use."""
    name = gateway.__qualname__
    path = f"{gateway.__module__}.{name}"
    with patch.dict(gateways.GATEWAYS, {name: path}), override_settings(PAYMENT_GATEWAY=name):
        yield
