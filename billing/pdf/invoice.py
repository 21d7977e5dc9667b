"""What an invoice says on paper: lines with their reasons and tax, and what was taken back."""

from collections.abc import Iterable, Iterator, Sequence

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from billing.documents import invoice_sums, left_after
from billing.models import CreditNote, Invoice, InvoiceLine
from billing.models.invoices import InvoiceState
from billing.pdf.sheet import (
    Cell,
    Column,
    Fact,
    Sheet,
    State,
    Sum,
    Table,
    amount_cells,
    amount_columns,
    day_in_words,
    draw,
    pdf_name,
    sums_in_words,
)
from portal.lib import clock
from portal.lib.money import in_words
from portal.lib.zips import File

INVOICES_AT_ONCE = 50
TONES = {InvoiceState.PAID: "good", InvoiceState.OPEN: "wait"}


def drawn_invoices(invoices: QuerySet[Invoice], *, language: str) -> Iterator[File]:
    """The PDF of each invoice under its name, a few invoices read at a time.

    Lines and credit notes are to come with the invoices, as `invoices_of_year` fetches them.
    """
    for invoice in invoices.iterator(chunk_size=INVOICES_AT_ONCE):
        content = invoice_pdf(
            invoice, invoice.lines.all(), invoice.credit_notes.all(), language=language
        )
        yield pdf_name(invoice), clock.date_of(invoice.issued_at), content


def invoice_pdf(
    invoice: Invoice,
    lines: Iterable[InvoiceLine],
    credit_notes: Iterable[CreditNote],
    *,
    language: str = "",
) -> bytes:
    """The invoice in a language (the reader's, unless told), with these lines and notes of it."""
    with override(language or get_language() or settings.LANGUAGE_CODE):
        return draw(_sheet(invoice, list(lines), list(credit_notes)))


def _sheet(invoice: Invoice, lines: Sequence[InvoiceLine], notes: Sequence[CreditNote]) -> Sheet:
    issued_on = clock.date_of(invoice.issued_at)
    return Sheet(
        title=_("Invoice %(number)s") % {"number": invoice.number},
        issued_on=issued_on,
        to=[invoice.bill_to_name, invoice.bill_to_email],
        facts=[
            Fact(words=_("Issued"), value=day_in_words(issued_on)),
            Fact(words=_("Due"), value=day_in_words(invoice.due_on)),
        ],
        state=State(
            tone=TONES.get(InvoiceState(invoice.state), "bad"),
            label=str(invoice.get_state_display()),
        ),
        tables=[_lines(invoice, lines), *([_taken_back(invoice, notes)] if notes else [])],
        closing=_closing(invoice),
    )


def _lines(invoice: Invoice, lines: Sequence[InvoiceLine]) -> Table:
    sums = invoice_sums(lines)
    has_tax = bool(sums.taxes)
    return Table(
        columns=[
            Column(head=_("What for"), is_number=False),
            Column(head=_("Period"), is_number=False),
            *amount_columns(has_tax=has_tax),
        ],
        rows=[[*_row(line, currency=invoice.currency, has_tax=has_tax)] for line in lines],
        sums=[*sums_in_words(sums, currency=invoice.currency)],
    )


def _row(line: InvoiceLine, *, currency: str, has_tax: bool) -> Iterator[Cell]:
    yield Cell(line.description, line.why)
    yield Cell(f"{day_in_words(line.starts_on)} –\n{day_in_words(line.last_on)}")
    yield from amount_cells(
        line.amount, line.tax_amount, line.tax_in_words, currency=currency, has_tax=has_tax
    )


def _taken_back(invoice: Invoice, notes: Sequence[CreditNote]) -> Table:
    is_open = invoice.state == InvoiceState.OPEN
    left = in_words(left_after(invoice, notes), invoice.currency)
    return Table(
        columns=[
            Column(head=_("Credit note"), is_number=False),
            Column(head=_("Issued"), is_number=False),
            Column(head=_("Taken back")),
        ],
        rows=[
            [
                Cell(note.number, note.in_words),
                Cell(day_in_words(clock.date_of(note.issued_at))),
                Cell(f"−{in_words(note.amount, note.currency)}"),
            ]
            for note in notes
        ],
        sums=[
            Sum(
                words=_("Left to pay") if is_open else _("Left after credit notes"),
                amount=left,
                is_strong=True,
            )
        ],
    )


def _closing(invoice: Invoice) -> str:
    """The state as a sentence, with its day."""
    if invoice.state == InvoiceState.PAID and invoice.paid_at:
        said = _("Paid on %(day)s. Thank you.") if invoice.total_amount else _("Nothing to pay.")
        return said % {"day": day_in_words(clock.date_of(invoice.paid_at))}
    if invoice.state == InvoiceState.OPEN:
        return _("Not paid yet. It is charged to the card on file.")
    return _("Nothing is collected for it any more.")
