"""Disputes: opened, nothing is taken; lost, the money is gone as by a refund; told in any order."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import ProgrammingError, connection, transaction

from billing.actions import charge
from billing.actions.credit import left_to_credit
from billing.actions.disputes import note_dispute
from billing.actions.draw_up import Item, draw_up
from billing.actions.refund import refund
from billing.actions.renew import renew_due
from billing.errors import DisputeClosedError, PaymentUnderWayError, UnknownPaymentError
from billing.gateways import DisputeTold
from billing.models import (
    Coupon,
    CouponBatch,
    CouponVoid,
    CreditNote,
    Dispute,
    Invoice,
    InvoiceLine,
    PaymentAttempt,
    PeriodEnd,
    Redemption,
    Refund,
    Subscription,
)
from billing.models.credits import CreditKind
from billing.models.disputes import DisputeState
from billing.models.invoices import InvoiceState
from billing.models.subscriptions import SubscriptionState
from billing.pricing import Quote
from billing.rules import Cycle, Outcome, PriceReason
from billing.tests.disputing import LOST, OPEN, WON, hear, lose, the_invoice, told
from partners.actions.points import attribute
from partners.models import Account, EventVoid, PointsEntry
from partners.models.points import VoidReason
from portal.lib import clock
from portal.lib.periods import Term
from portal.mail.models import Message
from portal.testing import builders as make
from portal.testing.builders import TODAY, noon
from portal.testing.races import at_once

pytestmark = pytest.mark.django_db

BOUGHT = date(2026, 3, 1)
LANDS = BOUGHT + timedelta(days=14)


@pytest.fixture
def bought() -> Subscription:
    return make.subscription_bought(on=BOUGHT, account=make.enrolled())


def bought_together(*, count: int = 3) -> list[InvoiceLine]:
    """The lines of one renewal of so many monthly plans, paid in one charge."""
    account = make.enrolled()
    subscriptions = [
        make.subscription_bought(account=account, cycle=Cycle.MONTHLY, on=date(2026, 2, 1))
        for _ in range(count)
    ]
    with clock.frozen(BOUGHT):
        renew_due(on=BOUGHT)
    renewal = Invoice.objects.latest("pk")
    assert renewal.lines.count() == len(subscriptions)
    return list(renewal.lines.order_by("pk"))


# --- Opened --------------------------------------------------------------------------------------


def test_an_opened_dispute_is_recorded_and_takes_nothing(bought):
    hear(told(OPEN, amount=40))

    dispute = Dispute.objects.get()
    assert (dispute.state, dispute.closed_at) == (OPEN, None)
    assert (dispute.amount, dispute.currency, dispute.reason) == (40, "USD", "fraudulent")
    assert dispute.attempt.invoice == the_invoice()
    bought.refresh_from_db()
    assert bought.state == SubscriptionState.ACTIVE
    assert not CreditNote.objects.exists()
    assert not Message.objects.filter(kind="billing/charged_back").exists()


def test_opened_twice_it_is_one_dispute(bought):
    for _n in range(3):
        hear(told(OPEN))

    assert Dispute.objects.count() == 1


def test_a_payment_can_be_disputed_in_two_parts(bought):
    hear(told(LOST, amount=40, ref="dp_1"))
    hear(told(LOST, amount=60, ref="dp_2"))

    assert Dispute.objects.count() == 2
    assert [note.amount for note in CreditNote.objects.order_by("pk")] == [40, 60]
    assert PeriodEnd.objects.count() == 1


# --- Won -----------------------------------------------------------------------------------------


def test_a_dispute_that_is_won_is_closed_and_nothing_else(bought):
    hear(told(OPEN))

    hear(told(WON))

    dispute = Dispute.objects.get()
    assert (dispute.state, dispute.closed_at) == (WON, noon(TODAY))
    bought.refresh_from_db()
    assert bought.state == SubscriptionState.ACTIVE
    assert not CreditNote.objects.exists()
    assert not EventVoid.objects.exists()


# --- Lost ----------------------------------------------------------------------------------------


def test_lost_whole_it_is_a_credit_note_and_no_refund(bought):
    before = Invoice.objects.values().get()

    assert lose() == 0

    note = CreditNote.objects.get()
    assert (note.kind, note.amount) == (CreditKind.CHARGEBACK, before["total_amount"])
    assert note.issued_by is None
    assert not Refund.objects.exists()
    assert Invoice.objects.values().get() == before


def test_lost_whole_it_ends_the_period_and_the_subscription(bought):
    lose()

    bought.refresh_from_db()
    assert PeriodEnd.objects.get().ended_on == TODAY
    assert (bought.state, bought.next_charge_on) == (SubscriptionState.EXPIRED, None)


@pytest.mark.parametrize("days", [0, 13])
def test_lost_inside_the_waiting_period_nothing_lands(bought, days):
    lose(on=BOUGHT + timedelta(days=days))

    attribute(on=LANDS)

    assert EventVoid.objects.get().reason == VoidReason.CHARGEBACK
    assert not PointsEntry.objects.exists()


@pytest.mark.parametrize("days", [14, 15, 200])
def test_lost_after_the_credit_it_is_a_reversal_in_the_same_year(bought, days):
    attribute(on=LANDS)

    lose(on=BOUGHT + timedelta(days=days))

    credit, reversal = PointsEntry.objects.order_by("pk")
    assert (credit.points, reversal.points) == (100, -100)
    assert reversal.reverses == credit
    assert reversal.programme_year_id == credit.programme_year_id


def test_lost_in_part_everything_goes_on(bought):
    lose(amount=40)

    bought.refresh_from_db()
    assert CreditNote.objects.get().amount == 40
    assert bought.state == SubscriptionState.ACTIVE
    assert not EventVoid.objects.exists()


def test_what_is_lost_is_taken_off_the_lines_from_the_first_on():
    lines = bought_together()

    hear(told(LOST, line=lines[0], amount=25))

    taken = CreditNote.objects.get().lines.order_by("pk")
    assert [(one.invoice_line, one.amount) for one in taken] == [
        (lines[0], 10),
        (lines[1], 10),
        (lines[2], 5),
    ]
    states = [Subscription.objects.get(pk=line.subscription_id).state for line in lines]
    assert states == ["expired", "expired", "active"]


def test_what_was_paid_back_before_is_not_taken_off_again():
    lines = bought_together()
    make.paid_back(line=lines[0], amount=4)

    left_over = hear(told(LOST, line=lines[0], amount=30))

    note = CreditNote.objects.get(kind=CreditKind.CHARGEBACK)
    assert [one.amount for one in note.lines.order_by("pk")] == [6, 10, 10]
    assert left_over == 4


def test_the_tax_goes_back_with_it(bought):
    make.tax_rate()
    line = make.subscription_bought(account=bought.account, on=BOUGHT).invoice_lines.get()

    hear(told(LOST, line=line, amount=60))

    taken = CreditNote.objects.get().lines.get()
    assert (taken.amount, taken.tax_amount) == (60, 10)


def test_of_what_had_been_paid_back_there_is_nothing_left_to_take(bought):
    make.paid_back(line=the_invoice().lines.get())

    assert lose() == 100

    assert Dispute.objects.get().state == LOST
    assert [note.kind for note in CreditNote.objects.all()] == [CreditKind.REFUND]
    assert EventVoid.objects.count() == 1


def test_a_renewal_paid_ahead_and_lost_never_begins_and_the_running_period_goes_on(bought):
    ahead = bought.next_charge_on
    with clock.frozen(ahead):
        renew_due(on=ahead)
    renewal = Invoice.objects.latest("pk").lines.get()

    hear(told(LOST, line=renewal, amount=renewal.amount), on=ahead)

    bought.refresh_from_db()
    assert bought.state == SubscriptionState.ENDING
    assert bought.paid_through == renewal.starts_on


def test_lost_while_its_renewal_is_being_collected_the_renewal_leaves_its_invoice(bought):
    make.card(account=bought.account, test_card="sim_soft")
    ahead = bought.next_charge_on
    with clock.frozen(ahead):
        renew_due(on=ahead)
    renewal = Invoice.objects.latest("pk")

    lose(on=ahead)

    renewal.refresh_from_db()
    assert (renewal.state, renewal.next_attempt_on) == (InvoiceState.CREDITED, None)


def test_coupons_nobody_has_used_are_void_and_those_used_stay():
    account = make.enrolled()
    batch, used, unused = coupons_bought(account)

    hear(told(LOST, line=batch.invoice_line, amount=200))

    assert [void.coupon for void in CouponVoid.objects.all()] == [unused]
    assert used.redemption.subscription.state == SubscriptionState.ACTIVE


def coupons_bought(account: Account) -> tuple[CouponBatch, Coupon, Coupon]:
    """Two coupons bought in one charge, one of them used since."""
    make.card(account=account)
    plan = make.plan()
    batch = CouponBatch.objects.create(
        account=account,
        plan=plan,
        quantity=2,
        unit_amount=Decimal(100),
        currency="USD",
        bought_on=BOUGHT,
        expires_on=date(2027, 3, 1),
    )
    quote = Quote(
        term=Term(ordinal=0, starts_on=BOUGHT, ends_on=date(2027, 3, 1)),
        charge_on=BOUGHT,
        amount=Decimal(200),
        currency="USD",
        reason=PriceReason.VOLUME,
    )
    with clock.frozen(BOUGHT):
        with transaction.atomic():
            attempts = draw_up([Item.of_coupons(batch, quote)], on=BOUGHT, is_purchase=True)
        charge.run([attempts], on=BOUGHT)
    used, unused = batch.coupons.order_by("pk")
    site = make.site(account=account)
    subscription = make.subscription_bought(site=site, on=BOUGHT)
    Redemption.objects.create(
        coupon=used, subscription=subscription, site=site, redeemed_at=noon(BOUGHT)
    )
    return batch, used, unused


# --- In any order, any number of times -----------------------------------------------------------


@pytest.mark.parametrize(
    "order",
    [
        [OPEN, LOST],
        [LOST, OPEN],
        [LOST],
        [OPEN, OPEN, LOST, LOST],
        [LOST, LOST, OPEN, LOST, OPEN],
    ],
)
def test_lost_is_lost_once_in_whatever_order_it_is_told(bought, order):
    attribute(on=LANDS)

    for state in order:
        hear(told(state))

    assert Dispute.objects.get().state == LOST
    assert CreditNote.objects.count() == PeriodEnd.objects.count() == 1
    assert [entry.points for entry in PointsEntry.objects.order_by("pk")] == [100, -100]
    assert Message.objects.filter(kind="billing/charged_back").count() == 1


@pytest.mark.parametrize("order", [[WON, OPEN], [OPEN, WON, OPEN], [WON, WON]])
def test_won_stays_won_whatever_is_told_late(bought, order):
    for state in order:
        hear(told(state))

    assert Dispute.objects.get().state == WON
    assert not CreditNote.objects.exists()


@pytest.mark.parametrize("order", [[WON, LOST], [LOST, WON]])
def test_what_was_closed_is_not_closed_otherwise(bought, order):
    first, second = order
    hear(told(first))

    with pytest.raises(DisputeClosedError):
        hear(told(second))

    assert Dispute.objects.get().state == first
    assert CreditNote.objects.count() == (first is LOST)


@pytest.mark.django_db(transaction=True)
def test_told_ten_times_at_once_it_is_lost_once():
    make.subscription_bought(on=BOUGHT, account=make.enrolled())
    what = told(LOST)

    outcomes = at_once(
        *[lambda: note_dispute(what, gateway="simulated", on=TODAY, at=noon(TODAY))] * 10
    )

    assert outcomes == [Decimal(0)] * 10
    assert CreditNote.objects.count() == Dispute.objects.count() == 1
    assert Message.objects.filter(kind="billing/charged_back").count() == 1


@pytest.mark.django_db(transaction=True)
def test_lost_and_paid_back_at_once_no_more_goes_than_was_paid():
    make.subscription_bought(on=BOUGHT, account=make.enrolled())
    what, erin, invoice = told(LOST), make.person(name="Erin"), the_invoice()
    whole = left_to_credit(invoice)

    at_once(
        lambda: note_dispute(what, gateway="simulated", on=TODAY, at=noon(TODAY)),
        lambda: refund(invoice, whole, left=whole, reason="Sorry", by=erin, at=noon(TODAY)),
    )

    assert CreditNote.objects.get().amount == 100
    assert PeriodEnd.objects.count() == EventVoid.objects.count() == 1


# --- Which payment -------------------------------------------------------------------------------


@pytest.mark.parametrize("state", DisputeState)
def test_a_payment_nobody_knows_is_not_recorded(bought, state):
    unknown = DisputeTold(
        provider_ref="dp_1",
        charge_ref="pi_of_somebody_else",
        amount=Decimal(1),
        currency="USD",
        reason="",
        opened_at=noon(TODAY),
        state=state,
    )

    with pytest.raises(UnknownPaymentError):
        hear(unknown)

    assert not Dispute.objects.exists()


def test_a_payment_of_another_gateway_under_the_same_name_is_another(bought):
    with pytest.raises(UnknownPaymentError):
        note_dispute(told(OPEN), gateway="stripe", on=TODAY, at=noon(TODAY))


def test_a_payment_in_another_currency_is_another(bought):
    with pytest.raises(UnknownPaymentError):
        hear(told(LOST, currency="EUR"))


def test_a_payment_that_was_declined_took_no_money_to_give_back(bought):
    make.card(account=bought.account, test_card="sim_soft")
    ahead = bought.next_charge_on
    with clock.frozen(ahead):
        renew_due(on=ahead)
    declined = Invoice.objects.latest("pk").lines.get()

    with pytest.raises(UnknownPaymentError):
        hear(told(LOST, line=declined, amount=100), on=ahead)


@pytest.mark.parametrize("provider_ref", ["sim_known", ""])
def test_before_its_payment_is_settled_it_has_to_wait(bought, provider_ref):
    """Its name may be known (an answer that said: later) or not (an answer that was lost)."""
    PaymentAttempt.objects.create(
        invoice=the_invoice(),
        ordinal=2,
        idempotency_key="in-flight",
        payment_method=bought.account.payment_methods.get(),
        amount=100,
        currency="USD",
        attempted_on=BOUGHT,
        provider_ref=provider_ref,
        outcome=Outcome.UNKNOWN.value,
    )
    of_it = DisputeTold(
        provider_ref="dp_1",
        charge_ref="sim_known",
        amount=Decimal(100),
        currency="USD",
        reason="",
        opened_at=noon(TODAY),
        state=LOST,
    )

    with pytest.raises(PaymentUnderWayError):
        hear(of_it)

    assert not Dispute.objects.exists()
    assert not CreditNote.objects.exists()


# --- What the database refuses -------------------------------------------------------------------


@pytest.mark.parametrize("column", ["amount = 1", "state = 'open', closed_at = NULL"])
def test_a_dispute_that_is_closed_does_not_change(bought, column):
    lose()

    with (
        pytest.raises(ProgrammingError, match="Cannot update"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE billing_dispute SET {column}")
