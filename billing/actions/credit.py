"""Credit notes: what is taken off an invoice is a document of its own, never an edit."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from billing.actions.numbering import Series, take_numbers
from billing.errors import CreditTooLargeError
from billing.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from billing.models.credits import CreditKind
from portal.lib import clock
from portal.lib.money import rounded
from portal.models import User


def left_to_credit(invoice: Invoice) -> dict[int, Decimal]:
    """What of each line (by id), its tax included, has not been taken back yet."""
    lines = invoice.lines.annotate(credited=Sum("credits__amount")).order_by("id")
    return {line.pk: line.gross_amount - (line.credited or 0) for line in lines}


def issue_credit_note(
    invoice: Invoice,
    amounts: Mapping[int, Decimal],
    *,
    kind: CreditKind,
    reason: str,
    by: User | None,
    at: datetime,
) -> CreditNote:
    """Take these amounts (by line, tax included) off a locked invoice; needs a transaction.

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
    lines = invoice.lines.select_related("invoice").in_bulk(wanted)
    CreditNoteLine.objects.bulk_create(
        CreditNoteLine(
            credit_note=note,
            invoice_line_id=line,
            amount=amount,
            tax_amount=tax_in(amount, lines[line], left=left[line]),
        )
        for line, amount in wanted.items()
    )
    return note


def tax_in(amount: Decimal, line: InvoiceLine, *, left: Decimal) -> Decimal:
    """The tax in what is taken off a line.

    Counted from the line's beginning, so that however many parts it is taken off in, their taxes
    add up to the line's.
    """
    if not line.tax_amount:
        return Decimal(0)
    before = line.gross_amount - left
    currency = line.invoice.currency

    def tax_of_first(part: Decimal) -> Decimal:
        return rounded(line.tax_amount * part / line.gross_amount, currency)

    return tax_of_first(before + amount) - tax_of_first(before)
