"""Reviving what ran out: charged now, renewing again, and points as for any renewal."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing.actions.cancel import cancel
from billing.actions.credit import left_to_credit
from billing.actions.refund import refund
from billing.actions.revive import revive
from billing.errors import (
    AlreadySubscribedError,
    NoPaymentMethodError,
    NotRevivableError,
    PaymentDeclinedError,
)
from billing.models import Revival, Subscription
from billing.models.invoices import InvoiceState
from billing.rules import Cycle
from partners.models import QualifyingEvent
from portal.lib import clock
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

BOUGHT, ENDS_ON = date(2026, 6, 15), date(2027, 6, 15)
A_DAY = timedelta(days=1)


def lived(live, first: date, last: date) -> None:
    day = first
    while day <= last:
        live(day)
        day += A_DAY


@pytest.fixture
def lost(live) -> Subscription:
    """A monthly plan of the 31st, given up on 7 March after a week of grace."""
    monthly = make.subscription_bought(cycle=Cycle.MONTHLY, on=date(2026, 1, 31))
    make.card(account=monthly.account, test_card="sim_soft")
    lived(live, date(2026, 2, 28), date(2026, 3, 8))
    monthly.refresh_from_db()
    assert monthly.state == "expired"
    return monthly


def revived(subscription: Subscription, *, on: date) -> None:
    with clock.frozen(on):
        revive(subscription, by=make.person(), at=make.noon(on))
    subscription.refresh_from_db()


def test_what_ended_begins_anew_today_at_todays_price(lost) -> None:
    make.card(account=lost.account)
    make.price(plan=lost.plan, amount=12, new_from=date(2026, 3, 20))

    revived(lost, on=date(2026, 3, 20))

    line = lost.invoice_lines.latest("id")
    assert (line.starts_on, line.ends_on) == (date(2026, 3, 20), date(2026, 4, 20))
    assert (line.amount, line.invoice.state) == (Decimal(12), InvoiceState.PAID)
    assert (lost.state, lost.next_charge_on) == ("active", date(2026, 4, 20))
    assert Revival.objects.get().revived_by == make.person()


def test_what_was_revived_renews_on_its_new_days(lost, live) -> None:
    make.card(account=lost.account)
    revived(lost, on=date(2026, 3, 20))

    live(date(2026, 4, 20))

    lost.refresh_from_db()
    assert lost.paid_through == date(2026, 5, 20)


def test_a_revived_site_plan_counts_as_a_renewal(lost) -> None:
    make.card(account=lost.account)

    revived(lost, on=date(2026, 3, 20))

    event = QualifyingEvent.objects.filter(site=lost.site).latest("id")
    assert (event.kind, event.occurs_on) == ("renewed", date(2026, 3, 20))


def test_a_declined_revival_leaves_it_ended(lost) -> None:
    with pytest.raises(PaymentDeclinedError):
        revived(lost, on=date(2026, 3, 20))

    lost.refresh_from_db()
    assert (lost.state, lost.paid_through) == ("expired", date(2026, 2, 28))
    assert not lost.periods.filter(opened_at=None).exists()


def test_a_declined_revival_can_be_tried_again(lost) -> None:
    with pytest.raises(PaymentDeclinedError):
        revived(lost, on=date(2026, 3, 20))
    make.card(account=lost.account)

    revived(lost, on=date(2026, 3, 21))

    assert lost.paid_through == date(2026, 4, 21)


def test_without_a_card_nothing_is_revived(lost) -> None:
    lost.account.payment_methods.update(is_default=False)

    with pytest.raises(NoPaymentMethodError):
        revived(lost, on=date(2026, 3, 20))

    lost.refresh_from_db()
    assert lost.state == "expired"
    assert not Revival.objects.exists()


def test_what_was_cancelled_is_revived_once_it_has_ended_and_not_before(live) -> None:
    yearly = make.subscription_bought(on=BOUGHT)
    cancel(yearly, by=make.person(), at=make.noon(date(2026, 9, 1)))
    with pytest.raises(NotRevivableError):
        revived(yearly, on=ENDS_ON - A_DAY)
    live(ENDS_ON)

    revived(yearly, on=ENDS_ON)

    assert (yearly.state, yearly.paid_through) == ("active", date(2028, 6, 15))
    assert not yearly.cancellations.filter(withdrawn_at=None).exists()


def test_what_renews_is_not_revived() -> None:
    yearly = make.subscription_bought(on=BOUGHT)

    with pytest.raises(NotRevivableError):
        revived(yearly, on=date(2026, 9, 1))


def test_a_site_that_has_another_plan_by_now_keeps_that(lost) -> None:
    make.card(account=lost.account)
    make.subscription_bought(site=lost.site, on=date(2026, 3, 15))

    with pytest.raises(AlreadySubscribedError):
        revived(lost, on=date(2026, 3, 20))


def test_what_was_paid_back_is_revived_when_its_time_would_have_been_over() -> None:
    yearly = make.subscription_bought(on=BOUGHT)
    line = yearly.invoice_lines.get()
    paid_back_at = make.noon(date(2026, 9, 1))
    refund(
        line.invoice,
        {line.pk: line.amount},
        left=left_to_credit(line.invoice),
        reason="Sorry",
        by=make.person(name="Erin"),
        at=paid_back_at,
    )
    with pytest.raises(NotRevivableError):
        revived(yearly, on=ENDS_ON - A_DAY)

    revived(yearly, on=ENDS_ON)

    assert yearly.paid_through == date(2028, 6, 15)
