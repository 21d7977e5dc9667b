"""Refunds and credit notes: money back, periods ended, points taken back, invoices untouched."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import ProgrammingError, transaction

from billing.actions.cancel import cancel
from billing.actions.credit import left_to_credit
from billing.actions.refund import refund, resolve_left_behind, settle_refund
from billing.errors import CreditTooLargeError, InvoiceNotPaidError, PaymentUnderWayError
from billing.gateways import Reply
from billing.models import CreditNote, CreditNoteLine, Invoice, PeriodEnd, Refund, SimulatedRefund
from billing.models.invoices import InvoiceState
from billing.models.subscriptions import SubscriptionState
from billing.rules import Cycle, Outcome
from partners.actions.points import attribute
from partners.models import EventVoid, PointsEntry
from portal.lib import clock
from portal.mail.models import Message
from portal.testing import builders as make
from portal.testing.builders import noon

pytestmark = pytest.mark.django_db

BOUGHT = date(2026, 3, 1)
LANDS = BOUGHT + timedelta(days=14)


@pytest.fixture
def bought():
    return make.subscription_bought(on=BOUGHT, cycle=Cycle.YEARLY, account=make.enrolled())


def the_invoice():
    return Invoice.objects.get()


def pay_back(amount=None, *, on):
    invoice = the_invoice()
    line = invoice.lines.get()
    with clock.frozen(on):
        return refund(
            invoice,
            {line.pk: amount or line.amount},
            left=left_to_credit(invoice),
            reason="Bought by mistake",
            by=make.person(name="Erin"),
            at=noon(on),
        )


def test_a_whole_refund_is_a_credit_note_and_leaves_the_invoice_as_it_was(bought):
    before = Invoice.objects.values().get()

    made = pay_back(on=BOUGHT)

    assert Invoice.objects.values().get() == before
    assert made.outcome == Outcome.SUCCEEDED.value
    note = made.credit_note
    assert (note.amount, note.reason) == (before["total_amount"], "Bought by mistake")
    assert note.number == "FWC-2026-000001"
    assert note.issued_by == make.person(name="Erin")
    assert SimulatedRefund.objects.get().amount == note.amount


def test_a_whole_refund_ends_the_period_and_the_subscription(bought):
    pay_back(on=BOUGHT + timedelta(days=10))

    bought.refresh_from_db()
    assert PeriodEnd.objects.get().ended_on == BOUGHT + timedelta(days=10)
    assert (bought.state, bought.next_charge_on) == (SubscriptionState.EXPIRED, None)
    assert bought.paid_through == BOUGHT + timedelta(days=10)


@pytest.mark.parametrize("days", [0, 13])
def test_a_refund_inside_the_waiting_period_means_no_points_at_all(bought, days):
    pay_back(on=BOUGHT + timedelta(days=days))

    attribute(on=LANDS)

    assert EventVoid.objects.count() == 1
    assert not PointsEntry.objects.exists()


@pytest.mark.parametrize("days", [14, 15, 200])
def test_a_refund_after_the_credit_is_a_reversal_in_the_same_year(bought, days):
    attribute(on=LANDS)

    pay_back(on=BOUGHT + timedelta(days=days))

    credit, reversal = PointsEntry.objects.order_by("pk")
    assert (credit.points, reversal.points) == (100, -100)
    assert reversal.reverses == credit
    assert reversal.programme_year_id == credit.programme_year_id


def test_a_part_comes_back_and_everything_else_goes_on(bought):
    attribute(on=LANDS)

    pay_back(Decimal("10.00"), on=LANDS)

    bought.refresh_from_db()
    assert bought.state == SubscriptionState.ACTIVE
    assert not PeriodEnd.objects.exists()
    assert PointsEntry.objects.get().points == 100


def test_parts_that_add_up_to_the_whole_end_the_period(bought):
    total = the_invoice().total_amount
    pay_back(Decimal("10.00"), on=BOUGHT)

    pay_back(total - 10, on=BOUGHT)

    assert not any(left_to_credit(the_invoice()).values())
    assert PeriodEnd.objects.count() == 1


def test_never_more_than_is_left(bought):
    pay_back(Decimal("10.00"), on=BOUGHT)

    with pytest.raises(CreditTooLargeError):
        pay_back(the_invoice().total_amount, on=BOUGHT)

    assert CreditNote.objects.count() == 1


def test_the_database_itself_refuses_to_credit_more_than_the_line(bought):
    note = pay_back(on=BOUGHT).credit_note
    line = the_invoice().lines.get()
    other = CreditNote.objects.create(
        number="X-1", invoice=line.invoice, kind="refund", reason="twice", amount=1, currency="USD"
    )

    with pytest.raises(ProgrammingError, match="no more can be credited"), transaction.atomic():
        CreditNoteLine.objects.create(credit_note=other, invoice_line=line, amount=1)

    assert note.lines.count() == 1


def test_what_is_not_paid_is_not_paid_back():
    subscription = make.subscription_bought(on=BOUGHT)
    invoice = the_invoice()
    Invoice.objects.filter(pk=invoice.pk).update(state=InvoiceState.OPEN, paid_at=None)

    with pytest.raises(InvoiceNotPaidError):
        pay_back(on=BOUGHT)

    subscription.refresh_from_db()
    assert subscription.state == SubscriptionState.ACTIVE


def test_a_silence_is_asked_about_again_under_the_same_key_and_the_money_goes_back_once(bought):
    made = pay_back(Decimal("10.00"), on=BOUGHT)
    unheard = Refund.objects.create(
        credit_note=CreditNote.objects.create(
            number="FWC-2026-000009",
            invoice=the_invoice(),
            kind="refund",
            reason="again",
            amount=Decimal("5.00"),
            currency="USD",
        ),
        attempt=made.attempt,
        idempotency_key="refund-unheard",
        amount=Decimal("5.00"),
        currency="USD",
        created_at=noon(BOUGHT),
    )

    for _run in range(2):
        resolve_left_behind(on=BOUGHT, at=noon(BOUGHT) + timedelta(hours=1))

    unheard.refresh_from_db()
    assert unheard.outcome == Outcome.SUCCEEDED.value
    assert SimulatedRefund.objects.filter(pk="refund-unheard").count() == 1


def test_a_refund_the_gateway_chokes_on_does_not_keep_the_next_from_its_money(bought):
    paid = pay_back(Decimal("10.00"), on=BOUGHT).attempt
    unknown = Invoice.objects.get().attempts.create(
        ordinal=2,
        idempotency_key="never-heard-of",
        amount=1,
        currency="USD",
        attempted_on=BOUGHT,
        settled_at=noon(BOUGHT),
        outcome=Outcome.SOFT_DECLINE.value,
    )
    choking, next_one = left_behind(unknown, "A"), left_behind(paid, "B")

    assert resolve_left_behind(on=BOUGHT, at=noon(BOUGHT) + timedelta(hours=1)) == 2

    choking.refresh_from_db()
    next_one.refresh_from_db()
    assert (choking.outcome, choking.settled_at) == (Outcome.UNKNOWN.value, None)
    assert next_one.outcome == Outcome.SUCCEEDED.value


def left_behind(attempt, number):
    note = CreditNote.objects.create(
        number=number,
        invoice=attempt.invoice,
        kind="refund",
        reason="lost",
        amount=1,
        currency="USD",
    )
    return Refund.objects.create(
        credit_note=note,
        attempt=attempt,
        idempotency_key=f"refund-{number}",
        amount=1,
        currency="USD",
        created_at=noon(BOUGHT),
    )


def test_an_answer_told_twice_is_settled_once(bought):
    made = pay_back(on=BOUGHT)

    settle_refund(made, Reply(outcome=Outcome.HARD_DECLINE), on=BOUGHT)

    made.refresh_from_db()
    assert made.outcome == Outcome.SUCCEEDED.value
    assert Message.objects.filter(kind="billing/refunded").count() == 1


def test_a_renewal_paid_ahead_and_refunded_never_begins_and_the_running_period_goes_on(bought):
    from billing.actions.renew import renew_due

    ahead = bought.next_charge_on
    with clock.frozen(ahead):
        renew_due(on=ahead)
    renewal = Invoice.objects.latest("pk")
    line = renewal.lines.get()

    with clock.frozen(ahead):
        refund(
            renewal,
            {line.pk: line.amount},
            left=left_to_credit(renewal),
            reason="No longer wanted",
            by=make.person(name="Erin"),
            at=noon(ahead),
        )

    bought.refresh_from_db()
    assert bought.state == SubscriptionState.ENDING
    assert bought.paid_through == line.starts_on


# --- Cancelled while it is being collected -------------------------------------------------------


@pytest.fixture
def unpaid(bought):
    """A renewal whose card was declined; the invoice is open."""
    from billing.actions.renew import renew_due

    make.card(account=bought.account, test_card="sim_soft")
    ahead = bought.next_charge_on
    with clock.frozen(ahead):
        renew_due(on=ahead)
    bought.refresh_from_db()
    return bought


def test_a_cancelled_renewal_leaves_its_open_invoice_by_a_credit_note(unpaid):
    invoice = Invoice.objects.latest("pk")

    cancel(unpaid, by=make.person(name="Alice"), at=noon(invoice.due_on))

    invoice.refresh_from_db()
    note = CreditNote.objects.get()
    assert (note.kind, note.amount) == ("adjustment", invoice.total_amount)
    assert (invoice.state, invoice.next_attempt_on) == (InvoiceState.CREDITED, None)
    unpaid.refresh_from_db()
    assert unpaid.state == SubscriptionState.ENDING


def test_the_rest_of_the_invoice_stays_due_and_only_the_rest_is_charged(bought):
    from billing.actions.charge import retry_due
    from billing.actions.renew import renew_due

    other = make.subscription_bought(on=BOUGHT, cycle=Cycle.YEARLY, account=bought.account)
    make.card(account=bought.account, test_card="sim_soft")
    ahead = bought.next_charge_on
    with clock.frozen(ahead):
        renew_due(on=ahead)
    invoice = Invoice.objects.latest("pk")
    assert invoice.lines.count() == 2

    cancel(bought, by=make.person(name="Alice"), at=noon(ahead))
    make.card(account=bought.account)
    invoice.refresh_from_db()
    with clock.frozen(invoice.next_attempt_on):
        retry_due(on=invoice.next_attempt_on)

    invoice.refresh_from_db()
    attempt = invoice.attempts.latest("ordinal")
    assert invoice.state == InvoiceState.PAID
    assert attempt.amount == invoice.lines.get(subscription=other).amount
    other.refresh_from_db()
    bought.refresh_from_db()
    assert (other.state, bought.state) == (SubscriptionState.ACTIVE, SubscriptionState.ENDING)


def test_while_the_gateway_is_being_asked_nothing_is_cancelled(unpaid):
    invoice = Invoice.objects.latest("pk")
    make_attempt_in_flight(invoice)

    with pytest.raises(PaymentUnderWayError):
        cancel(unpaid, by=make.person(name="Alice"), at=noon(invoice.due_on))

    unpaid.refresh_from_db()
    assert unpaid.state == SubscriptionState.ACTIVE


def make_attempt_in_flight(invoice):
    from billing.actions.draw_up import new_attempts

    return new_attempts([invoice], on=invoice.due_on)
