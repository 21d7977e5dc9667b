"""What a credit note says on paper: which lines of which invoice it takes back, and why."""

from collections.abc import Iterable, Iterator, Sequence

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from billing.documents import credit_sums
from billing.models import CreditNote, CreditNoteLine
from billing.pdf.sheet import (
    Cell,
    Column,
    Fact,
    Sheet,
    Table,
    amount_cells,
    amount_columns,
    day_in_words,
    draw,
    pdf_name,
    sums_in_words,
)
from portal.lib import clock
from portal.lib.zips import File

NOTES_AT_ONCE = 50


def drawn_notes(notes: QuerySet[CreditNote], *, language: str) -> Iterator[File]:
    """The PDF of each credit note under its name, a few of them read at a time.

    Lines and invoices are to come with them, as `credit_notes_of_year` fetches them.
    """
    for note in notes.iterator(chunk_size=NOTES_AT_ONCE):
        content = credit_note_pdf(note, note.lines.all(), language=language)
        yield pdf_name(note), clock.date_of(note.issued_at), content


def credit_note_pdf(
    note: CreditNote, lines: Iterable[CreditNoteLine], *, language: str = ""
) -> bytes:
    """The credit note in a language (the reader's, unless told), with these lines of it."""
    with override(language or get_language() or settings.LANGUAGE_CODE):
        return draw(_sheet(note, list(lines)))


def _sheet(note: CreditNote, lines: Sequence[CreditNoteLine]) -> Sheet:
    invoice, issued_on = note.invoice, clock.date_of(note.issued_at)
    return Sheet(
        title=_("Credit note %(number)s") % {"number": note.number},
        issued_on=issued_on,
        to=[invoice.bill_to_name, invoice.bill_to_email],
        facts=[
            Fact(words=_("Issued"), value=day_in_words(issued_on)),
            Fact(words=_("For invoice"), value=invoice.number),
            Fact(words=_("Invoiced"), value=day_in_words(clock.date_of(invoice.issued_at))),
        ],
        tables=[_lines(note, lines)],
        closing=_("Why: %(why)s") % {"why": note.in_words},
    )


def _lines(note: CreditNote, lines: Sequence[CreditNoteLine]) -> Table:
    sums = credit_sums(lines)
    has_tax = bool(sums.taxes)
    return Table(
        columns=[
            Column(head=_("Taken back"), is_number=False),
            Column(head=_("Period"), is_number=False),
            *amount_columns(has_tax=has_tax),
        ],
        rows=[[*_row(line, currency=note.currency, has_tax=has_tax)] for line in lines],
        sums=[*sums_in_words(sums, currency=note.currency)],
    )


def _row(credit: CreditNoteLine, *, currency: str, has_tax: bool) -> Iterator[Cell]:
    line = credit.invoice_line
    yield Cell(line.description)
    yield Cell(f"{day_in_words(line.starts_on)} –\n{day_in_words(line.last_on)}")
    yield from amount_cells(
        credit.net_amount,
        credit.tax_amount,
        line.tax_in_words if credit.tax_amount else "",
        currency=currency,
        has_tax=has_tax,
    )
