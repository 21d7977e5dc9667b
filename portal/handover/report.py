"""What an import has to say: every bad row as a line of a CSV file, and a table at the end."""
# ruff: noqa: S608 - the statement is made of this package's own words

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.db import connection

from portal.handover.columns import SHEETS
from portal.lib.csv import harmless

NAME = "import-report.csv"
HEADER = ("file", "line", "column", "reason", "value")
BATCH = 10_000


def start(path: Path) -> None:
    """Begin an empty report in place of an earlier one. Raises OSError."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerow(HEADER)


def write(path: Path) -> int:
    """Add every bad row, by file and line, to a report begun; returns how many there are."""
    count = 0
    order = {sheet.name: place for place, sheet in enumerate(SHEETS)}
    case = " ".join(f"WHEN '{name}' THEN {place}" for name, place in order.items())
    with path.open("a", encoding="utf-8", newline="") as file, connection.cursor() as cursor:
        out = csv.writer(file)
        cursor.execute(
            "DECLARE bad_rows NO SCROLL CURSOR FOR SELECT sheet, line, column_name, reason, value"
            f" FROM handover_bad ORDER BY CASE sheet {case} END, line, column_name"
        )
        while rows := _fetch(cursor):
            for sheet, line, column, reason, value in rows:
                out.writerow([f"{sheet}.csv", line, column, reason, harmless(value)])
            count += len(rows)
        cursor.execute("CLOSE bad_rows")
    return count


def _fetch(cursor: object) -> list[tuple[str, int, str, str, str]]:
    cursor.execute(f"FETCH {BATCH} FROM bad_rows")  # type: ignore[attr-defined]
    return list(cursor.fetchall())  # type: ignore[attr-defined]


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns in line: words to the left, numbers to the right."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(header))]
    return "\n".join(
        "  ".join(_cell(*one) for one in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def _cell(cell: str, width: int) -> str:
    return cell.rjust(width) if cell.isdigit() else cell.ljust(width)
