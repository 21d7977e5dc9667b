"""Addresses out of an uploaded CSV file, as spreadsheets of all kinds write it."""

import codecs
import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from django.utils.translation import gettext as _

from claims.pasted import Line
from partners.addresses import AddressError, normalise

WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .ods; .xls
MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
DELIMITERS = (",", ";", "\t", "|")
# Of columns with as many addresses, the one that is called one of these comes first.
NAMES = ("url", "website", "web site", "domain", "site address", "address", "site")

Rows = list[tuple[int, list[str]]]


class SheetError(ValueError):
    """The file cannot be read; the message says why and what to do, to whoever sent it."""


def read_sheet(content: bytes) -> list[Line]:
    """The cells of the column that holds the addresses, each with its line and column.

    A line without an address is told as an empty one. Raises SheetError.
    """
    rows = _rows(_decoded(content))
    column = _column_of_addresses(rows)
    if _is_header(rows[0][1], column):
        rows = rows[1:]
    return [Line(_cell(cells, column), number, column + 1) for number, cells in rows]


def _decoded(content: bytes) -> str:
    if content.startswith(WORKBOOKS):
        raise SheetError(
            _("This is a workbook, not a CSV file. Save it as CSV first, then upload that.")
        )
    encoding = next((name for mark, name in MARKS.items() if content.startswith(mark)), "")
    encoding = encoding or _without_a_mark(content)
    return content.decode(encoding, errors="replace").replace("\x00", "")


def _without_a_mark(content: bytes) -> str:
    """UTF-16 shows by the zeros beside its letters; what is no UTF-8 is Western European."""
    beginning = content[:1000]
    if beginning[1::2].count(0) > len(beginning) // 4:
        return "utf-16-le"
    if beginning[0::2].count(0) > len(beginning) // 4:
        return "utf-16-be"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _rows(text: str) -> Rows:
    """The rows that hold anything, each with the number of the line it ends on."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise SheetError(
            _(
                "Line %(line)s of the file cannot be read; perhaps a quotation mark is missing."
                " Mend it, or paste the addresses instead."
            )
            % {"line": reader.line_num}
        ) from error


def _column_of_addresses(rows: Rows) -> int:
    """The column with the most addresses, counted from 0; of equals, the one named like it."""
    width = max((len(cells) for _number, cells in rows), default=0)
    counts = [
        sum(_is_address(_cell(cells, column)) for _number, cells in rows) for column in range(width)
    ]
    if not any(counts):
        raise SheetError(
            _(
                "There is no column of site addresses in this file. Upload a CSV file with one"
                " address a line, such as example.com."
            )
        )
    titles = [_cell(rows[0][1], column).casefold() for column in range(width)]
    return max(range(width), key=lambda column: (counts[column], _rank(titles[column]), -column))


def _rank(title: str) -> int:
    return len(NAMES) - NAMES.index(title) if title in NAMES else 0


def _is_header(cells: Sequence[str], column: int) -> bool:
    """The first row names its columns: no address in it, nor what was meant to be one."""
    return not _any_address(cells) and "." not in _cell(cells, column)


def _any_address(cells: Iterable[str]) -> bool:
    return any(_is_address(cell.strip()) for cell in cells)


def _cell(cells: Sequence[str], column: int) -> str:
    return cells[column].strip() if column < len(cells) else ""


def _is_address(text: str) -> bool:
    try:
        return bool(normalise(text))
    except AddressError:
        return False
