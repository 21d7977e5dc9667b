"""Disputes: a payer's bank wants the money of a charge back.

While one is open nothing is taken from the payer: staff answer it at the gateway. Lost, the money
is gone as by a refund of what was disputed, only that nobody has to send it. What a gateway tells
may come in any order and however often: a dispute moves once, from open to its end.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.credit import issue_credit_note, left_to_credit
from billing.actions.give_up import to_whom_it_fails
from billing.actions.money_back import end_what_is_back, hold_subscriptions
from billing.errors import DisputeClosedError, PaymentUnderWayError, UnknownPaymentError
from billing.gateways import DisputeTold
from billing.models import CreditNote, Dispute, Invoice, PaymentAttempt
from billing.models.credits import CreditKind
from billing.models.disputes import DisputeState
from billing.rules import Outcome
from partners.models.points import VoidReason
from portal.mail.actions.queue import queue_many


@transaction.atomic
def note_dispute(told: DisputeTold, *, gateway: str, on: date, at: datetime) -> Decimal:
    """Record how a dispute stands, and what follows if it is lost.

    Returns how much of what was lost could not be taken off the invoice, because it had been paid
    back before. Raises UnknownPaymentError, PaymentUnderWayError (nobody knows yet whether it is
    paid), DisputeClosedError.
    """
    dispute = _recorded(told, _disputed(told, gateway=gateway), gateway=gateway)
    if told.state in {DisputeState.OPEN, dispute.state}:
        return Decimal(0)
    if dispute.state != DisputeState.OPEN:
        raise DisputeClosedError(dispute.state)
    dispute.state, dispute.closed_at = told.state, at
    dispute.save(update_fields=["state", "closed_at"])
    return _take_back(dispute, on=on, at=at) if told.state is DisputeState.LOST else Decimal(0)


def _disputed(told: DisputeTold, *, gateway: str) -> PaymentAttempt:
    """The payment it is about; one that was never answered may be it, under no name yet."""
    theirs = PaymentAttempt.objects.filter(payment_method__gateway=gateway)
    attempt = theirs.filter(provider_ref=told.charge_ref).first()
    if attempt is None:
        if theirs.filter(provider_ref="", settled_at__isnull=True).exists():
            raise PaymentUnderWayError
        raise UnknownPaymentError(told.charge_ref)
    if attempt.settled_at is None:
        raise PaymentUnderWayError
    if (attempt.outcome, attempt.currency) != (Outcome.SUCCEEDED.value, told.currency):
        raise UnknownPaymentError(told.charge_ref)
    return attempt


def _recorded(told: DisputeTold, attempt: PaymentAttempt, *, gateway: str) -> Dispute:
    """The dispute's row, locked; made when it is first spoken of, whatever is said then."""
    made, _is_new = Dispute.objects.get_or_create(
        gateway=gateway,
        provider_ref=told.provider_ref,
        defaults={
            "attempt": attempt,
            "amount": told.amount,
            "currency": told.currency,
            "reason": told.reason,
            "opened_at": told.opened_at,
        },
    )
    return Dispute.objects.select_for_update(no_key=True).get(pk=made.pk)


def _take_back(dispute: Dispute, *, on: date, at: datetime) -> Decimal:
    """A credit note of what was lost, and what follows from it; returns what it cannot cover."""
    hold_subscriptions(dispute.attempt.invoice_id)
    invoice = Invoice.objects.select_for_update(no_key=True).get(pk=dispute.attempt.invoice_id)
    amounts = _from_the_first_on(left_to_credit(invoice), dispute.amount)
    if amounts:
        note = issue_credit_note(
            invoice,
            amounts,
            kind=CreditKind.CHARGEBACK,
            reason=_("The payment was disputed"),
            by=None,
            at=at,
        )
        end_what_is_back(note, why=VoidReason.CHARGEBACK, on=on, at=at)
        _tell(note)
    return dispute.amount - sum(amounts.values(), Decimal(0))


def _from_the_first_on(left: Mapping[int, Decimal], amount: Decimal) -> dict[int, Decimal]:
    """An amount laid on lines (by id) in order, on each no more than is left of it."""
    laid: dict[int, Decimal] = {}
    for line, free in left.items():
        if part := min(free, amount):
            laid[line] = part
            amount -= part
    return laid


def _tell(note: CreditNote) -> None:
    """Whoever pays, and the account's own people: something of theirs may have ended."""
    queue_many(
        to_whom_it_fails(
            note.invoice.account,
            kind="billing/charged_back",
            key=f"charged_back:{note.ref}",
            arguments={"credit_note_id": note.pk},
        )
    )
