"""Credit notes: what is taken off an invoice is a document of its own, never an edit."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from billing.actions.numbering import Series, take_numbers
from billing.errors import CreditTooLargeError
from billing.models import CreditNote, CreditNoteLine, Invoice
from billing.models.credits import CreditKind
from portal.lib import clock
from portal.models import User


def left_to_credit(invoice: Invoice) -> dict[int, Decimal]:
    """What of each line (by id) has not been taken back yet."""
    lines = invoice.lines.annotate(credited=Sum("credits__amount")).order_by("id")
    return {line.pk: line.amount - (line.credited or 0) for line in lines}


def issue_credit_note(
    invoice: Invoice,
    amounts: Mapping[int, Decimal],
    *,
    kind: CreditKind,
    reason: str,
    by: User | None,
    at: datetime,
) -> CreditNote:
    """Take these amounts (by line) off a locked invoice. Must run in a transaction.

    Raises CreditTooLargeError if a line has less left, or nothing would be credited.
    """
    left = left_to_credit(invoice)
    wanted = {line: amount for line, amount in amounts.items() if amount}
    if not wanted or any(not 0 < amount <= left.get(line, 0) for line, amount in wanted.items()):
        raise CreditTooLargeError
    [number] = take_numbers(1, series=Series.CREDIT_NOTE, year=clock.date_of(at).year)
    note = CreditNote.objects.create(
        number=number,
        invoice=invoice,
        kind=kind,
        reason=reason,
        amount=sum(wanted.values(), Decimal(0)),
        currency=invoice.currency,
        issued_at=at,
        issued_by=by,
    )
    CreditNoteLine.objects.bulk_create(
        CreditNoteLine(credit_note=note, invoice_line_id=line, amount=amount)
        for line, amount in wanted.items()
    )
    return note
