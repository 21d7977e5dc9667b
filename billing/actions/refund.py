"""Refunds: money back, as a credit note.

The order of steps is that of a charge: credit note and refund are committed with a key, the gateway
is asked outside any transaction, and its answer is settled in one. A silence is asked about again
under the same key.
"""

import logging
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from billing import gateways
from billing.actions.credit import issue_credit_note, left_to_credit
from billing.actions.money_back import end_what_is_back
from billing.errors import InvoiceNotPaidError, LeftChangedError, SecondPersonNeededError
from billing.gateways import RefundRequest, Reply
from billing.models import CreditNote, Invoice, PaymentAttempt, Refund
from billing.models.credits import CreditKind
from billing.models.invoices import InvoiceState
from billing.rules import Outcome, refund_needs_second_person
from partners.models.points import VoidReason
from portal.lib import clock
from portal.mail.actions.queue import Draft, queue
from portal.models import User

log = logging.getLogger(__name__)

BATCH = 100

# A refund younger than this may still be in the hands of whoever asked for it.
LEFT_BEHIND_AFTER = timedelta(minutes=10)


def refund(
    invoice: Invoice,
    amounts: Mapping[int, Decimal],
    *,
    left: Mapping[int, Decimal],
    reason: str,
    by: User,
    at: datetime,
) -> Refund:
    """Pay these amounts (by line id) back to where they came from, as one person may alone.

    `left` is what they were shown to be left of each line: asked for twice, it is paid back once.
    Raises InvoiceNotPaidError, LeftChangedError, CreditTooLargeError, SecondPersonNeededError. The
    refund's outcome says whether the money is back yet.
    """
    with transaction.atomic():
        locked = paid_and_locked(invoice)
        _refuse_unless_left(locked, {line: left[line] for line in amounts})
        opened = open_refund(locked, amounts, reason=reason, by=by, at=at)
        alone = CreditNote.objects.given_alone(locked)  # with what was opened just now
        if refund_needs_second_person(alone, currency=locked.currency):
            raise SecondPersonNeededError
    return carry_out(opened, on=clock.date_of(at))


def _refuse_unless_left(locked: Invoice, left: Mapping[int, Decimal]) -> None:
    still = left_to_credit(locked)
    if any(still[line] != amount for line, amount in left.items()):
        raise LeftChangedError


def carry_out(opened: Refund, *, on: date) -> Refund:
    """Ask the gateway for what is committed, and settle its answer; not inside a transaction."""
    settle_refund(opened, ask(opened), on=on)
    opened.refresh_from_db()
    return opened


def paid_and_locked(invoice: Invoice) -> Invoice:
    """The invoice, locked; needs a transaction. Raises InvoiceNotPaidError."""
    locked = Invoice.objects.select_for_update(no_key=True).get(pk=invoice.pk)
    if locked.state != InvoiceState.PAID:
        raise InvoiceNotPaidError
    return locked


def open_refund(
    locked: Invoice, amounts: Mapping[int, Decimal], *, reason: str, by: User, at: datetime
) -> Refund:
    """The credit note and the refund the gateway is asked for next; needs a transaction.

    Raises CreditTooLargeError.
    """
    note = issue_credit_note(locked, amounts, kind=CreditKind.REFUND, reason=reason, by=by, at=at)
    return Refund.objects.create(
        credit_note=note,
        attempt=PaymentAttempt.objects.get(invoice=locked, outcome=Outcome.SUCCEEDED.value),
        idempotency_key=f"refund-{note.ref}",
        amount=note.amount,
        currency=note.currency,
        created_at=at,
        asked_by=by,
    )


def ask(opened: Refund) -> Reply:
    """What the gateway says; an answer that cannot be read is none, and is asked for again."""
    request = RefundRequest(
        idempotency_key=opened.idempotency_key,
        charge_key=opened.attempt.idempotency_key,
        charge_ref=opened.attempt.provider_ref,
        amount=opened.amount,
        currency=opened.currency,
    )
    try:
        return gateways.current().refund(request)
    except Exception:  # one broken answer must not keep the others from being asked about
        log.exception("refund %s got no answer that could be read", opened.idempotency_key)
        return Reply(outcome=Outcome.UNKNOWN)


def resolve_left_behind(*, on: date, at: datetime) -> int:
    """Ask again, under the same key, about refunds nobody settled; returns how many were asked."""
    waiting = Refund.objects.filter(settled_at__isnull=True, created_at__lt=at - LEFT_BEHIND_AFTER)
    asked, after = 0, 0
    while batch := list(
        waiting.filter(pk__gt=after).select_related("attempt").order_by("pk")[:BATCH]
    ):
        for opened in batch:
            settle_refund(opened, ask(opened), on=on)
        asked += len(batch)
        after = batch[-1].pk
    return asked


@transaction.atomic
def settle_refund(opened: Refund, reply: Reply, *, on: date) -> None:
    """Record what the gateway said, and what follows from it. Told twice, it is done once."""
    locked = (
        Refund.objects.select_for_update(of=("self",), no_key=True)
        .select_related("credit_note__invoice__account")
        .get(pk=opened.pk)
    )
    if locked.settled_at is not None:
        return
    locked.outcome, locked.decline_code = reply.outcome.value, reply.decline_code
    locked.provider_ref = reply.provider_ref
    if reply.outcome not in {Outcome.UNKNOWN, Outcome.OUTAGE}:
        locked.settled_at = clock.now()
    locked.save(update_fields=["outcome", "decline_code", "provider_ref", "settled_at"])
    if reply.outcome is Outcome.SUCCEEDED:
        _money_is_back(locked, on=on)


def _money_is_back(settled: Refund, *, on: date) -> None:
    note = settled.credit_note
    end_what_is_back(note, why=VoidReason.REFUND, on=on, at=clock.now())
    account = note.invoice.account
    queue(
        Draft(
            kind="billing/refunded",
            key=f"refunded:{note.ref}",
            to=account.bills_to,
            arguments={"credit_note_id": note.pk},
            account_ref=account.ref,
        )
    )
