"""An invoice as PDF: drawn the same, byte for byte, whenever the same is to be told.

Typst sets `templates/billing/invoice.typ` with our own fonts: no system library, no system font, no
network. The file is tagged for screen readers (PDF/UA) and carries its title and language.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import typst
from django.conf import settings
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from billing.models import Invoice, InvoiceLine
from billing.models.invoices import InvoiceState
from portal.lib import clock, fonts
from portal.lib.fonts import drawable
from portal.lib.money import in_words
from portal.lib.zips import File

TEMPLATE = Path(settings.BASE_DIR) / "templates" / "billing" / "invoice.typ"
STANDARD: Final = "ua-1"
INVOICES_AT_ONCE = 50

# What Figtree has no letters for: Łódź, then Greek and Cyrillic, then other scripts.
OTHER_ALPHABETS = [
    "Figtree Extended",
    "Noto Sans",
    "Noto Sans Arabic",
    "Noto Sans Hebrew",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Droid Sans Fallback",
]


def pdf_name(invoice: Invoice) -> str:
    return f"{invoice.number}.pdf"


def drawn(invoices: QuerySet[Invoice], *, language: str) -> Iterator[File]:
    """The PDF of each invoice under its name, a few invoices read at a time.

    The lines are to come with the invoices, as `invoices_of_year` fetches them.
    """
    for invoice in invoices.iterator(chunk_size=INVOICES_AT_ONCE):
        content = invoice_pdf(invoice, invoice.lines.all(), language=language)
        yield pdf_name(invoice), clock.date_of(invoice.issued_at), content


def invoice_pdf(invoice: Invoice, lines: Iterable[InvoiceLine], *, language: str = "") -> bytes:
    """The invoice in a language (the reader's, unless told), with these lines of it."""
    with override(language or get_language() or settings.LANGUAGE_CODE):
        told = _told(invoice, lines)
    issued = clock.date_of(invoice.issued_at)
    return typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"invoice": json.dumps(told)},
        pdf_standards=STANDARD,
        timestamp=datetime(issued.year, issued.month, issued.day, tzinfo=UTC),
    )


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(fonts.FOLDER)],
    )


# --- What it says --------------------------------------------------------------------------------


def _told(invoice: Invoice, lines: Iterable[InvoiceLine]) -> dict[str, Any]:
    issued = clock.date_of(invoice.issued_at)
    language, _separator, region = (get_language() or settings.LANGUAGE_CODE).partition("-")
    return {
        "fonts": ["Figtree", *OTHER_ALPHABETS],
        "head-fonts": ["Bricolage Grotesque", "Figtree", *OTHER_ALPHABETS],
        "language": language,
        "region": region or None,
        "title": _("Invoice %(number)s") % {"number": invoice.number},
        "issuer": drawable(settings.ISSUER_NAME),
        "footer": drawable(f"{settings.ISSUER_NAME} · {settings.SUPPORT_EMAIL}"),
        "issued": [issued.year, issued.month, issued.day],
        "issued-on": _day(issued),
        "due-on": _day(invoice.due_on),
        "to": [drawable(words) for words in (invoice.bill_to_name, invoice.bill_to_email)],
        "state": _state(invoice),
        "rows": [_row(line, invoice.currency) for line in lines],
        "total": in_words(invoice.total_amount, invoice.currency),
        "words": _words(),
    }


def _words() -> dict[str, str]:
    return {
        "to": _("To"),
        "issued": _("Issued"),
        "due": _("Due"),
        "what": _("What for"),
        "period": _("Period"),
        "amount": _("Amount"),
        "total": _("Total"),
        "page": _("Page {page} of {pages}"),
    }


def _row(line: InvoiceLine, currency: str) -> dict[str, str]:
    return {
        "what": drawable(line.description),
        "why": line.why,
        "from": _day(line.starts_on),
        "last": _day(line.last_on),
        "amount": in_words(line.amount, currency),
    }


def _state(invoice: Invoice) -> dict[str, str]:
    """The state as a word, its tone, and a sentence with its day."""
    if invoice.state == InvoiceState.PAID and invoice.paid_at:
        paid_on = _day(clock.date_of(invoice.paid_at))
        said = _("Paid on %(day)s. Thank you.") if invoice.total_amount else _("Nothing to pay.")
        tone, sentence = "good", said % {"day": paid_on}
    elif invoice.state == InvoiceState.OPEN:
        tone, sentence = "wait", _("Not paid yet. It is charged to the card on file.")
    else:
        tone, sentence = "bad", _("Nothing is collected for it any more.")
    return {"tone": tone, "label": str(invoice.get_state_display()), "sentence": sentence}


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")
