"""CSV as spreadsheets write it: encodings, byte order marks, separators, quotes, blank lines."""

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from portal.handover.sheet import Sheet

SEPARATORS = ",;\t"
EXCEL_HINT = re.compile(r"^\ufeff?sep=(.)\r?\n?$", re.IGNORECASE)
BLOCK = 1 << 20
LONGEST_HEADER = 64 * 1024
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class UnreadableError(Exception):
    """The file cannot be read (any further): line, column and reason, as for a bad row."""

    def __init__(self, line: int, reason: str, *, column: str = "", value: str = "") -> None:
        super().__init__(reason)
        self.line, self.column, self.reason, self.value = line, column, reason, value


@dataclass(frozen=True, slots=True)
class Row:
    """A row's cells by column name, without blanks around them, and the line it begins on."""

    line: int
    cells: dict[str, str]
    surplus: str = ""  # what stands beyond the last column


def encoding_of(path: Path) -> str:
    """By its byte order mark; else UTF-8 if all of it is, and Windows' western code page if not."""
    with path.open("rb") as file:
        start = file.read(4)
        for bom, name in BOMS:
            if start.startswith(bom):
                return name
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block := file.read(BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def separator_of(header: str) -> str:
    """The one that stands most often in the header, outside its quotes."""
    bare = re.sub(r'"[^"]*"', "", header)
    return max(SEPARATORS, key=bare.count)


@contextmanager
def opened(
    path: Path, sheet: Sheet, *, on_bytes: Callable[[int], object] = lambda _count: None
) -> Iterator[Iterator[Row]]:
    """The file's rows, read as they are asked for; `on_bytes` is told how many bytes were read.

    Raises UnreadableError, at once or on the way.
    """
    with path.open("rb") as raw:
        counted = io.BufferedReader(_Counted(raw, on_bytes), BLOCK)
        with io.TextIOWrapper(counted, encoding=encoding_of(path), newline="") as text:
            yield _rows(text, sheet)


class _Counted(io.RawIOBase):
    def __init__(self, raw: io.BufferedReader, on_bytes: Callable[[int], object]) -> None:
        self._raw, self._on_bytes = raw, on_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = self._raw.readinto(buffer)
        self._on_bytes(count)
        return count


def _rows(text: io.TextIOWrapper, sheet: Sheet) -> Iterator[Row]:
    lines = _Lines(text)
    names: list[str] = []
    while not names:
        header = lines.take_header()
        if hint := EXCEL_HINT.match(header):
            separator = hint.group(1)
            header = lines.take_header()
        else:
            separator = separator_of(header)
        names = _names(next(csv.reader([header], delimiter=separator), []), sheet, lines.count)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        line = lines.count + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableError(line, _why(error)) from error
        if any(cell and not cell.isspace() for cell in cells):
            yield _row(line, names, cells)


def _row(line: int, names: Sequence[str], cells: list[str]) -> Row:
    surplus = "".join(cells[len(names) :]).strip()
    return Row(
        line, {name: cell.strip() for name, cell in zip(names, cells, strict=False)}, surplus
    )


def _names(header: list[str], sheet: Sheet, line: int) -> list[str]:
    """The header's names as ours; whatever else the file holds is read past."""
    names = [re.sub(r"[\s_-]+", "_", name.strip().lower()) for name in header]
    for name in set(names) - {""}:
        if names.count(name) > 1:
            raise UnreadableError(line, "the column is there twice", column=name)
    missing = [c.name for c in sheet.columns if c.required and c.name not in names]
    if missing and any(names):
        found = ", ".join(name for name in names if name)
        raise UnreadableError(
            line, "the column is missing", column=missing[0], value=f"found: {found}"
        )
    return names if any(names) else []


def _why(error: csv.Error) -> str:
    if "unexpected end of data" in str(error):
        return "a quotation mark is opened here and never closed"
    return f"the rest of the file cannot be read: {error}"


class _Lines:
    """Physical lines, counted; what cannot be decoded is told with its line."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.count = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            line = next(self._text)
        except UnicodeError as error:
            raise UnreadableError(
                self.count + 1, f"is neither UTF-8, UTF-16 with its mark, nor Windows-1252: {error}"
            ) from error
        self.count += 1
        return line

    def take_header(self) -> str:
        line = next(self, None)
        if line is None:
            raise UnreadableError(1, "the file is empty: even without rows it needs its header")
        if "\x00" in line or len(line) > LONGEST_HEADER:
            raise UnreadableError(self.count, "this is not a CSV file")
        return line
