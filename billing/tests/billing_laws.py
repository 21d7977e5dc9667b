"""What holds of billing's tables and its gateway's book at any time, whatever happened before."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from django.db.models import Prefetch

from billing.models import (
    CreditNoteLine,
    Invoice,
    InvoiceLine,
    ParkedAccount,
    PaymentAttempt,
    Refund,
    Subscription,
)
from billing.models.invoices import InvoiceState
from billing.models.subscriptions import SubscriptionState
from billing.rules import Kind, Outcome
from billing.tests.moody_gateway import MoodyGateway
from partners.models import QualifyingEvent
from portal.lib import clock
from portal.mail.models import Message

SUCCEEDED = Outcome.SUCCEEDED.value
NOTHING = Decimal(0)


class Evidence:
    """All there is, read in a dozen queries."""

    def __init__(self) -> None:
        credited = CreditNoteLine.objects.select_related("credit_note").prefetch_related(
            "credit_note__refunds"
        )
        lines = InvoiceLine.objects.select_related("period__end").order_by("pk")
        self.invoices = list(
            Invoice.objects.order_by("pk").prefetch_related(
                Prefetch("lines", lines),
                Prefetch("lines__credits", credited),
                Prefetch("attempts", PaymentAttempt.objects.order_by("ordinal")),
            )
        )
        self.subscriptions = list(
            Subscription.objects.select_related("plan__product", "payment_method").prefetch_related(
                "revivals"
            )
        )
        self.refunds = list(Refund.objects.select_related("attempt"))
        self.events = list(QualifyingEvent.objects.select_related("void"))
        self.mails = list(Message.objects.filter(kind__startswith="billing/"))

    @property
    def lines(self) -> Iterator[InvoiceLine]:
        return (line for invoice in self.invoices for line in invoice.lines.all())

    @property
    def attempts(self) -> Iterator[PaymentAttempt]:
        return (attempt for invoice in self.invoices for attempt in invoice.attempts.all())

    def lines_of(self, subscription: Subscription) -> list[InvoiceLine]:
        return [line for line in self.lines if line.subscription_id == subscription.pk]


def is_open(line: InvoiceLine) -> bool:
    """Whether it is still to be collected."""
    return hasattr(line, "period") and line.period.opened_at is None


def is_asked_for(line: InvoiceLine) -> bool:
    """Whether its invoice has an attempt nobody knows the end of."""
    return any(one.settled_at is None for one in line.invoice.attempts.all())


def is_paid(line: InvoiceLine) -> bool:
    return hasattr(line, "period") and line.period.opened_at is not None


def taken_off(line: InvoiceLine) -> Decimal:
    return sum((credit.amount for credit in line.credits.all()), NOTHING)


def paid_back(line: InvoiceLine) -> Decimal:
    """What of it the gateway has said it paid back."""
    return sum(
        (
            credit.amount
            for credit in line.credits.all()
            if any(refund.outcome == SUCCEEDED for refund in credit.credit_note.refunds.all())
        ),
        NOTHING,
    )


# --- Money ---------------------------------------------------------------------------------------


def money_is_taken_once_and_none_is_lost(evidence: Evidence, gateway: MoodyGateway) -> None:
    """Every amount in the gateway's book is known here, and every paid amount is in its book."""
    charges = gateway.charges
    known = {attempt.idempotency_key: attempt for attempt in evidence.attempts}
    for key, entry in charges.items():
        assert known[key].amount == entry.amount or not entry.amount
        if known[key].settled_at:
            assert known[key].outcome == entry.reply.outcome.value
    for attempt in known.values():
        if attempt.outcome == SUCCEEDED and attempt.amount:
            assert charges[attempt.idempotency_key].amount == attempt.amount
    taken = Counter(known[key].invoice_id for key, entry in charges.items() if entry.amount)
    assert all(times == 1 for times in taken.values())


def money_is_paid_back_once(evidence: Evidence, gateway: MoodyGateway) -> None:
    charges, refunds = gateway.charges, gateway.refunds
    known = {refund.idempotency_key: refund for refund in evidence.refunds}
    back: dict[str, Decimal] = defaultdict(Decimal)
    for key, entry in refunds.items():
        assert known[key].amount == entry.amount
        back[known[key].attempt.idempotency_key] += entry.amount
    for refund in known.values():
        assert not refund.settled_at or refund.idempotency_key in refunds
    assert all(amount <= charges[key].amount for key, amount in back.items())


def what_was_paid_is_the_price_of_what_was_opened(evidence: Evidence) -> None:
    for invoice in evidence.invoices:
        [*succeeded] = [one for one in invoice.attempts.all() if one.outcome == SUCCEEDED]
        assert bool(succeeded) is (invoice.state == InvoiceState.PAID)
        opened = [line for line in invoice.lines.all() if is_paid(line)]
        assert [one.amount for one in succeeded] == (
            [sum((line.gross_amount for line in opened), NOTHING)] if succeeded else []
        )
        assert bool(opened) is bool(succeeded)


def no_more_is_taken_off_than_there_was(evidence: Evidence) -> None:
    for line in evidence.lines:
        off = taken_off(line)
        assert 0 <= off <= line.gross_amount
        if 0 < off == line.gross_amount:
            assert sum(one.tax_amount for one in line.credits.all()) == line.tax_amount


def numbers_have_no_gap(evidence: Evidence) -> None:
    notes = {credit.credit_note.number for line in evidence.lines for credit in line.credits.all()}
    series: dict[str, list[int]] = defaultdict(list)
    for number in [*(invoice.number for invoice in evidence.invoices), *sorted(notes)]:
        name, _, count = number.rpartition("-")
        series[name].append(int(count))
    for counts in series.values():
        assert counts == list(range(1, len(counts) + 1))


# --- Time ----------------------------------------------------------------------------------------


def nothing_is_charged_late_or_to_a_day_without_reason(evidence: Evidence) -> None:
    for invoice in evidence.invoices:
        assert all(invoice.due_on <= line.starts_on for line in invoice.lines.all())


def paid_periods_tile(evidence: Evidence) -> None:
    """Each begins where the one before ends, or on the day it was revived."""
    for subscription in evidence.subscriptions:
        revived = {clock.date_of(one.revived_at) for one in subscription.revivals.all()}
        periods = [line.period for line in evidence.lines_of(subscription) if is_paid(line)]
        assert [period.ordinal for period in periods] == list(range(len(periods)))
        for before, after in pairwise(periods):
            assert before.ends_on == after.starts_on or (
                before.ends_on < after.starts_on and after.starts_on in revived
            )


def nothing_is_forgotten(evidence: Evidence) -> None:
    """What is active is charged one day or being collected; nothing else is.

    But what was paid back while the gateway was being asked for more waits for the answer.
    """
    for subscription in evidence.subscriptions:
        lines = evidence.lines_of(subscription)
        collected = [line for line in lines if is_open(line)]
        has_day = subscription.next_charge_on is not None
        if subscription.state == SubscriptionState.ACTIVE:
            assert len(collected) + has_day == 1
            paid = [line for line in lines if is_paid(line)]
            assert subscription.paid_through == max(line.ends_on for line in paid)
        elif subscription.state == SubscriptionState.STARTING:
            assert len(collected) == 1
            assert not has_day
        else:
            assert not has_day
            assert all(is_asked_for(line) for line in collected)


def what_is_open_can_still_be_paid(evidence: Evidence) -> None:
    for invoice in evidence.invoices:
        in_flight = [one for one in invoice.attempts.all() if one.settled_at is None]
        assert len(in_flight) <= 1
        open_lines = [line for line in invoice.lines.all() if is_open(line)]
        assert bool(open_lines) is (invoice.state == InvoiceState.OPEN)
    assert not ParkedAccount.objects.exists()


# --- What others are told ------------------------------------------------------------------------


def every_paid_site_plan_is_an_event_once(evidence: Evidence) -> None:
    """It is void if, and only if, all its money is back."""
    plans = {
        one.pk for one in evidence.subscriptions if one.plan.product.kind == Kind.SITE_PLAN.value
    }
    paid = [line for line in evidence.lines if line.subscription_id in plans and is_paid(line)]
    told = {event.source: event for event in evidence.events}
    assert len(told) == len(evidence.events)
    assert told.keys() == {f"period:{line.period.pk}" for line in paid}
    for line in paid:
        event = told[f"period:{line.period.pk}"]
        is_back = line.gross_amount > 0 and paid_back(line) == line.gross_amount
        assert event.occurs_on == line.starts_on
        assert hasattr(event, "void") is is_back
        assert hasattr(line.period, "end") is is_back


def a_site_has_one_plan(evidence: Evidence) -> None:
    running = Counter(
        one.site_id
        for one in evidence.subscriptions
        if one.site_id and one.state != SubscriptionState.EXPIRED
    )
    assert all(plans == 1 for plans in running.values())


def every_payment_and_every_decline_is_told_once(evidence: Evidence) -> None:
    told = Counter(mail.key for mail in evidence.mails)
    for invoice in evidence.invoices:
        assert told[f"receipt:{invoice.ref}"] == (invoice.state == InvoiceState.PAID)
        for attempt in invoice.attempts.all():
            is_declined = attempt.settled_at is not None and attempt.outcome != SUCCEEDED
            was_last = invoice.state == InvoiceState.UNCOLLECTED
            failed = told[f"payment_failed:{attempt.idempotency_key}"]
            assert failed == is_declined or (was_last and not failed)
    assert all(times == 1 for times in told.values())


LAWS_OF_THE_BOOK = (money_is_taken_once_and_none_is_lost, money_is_paid_back_once)
LAWS = (
    what_was_paid_is_the_price_of_what_was_opened,
    no_more_is_taken_off_than_there_was,
    numbers_have_no_gap,
    nothing_is_charged_late_or_to_a_day_without_reason,
    paid_periods_tile,
    nothing_is_forgotten,
    what_is_open_can_still_be_paid,
    every_paid_site_plan_is_an_event_once,
    a_site_has_one_plan,
    every_payment_and_every_decline_is_told_once,
)
