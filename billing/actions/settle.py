"""Settle attempts: what the gateway said becomes paid invoices, open periods, events and mail.

Everything that follows from an answer is one transaction with it. An attempt is settled once:
telling the same answer again, from wherever, changes nothing.
"""

from collections.abc import Mapping
from datetime import date

from django.db import transaction

from billing import rules
from billing.actions.draw_up import methods_now
from billing.actions.give_up import give_up, to_whom_it_fails
from billing.gateways import Reply
from billing.models import (
    Cancellation,
    Invoice,
    InvoiceLine,
    PaymentAttempt,
    PaymentMethod,
    Period,
    Subscription,
)
from billing.models.invoices import InvoiceState
from billing.models.subscriptions import SubscriptionState
from billing.pricing import Agreement
from billing.rules import KINDS_THAT_EARN_POINTS, Outcome
from partners.actions.points import EventTold, record_events
from partners.rules import EventKind
from portal.lib import clock
from portal.mail.actions.queue import Draft, queue_many


@transaction.atomic
def settle(replies: Mapping[int, Reply], *, on: date) -> None:
    """Record what the gateway said of these attempts (by id), and all that follows from it.

    A constant number of statements whatever the number of attempts; attempts settled before are
    left as they are.
    """
    attempts = list(
        PaymentAttempt.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=replies, settled_at__isnull=True)
        .select_related("invoice__account", "payment_method")
        .order_by("pk")
    )
    for attempt in attempts:
        _note(attempt, replies[attempt.pk])
    PaymentAttempt.objects.bulk_update(
        attempts, ["outcome", "decline_code", "provider_ref", "settled_at"]
    )
    _paid([a.invoice for a in attempts if a.outcome == Outcome.SUCCEEDED.value], on=on)
    _declined(
        [
            attempt
            for attempt in attempts
            if attempt.outcome in {Outcome.SOFT_DECLINE.value, Outcome.HARD_DECLINE.value}
        ],
        on=on,
    )


def _note(attempt: PaymentAttempt, reply: Reply) -> None:
    """What is not known yet stays in flight, to be asked about again."""
    attempt.outcome = reply.outcome.value
    attempt.decline_code = reply.decline_code
    attempt.provider_ref = reply.provider_ref
    if reply.outcome not in {Outcome.UNKNOWN, Outcome.OUTAGE}:
        attempt.settled_at = clock.now()


# --- Paid ----------------------------------------------------------------------------------------


def _paid(invoices: list[Invoice], *, on: date) -> None:
    """The money is there: open the periods, set the next charge, tell the programme, write."""
    if not invoices:
        return
    at = clock.now()
    ids = [invoice.pk for invoice in invoices]
    Invoice.objects.filter(pk__in=ids).update(
        state=InvoiceState.PAID, paid_at=at, next_attempt_on=None
    )
    Period.objects.filter(line__invoice__in=ids, opened_at__isnull=True).update(opened_at=at)
    lines = list(
        InvoiceLine.objects.filter(invoice__in=ids, period__isnull=False)
        .select_related("subscription__plan__product", "subscription__site", "period")
        .order_by("pk")
    )
    _serve_on(lines)
    record_events(_events(lines, on=on), on=on)
    queue_many(
        Draft(
            kind="billing/receipt",
            key=f"receipt:{invoice.ref}",
            to=invoice.account.bills_to,
            arguments={"invoice_id": invoice.pk},
            account_ref=invoice.account.ref,
        )
        for invoice in invoices
    )


def _serve_on(lines: list[InvoiceLine]) -> None:
    """Each subscription is paid through its new period, and knows its next charge."""
    cancelled = set(
        Cancellation.objects.filter(
            subscription__in=[line.subscription_id for line in lines], withdrawn_at__isnull=True
        ).values_list("subscription_id", flat=True)
    )
    for line in lines:
        subscription, ordinal = line.subscription, line.period.ordinal
        subscription.paid_through = line.ends_on
        subscription.next_ordinal = ordinal + 1
        if subscription.pk in cancelled:
            subscription.state, subscription.next_charge_on = SubscriptionState.ENDING, None
        else:
            agreement = Agreement.of(subscription, is_nonprofit=False)
            subscription.state = SubscriptionState.ACTIVE
            subscription.next_charge_on = agreement.charge_on(ordinal + 1)
    Subscription.objects.bulk_update(
        [line.subscription for line in lines],
        ["paid_through", "next_ordinal", "state", "next_charge_on"],
    )


def _events(lines: list[InvoiceLine], *, on: date) -> list[EventTold]:
    """A premium plan of a site that was activated or renewed is told to the programme."""
    return [
        EventTold(
            source=f"period:{line.period.pk}",
            site_id=site.pk,
            account_id=site.account_id,
            kind=EventKind.RENEWED if line.period.ordinal else EventKind.ACTIVATED,
            occurs_on=line.starts_on,
            paid_on=on,
            product_code=line.subscription.plan.product.code,
        )
        for line in lines
        if (site := line.subscription.site)
        and line.subscription.plan.product.kind in KINDS_THAT_EARN_POINTS
    ]


# --- Declined ------------------------------------------------------------------------------------


def _declined(attempts: list[PaymentAttempt], *, on: date) -> None:
    """Set the next day to try, or give the invoice up; the payer is told either way."""
    if not attempts:
        return
    invoices = [attempt.invoice for attempt in attempts]
    starting = set(
        Invoice.objects.filter(
            pk__in=[invoice.pk for invoice in invoices],
            lines__subscription__state=SubscriptionState.STARTING,
        ).values_list("pk", flat=True)
    )
    firsts, starts = _first_attempts(invoices), _first_starts(invoices)
    current, hopeless = methods_now(invoices), []
    for attempt in attempts:
        invoice = attempt.invoice
        if invoice.pk in starting:
            hopeless.append(invoice)
        elif attempt.outcome == Outcome.SOFT_DECLINE.value:
            invoice.next_attempt_on = rules.next_attempt_on(
                first_on=firsts[invoice.pk],
                starts_on=starts[invoice.pk],
                today=on,
            )
            if invoice.next_attempt_on is None:
                hopeless.append(invoice)
        elif _is_another(current.get(invoice.pk), attempt):
            invoice.next_attempt_on = on  # a card added or renewed while this was being refused
    Invoice.objects.bulk_update(invoices, ["next_attempt_on"])
    give_up(hopeless, on=on)
    given_up = {invoice.pk for invoice in hopeless}  # told by the mail that says so
    _tell_declined([attempt for attempt in attempts if attempt.invoice_id not in given_up])


def _is_another(method: PaymentMethod | None, attempt: PaymentAttempt) -> bool:
    """Whether there is a card that was not tried: a new one, or new details of the same."""
    if method is None or method != attempt.payment_method:
        return method is not None
    return method.updated_at is not None and method.updated_at > attempt.created_at


def _first_attempts(invoices: list[Invoice]) -> dict[int, date]:
    firsts = PaymentAttempt.objects.filter(invoice__in=invoices, ordinal=1)
    return dict(firsts.values_list("invoice_id", "attempted_on"))


def _first_starts(invoices: list[Invoice]) -> dict[int, date]:
    """The start of the earliest period each invoice pays for: its retries are counted to it."""
    lines = InvoiceLine.objects.filter(invoice__in=invoices).order_by("invoice_id", "starts_on")
    return dict(lines.distinct("invoice_id").values_list("invoice_id", "starts_on"))


def _tell_declined(attempts: list[PaymentAttempt]) -> None:
    queue_many(
        draft
        for attempt in attempts
        for draft in to_whom_it_fails(
            attempt.invoice.account,
            kind="billing/payment_failed",
            key=f"payment_failed:{attempt.idempotency_key}",
            arguments={"attempt_id": attempt.pk},
        )
    )
