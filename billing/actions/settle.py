"""Settle attempts: what the gateway said becomes paid invoices, open periods, events and mail.

Everything that follows from an answer is one transaction with it. An attempt is settled once:
telling the same answer again, from wherever, changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef

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
from partners.models.accounts import bills_to
from partners.rules import EventKind
from portal.lib import clock
from portal.lib.bulk import Row, update_many
from portal.mail.actions.queue import Draft, queue_many

STILL_OPEN = {Outcome.UNKNOWN, Outcome.OUTAGE}
DECLINES = {Outcome.SOFT_DECLINE, Outcome.HARD_DECLINE}


@transaction.atomic
def settle(replies: Mapping[int, Reply], *, on: date) -> None:
    """Record what the gateway said of these attempts (by id), and all that follows from it.

    A constant number of statements whatever the number of attempts; attempts settled before are
    left as they are.
    """
    # The invoices first: whoever changes cards holds them, so that neither misses the other.
    asked = PaymentAttempt.objects.filter(pk__in=replies).values("invoice")
    held = Invoice.objects.select_for_update(no_key=True).filter(pk__in=asked).order_by("pk")
    list(held.values_list("pk"))
    invoices = dict(
        PaymentAttempt.objects.select_for_update(no_key=True)
        .filter(pk__in=replies, settled_at__isnull=True)
        .order_by("pk")
        .values_list("pk", "invoice_id")
    )
    at = clock.now()
    update_many(PaymentAttempt, [_note(attempt, replies[attempt], at=at) for attempt in invoices])
    outcomes = {attempt: replies[attempt].outcome for attempt in invoices}
    # Who tells the programme holds others back till the end, so that comes last.
    _declined([a for a, outcome in outcomes.items() if outcome in DECLINES], on=on)
    _paid([invoices[a] for a, outcome in outcomes.items() if outcome is Outcome.SUCCEEDED], on=on)


def _note(attempt: int, reply: Reply, *, at: datetime) -> Row:
    """What is not known yet stays in flight, to be asked about again."""
    return {
        "id": attempt,
        "outcome": reply.outcome.value,
        "decline_code": reply.decline_code,
        "provider_ref": reply.provider_ref,
        "settled_at": None if reply.outcome in STILL_OPEN else at,
    }


# --- Paid ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A period that is paid for now, its subscription, and what it means for the programme."""

    period_id: int
    ordinal: int
    starts_on: date
    ends_on: date
    subscription_id: int
    is_cancelled: bool
    site_id: int | None
    product_code: str
    schedule: Schedule


def _paid(invoices: list[int], *, on: date) -> None:
    """The money is there: open the periods, set the next charge, tell the programme, write."""
    if not invoices:
        return
    at = clock.now()
    Invoice.objects.filter(pk__in=invoices).update(
        state=InvoiceState.PAID, paid_at=at, next_attempt_on=None
    )
    served = _served(invoices)
    update_many(Period, [{"id": one.period_id, "opened_at": at} for one in served])
    update_many(Subscription, [_moved_on(one) for one in served])
    print_coupons(invoices)
    record_events([_event(one, on=on) for one in served if _earns(one)], on=on)
    queue_many(_receipts(invoices))


def _served(invoices: list[int]) -> list[Served]:
    """What these invoices pay for; what was dropped from them meanwhile is not among it."""
    in_force = Cancellation.objects.filter(
        subscription=OuterRef("subscription"), withdrawn_at__isnull=True
    )
    periods = (
        Period.objects.filter(line__invoice__in=invoices, opened_at__isnull=True)
        .order_by("pk")
        .values_list(
            "pk",
            "ordinal",
            "starts_on",
            "ends_on",
            "subscription_id",
            Exists(in_force),
            "subscription__site_id",
            "subscription__plan__product__code",
            *Schedule.columns("subscription__"),
        )
    )
    return [_read(row) for row in periods]


def _read(row: Sequence[Any]) -> Served:
    period, ordinal, starts_on, ends_on, subscription, cancelled, site, code, *days = row
    schedule = Schedule.read(days)
    return Served(
        period_id=period,
        ordinal=ordinal,
        starts_on=starts_on,
        ends_on=ends_on,
        subscription_id=subscription,
        is_cancelled=cancelled,
        site_id=site,
        product_code=code,
        schedule=schedule,
    )


def _moved_on(served: Served) -> Row:
    """The subscription is paid through its new period, and knows its next charge."""
    ends = served.is_cancelled
    return {
        "id": served.subscription_id,
        "paid_through": served.ends_on,
        "next_ordinal": served.ordinal + 1,
        "state": (SubscriptionState.ENDING if ends else SubscriptionState.ACTIVE).value,
        "next_charge_on": None if ends else served.schedule.charge_on(served.ordinal + 1),
    }


def _earns(served: Served) -> bool:
    """A premium plan of a site that was activated or renewed is told to the programme."""
    return served.site_id is not None and served.schedule.kind in KINDS_THAT_EARN_POINTS


def _event(served: Served, *, on: date) -> EventTold:
    return EventTold(
        source=f"period:{served.period_id}",
        site_id=served.site_id or 0,
        kind=EventKind.RENEWED if served.ordinal else EventKind.ACTIVATED,
        occurs_on=served.starts_on,
        paid_on=on,
        product_code=served.product_code,
    )


def _receipts(invoices: list[int]) -> list[Draft]:
    paid = Invoice.objects.filter(pk__in=invoices).order_by("pk")
    return [
        Draft(
            kind="billing/receipt",
            key=f"receipt:{ref}",
            to=to,
            arguments={"invoice_id": pk},
            account_ref=account_ref,
        )
        for pk, ref, to, account_ref in paid.values_list(
            "pk", "ref", bills_to("account__"), "account__ref"
        )
    ]


# --- Declined ------------------------------------------------------------------------------------


def _declined(declined: list[int], *, on: date) -> None:
    """Set the next day to try, or give up what has none left; the payer is told either way."""
    if not declined:
        return
    attempts = list(
        PaymentAttempt.objects.filter(pk__in=declined)
        .select_related("invoice__account", "payment_method")
        .order_by("pk")
    )
    invoices = [attempt.invoice for attempt in attempts]
    wanted, current = uncollected(invoices), methods_now(invoices)
    hopeless: list[InvoiceLine] = []
    for attempt in attempts:
        invoice = attempt.invoice
        over = [one for one in wanted[invoice.pk] if invoice.is_purchase or one.has_ended]
        hopeless += [one.line for one in over]
        open_lines = [one for one in wanted[invoice.pk] if one not in over]
        if not open_lines:
            continue
        if attempt.outcome == Outcome.SOFT_DECLINE.value:
            days = {one.line: one.next_day(after=on) for one in open_lines}
            invoice.next_attempt_on = min(filter(None, days.values()), default=None)
            hopeless += [line for line, day in days.items() if day is None]
        elif (card := current.get(invoice.pk)) and not attempt.was_with(card):
            invoice.next_attempt_on = on  # a card added or renewed while this was being refused
    update_many(
        Invoice, [{"id": one.pk, "next_attempt_on": one.next_attempt_on} for one in invoices]
    )
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
