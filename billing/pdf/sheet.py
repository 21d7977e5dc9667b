"""A document on paper: who issued it, to whom, tables and their sums, in the reader's language.

Typst sets `templates/billing/document.typ` with our own fonts: no system library, no system font,
no network. The file is tagged for screen readers (PDF/UA) and carries its title and language.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

import typst
from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing.documents import Sums
from billing.models import CreditNote, Invoice
from portal.lib import fonts
from portal.lib.fonts import drawable
from portal.lib.money import in_words

TEMPLATE = Path(settings.BASE_DIR) / "templates" / "billing" / "document.typ"
STANDARD: Final = "ua-1"

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What stands above a column; numbers are set to the right."""

    head: str
    is_number: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a table, line by line, and in small letters below it."""

    text: str
    below: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A line below a table, to be told from the others if it is the one that matters."""

    words: str
    amount: str
    is_strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under columns, and what they add up to."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    sums: Sequence[Sum]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something the head of a document says, as words and value: Issued, 1 March."""

    words: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How a document stands, as a word and its tone: good, wait or bad."""

    tone: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """All that one document says; `to` are the lines of whom it is for."""

    title: str
    issued_on: date
    to: Sequence[str]
    facts: Sequence[Fact]
    tables: Sequence[Table]
    closing: str
    state: State | None = None


def draw(sheet: Sheet) -> bytes:
    """The document as PDF, in the language that is active."""
    issued = sheet.issued_on
    return typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"document": json.dumps(_told(sheet))},
        pdf_standards=STANDARD,
        timestamp=datetime(issued.year, issued.month, issued.day, tzinfo=UTC),
    )


def pdf_name(document: Invoice | CreditNote) -> str:
    return f"{document.number}.pdf"


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(fonts.FOLDER)],
    )


def _told(sheet: Sheet) -> dict[str, Any]:
    language, _separator, region = (get_language() or settings.LANGUAGE_CODE).partition("-")
    issued = sheet.issued_on
    return {
        **_drawable(asdict(sheet)),
        "issued_on": [issued.year, issued.month, issued.day],
        "fonts": ["Figtree", *OTHER_ALPHABETS],
        "head_fonts": ["Bricolage Grotesque", "Figtree", *OTHER_ALPHABETS],
        "language": language,
        "region": region or None,
        "issuer": drawable(settings.ISSUER_NAME),
        "issuer_lines": [drawable(line) for line in _issuer_lines()],
        "footer": drawable(f"{settings.ISSUER_NAME} · {settings.SUPPORT_EMAIL}"),
        "to_words": _("To"),
        "page_words": _("Page {page} of {pages}"),
    }


def _issuer_lines() -> list[str]:
    """The issuer's address, line by line, and its tax number, as far as they are set."""
    lines = [line.strip() for line in settings.ISSUER_ADDRESS]
    if settings.ISSUER_TAX_NUMBER:
        lines.append(_("Tax number: %(number)s") % {"number": settings.ISSUER_TAX_NUMBER})
    return lines


def _drawable(told: Any) -> Any:
    """The same with every line of every text as the fonts can draw it."""
    if isinstance(told, str):
        return "\n".join(drawable(line) for line in told.split("\n"))
    if isinstance(told, dict):
        return {name: _drawable(value) for name, value in told.items()}
    return [_drawable(one) for one in told] if isinstance(told, list | tuple) else told


# --- What documents say alike --------------------------------------------------------------------


def day_in_words(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


def amount_columns(*, has_tax: bool) -> list[Column]:
    """Net, tax and total; one column where there is no tax."""
    heads = (_("Net"), _("Tax"), _("Total")) if has_tax else (_("Amount"),)
    return [Column(head=head) for head in heads]


def amount_cells(
    net: Decimal, tax: Decimal, tax_in_words: str, *, currency: str, has_tax: bool
) -> Iterable[Cell]:
    """What stands in those columns."""
    if has_tax:
        yield Cell(in_words(net, currency))
        yield Cell(in_words(tax, currency), tax_in_words)
    yield Cell(in_words(net + tax, currency))


def sums_in_words(sums: Sums, *, currency: str) -> Iterable[Sum]:
    """The total, below the net and each tax where there is one."""
    if sums.taxes:
        yield Sum(words=_("Net"), amount=in_words(sums.net, currency))
    for tax in sums.taxes:
        yield Sum(words=tax.in_words, amount=in_words(tax.amount, currency))
    yield Sum(words=_("Total"), amount=in_words(sums.gross, currency), is_strong=True)
