"""Refunds above what one person may give: asked for, and approved or declined by a second one."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from billing.actions.credit import left_to_credit
from billing.actions.refund import carry_out, open_refund, paid_and_locked
from billing.errors import (
    AlreadyAskedError,
    CreditTooLargeError,
    OwnRefundRequestError,
    RefundDecidedError,
)
from billing.models import InvoiceLine, Refund, RefundDecision, RefundRequest, RefundVerdict
from portal.lib import clock
from portal.models import User


@transaction.atomic
def ask_for_refund(
    line: InvoiceLine, amount: Decimal, *, reason: str, by: User, at: datetime
) -> RefundRequest:
    """Note that so much of a line is to be paid back, for a second person to decide.

    Raises InvoiceNotPaidError, CreditTooLargeError; AlreadyAskedError while one of the line waits.
    """
    locked = paid_and_locked(line.invoice)
    if line.refund_requests.awaiting_second_person().exists():
        raise AlreadyAskedError
    if not 0 < amount <= left_to_credit(locked)[line.pk]:
        raise CreditTooLargeError
    return RefundRequest.objects.create(
        line=line,
        amount=amount,
        currency=locked.currency,
        reason=reason,
        requested_by=by,
        requested_at=at,
    )


def approve_refund(request: RefundRequest, *, why: str, by: User, at: datetime) -> Refund:
    """A second person approves: decision and refund are committed, then the gateway is asked.

    Raises OwnRefundRequestError, RefundDecidedError, InvoiceNotPaidError, CreditTooLargeError.
    """
    with transaction.atomic():
        locked = _to_be_decided(request, by=by)
        opened = open_refund(
            paid_and_locked(locked.line.invoice),
            {locked.line_id: locked.amount},
            reason=locked.reason,
            by=locked.requested_by,
            at=at,
        )
        RefundDecision.objects.create(
            request=locked,
            verdict=RefundVerdict.APPROVED,
            why=why,
            credit_note=opened.credit_note,
            decided_by=by,
            decided_at=at,
        )
    return carry_out(opened, on=clock.date_of(at))


@transaction.atomic
def decline_refund(request: RefundRequest, *, why: str, by: User, at: datetime) -> RefundDecision:
    """A second person declines: nothing is paid back, and the request stays with their words.

    Raises OwnRefundRequestError, RefundDecidedError.
    """
    return RefundDecision.objects.create(
        request=_to_be_decided(request, by=by),
        verdict=RefundVerdict.DECLINED,
        why=why,
        decided_by=by,
        decided_at=at,
    )


def _to_be_decided(request: RefundRequest, *, by: User) -> RefundRequest:
    locked = RefundRequest.objects.select_for_update().get(pk=request.pk)
    if RefundDecision.objects.filter(request=locked).exists():
        raise RefundDecidedError
    if locked.requested_by_id == by.pk:
        raise OwnRefundRequestError
    return locked
