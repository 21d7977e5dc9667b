"""Settle attempts: what the gateway said becomes paid invoices, open periods, events and mail.

Everything that follows from an answer is one transaction with it. An attempt is settled once:
telling the same answer again, from wherever, changes nothing.
"""

from collections.abc import Mapping
from datetime import date

from django.db import transaction

from billing.actions.coupons import print_coupons
from billing.actions.draw_up import methods_now
from billing.actions.give_up import give_up, to_whom_it_fails
from billing.collection import uncollected
from billing.gateways import Reply
from billing.models import (
    Cancellation,
    Invoice,
    InvoiceLine,
    PaymentAttempt,
    Period,
    Subscription,
)
from billing.models.invoices import InvoiceState
from billing.models.subscriptions import SubscriptionState
from billing.rules import KINDS_THAT_EARN_POINTS, Outcome
from billing.schedule import Schedule
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
    # The invoices first: whoever changes cards holds them, so that neither misses the other.
    asked = PaymentAttempt.objects.filter(pk__in=replies).values("invoice")
    list(Invoice.objects.select_for_update(no_key=True).filter(pk__in=asked).order_by("pk"))
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
    periods = list(
        Period.objects.filter(line__invoice__in=ids)
        .select_related("subscription__plan__product", "subscription__site")
        .order_by("line")
    )
    _serve_on(periods)
    print_coupons(ids)
    record_events(_events(periods, on=on), on=on)
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


def _serve_on(periods: list[Period]) -> None:
    """Each subscription is paid through its new period, and knows its next charge."""
    subscriptions = [period.subscription for period in periods]
    cancelled = set(
        Cancellation.objects.filter(
            subscription__in=subscriptions, withdrawn_at__isnull=True
        ).values_list("subscription_id", flat=True)
    )
    for period in periods:
        subscription, following = period.subscription, period.ordinal + 1
        subscription.paid_through = period.ends_on
        subscription.next_ordinal = following
        if subscription.pk in cancelled:
            subscription.state, subscription.next_charge_on = SubscriptionState.ENDING, None
        else:
            subscription.state = SubscriptionState.ACTIVE
            subscription.next_charge_on = Schedule.of(subscription).charge_on(following)
    Subscription.objects.bulk_update(
        subscriptions, ["paid_through", "next_ordinal", "state", "next_charge_on"]
    )


def _events(periods: list[Period], *, on: date) -> list[EventTold]:
    """A premium plan of a site that was activated or renewed is told to the programme."""
    return [
        EventTold(
            source=f"period:{period.pk}",
            site_id=site.pk,
            account_id=site.account_id,
            kind=EventKind.RENEWED if period.ordinal else EventKind.ACTIVATED,
            occurs_on=period.starts_on,
            paid_on=on,
            product_code=product.code,
        )
        for period in periods
        if (site := period.subscription.site)
        and (product := period.subscription.plan.product).kind in KINDS_THAT_EARN_POINTS
    ]


# --- Declined ------------------------------------------------------------------------------------


def _declined(attempts: list[PaymentAttempt], *, on: date) -> None:
    """Set the next day to try, or give up what has none left; the payer is told either way."""
    if not attempts:
        return
    invoices = [attempt.invoice for attempt in attempts]
    wanted, current = uncollected(invoices), methods_now(invoices)
    hopeless: list[InvoiceLine] = []
    for attempt in attempts:
        invoice, open_lines = attempt.invoice, wanted[attempt.invoice_id]
        if invoice.is_purchase:
            hopeless += [one.line for one in open_lines]
        elif attempt.outcome == Outcome.SOFT_DECLINE.value:
            days = {one.line: one.next_day(after=on) for one in open_lines}
            invoice.next_attempt_on = min(filter(None, days.values()), default=None)
            hopeless += [line for line, day in days.items() if day is None]
        elif (card := current.get(invoice.pk)) and not attempt.was_with(card):
            invoice.next_attempt_on = on  # a card added or renewed while this was being refused
    Invoice.objects.bulk_update(invoices, ["next_attempt_on"])
    ended = give_up(hopeless, on=on)  # told by the mail that says so
    _tell_declined([attempt for attempt in attempts if attempt.invoice_id not in ended])


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
