"""Parsed rows in temporary tables, and bad ones beside them: memory stays flat, whatever comes.

A bad row's cells are kept as far as they could be read, so that what refers to it can be told apart
from what refers to nothing.
"""
# ruff: noqa: S608 - tables and columns are named by this package, values are parameters

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection

from portal.handover.columns import SHEETS
from portal.handover.reading import Row, UnreadableError, opened
from portal.handover.sheet import Sheet
from portal.handover.values import BadValueError
from portal.lib.refs import new_ref

CHUNK = 10_000
LONGEST_VALUE = 200

BAD_COLUMNS = ("sheet", "line", "column_name", "reason", "value", "cells")
BAD_TABLE = """
    CREATE TEMPORARY TABLE handover_bad (
        sheet text NOT NULL, line integer NOT NULL, column_name text NOT NULL,
        reason text NOT NULL, value text NOT NULL, cells jsonb NOT NULL
    ) ON COMMIT DROP
"""
# What follows from a subscription's dates: see courses.py.
COURSE_COLUMNS = {
    "line": "integer PRIMARY KEY",
    "subscription": "text NOT NULL",
    "kind": "text NOT NULL",
    "name": "text",
    "state": "text NOT NULL",
    "paid_through": "date NOT NULL",
    "next_ordinal": "integer NOT NULL",
    "next_charge_on": "date",
    "keeps_its_own": "boolean NOT NULL DEFAULT false",
}
TERM_COLUMNS = {
    "subscription": "text NOT NULL",
    "ordinal": "integer NOT NULL",
    "starts_on": "date NOT NULL",
    "ends_on": "date NOT NULL",
    "paid_on": "date NOT NULL",
}


@dataclass(frozen=True, slots=True)
class Bad:
    """Why a row cannot be taken over."""

    sheet: str
    line: int
    column: str
    reason: str
    value: str = ""
    cells: dict[str, Any] = field(default_factory=dict)

    def as_row(self) -> tuple[Any, ...]:
        told = self.value.replace("\x00", "�")[:LONGEST_VALUE]
        return self.sheet, self.line, self.column, self.reason, told, _as_json(self.cells)


def _as_json(cells: dict[str, Any]) -> str:
    return json.dumps(cells, default=str).replace("\\u0000", "")


def tables() -> list[str]:
    return [
        *(sheet.table for sheet in SHEETS),
        "handover_bad",
        "handover_course",
        "handover_term",
        "handover_event",
    ]


def open_tables() -> None:
    """Make the temporary tables; they end with the transaction."""
    with connection.cursor() as cursor:
        close_tables()
        cursor.execute(BAD_TABLE)
        # However many there come to be, each is looked up by its place.
        cursor.execute("CREATE INDEX ON handover_bad (sheet, line)")
        for sheet in SHEETS:
            columns = {column.name: column.value.sql for column in sheet.columns}
            _create(cursor, sheet.table, {"line": "integer PRIMARY KEY", "ref": "text", **columns})
        _create(cursor, "handover_course", COURSE_COLUMNS)
        _create(cursor, "handover_term", TERM_COLUMNS)
        _create(cursor, "handover_event", {"id": "bigint PRIMARY KEY"})


def close_tables() -> None:
    """Drop them now, for another import in the same transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {', '.join(f'pg_temp.{name}' for name in tables())}")


def _create(cursor: Any, table: str, columns: dict[str, str]) -> None:
    told = ", ".join(f"{name} {definition}" for name, definition in columns.items())
    cursor.execute(f"CREATE TEMPORARY TABLE {table} ({told}) ON COMMIT DROP")


def copy_in(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Add rows to a table by COPY."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def note_bad(bad: Iterable[Bad]) -> None:
    if rows := [row.as_row() for row in bad]:
        copy_in("handover_bad", BAD_COLUMNS, rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """How many rows were staged, and whether the file could be read to its end."""

    rows: int
    is_whole: bool


def load(path: Path, sheet: Sheet, *, on_bytes: Callable[[int], object]) -> Loaded:
    """Stage a file; what is bad about its rows is noted."""
    count = 0
    columns = [column.name for column in sheet.columns]
    ends: list[Bad] = []
    with opened(path, sheet, on_bytes=on_bytes) as found:
        rows = _until_unreadable(found, sheet, ends)
        while chunk := list(islice(rows, CHUNK)):
            good, bad = _sorted_out(chunk, sheet)
            copy_in(sheet.table, ["line", "ref", *columns], good)
            note_bad(bad)
            count += len(chunk)
    note_bad(ends)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {sheet.table}")
    return Loaded(rows=count, is_whole=not ends)


def _until_unreadable(rows: Iterator[Row], sheet: Sheet, ends: list[Bad]) -> Iterator[Row]:
    """The rows before the place where the file breaks off; the place goes to `ends`."""
    try:
        yield from rows
    except UnreadableError as error:
        ends.append(Bad(sheet.name, error.line, error.column, error.reason, error.value))


def _sorted_out(rows: list[Row], sheet: Sheet) -> tuple[list[Sequence[Any]], list[Bad]]:
    good: list[Sequence[Any]] = []
    bad: list[Bad] = []
    for row in rows:
        cells, complaints = read_row(row, sheet)
        if complaints:
            bad += [
                Bad(sheet.name, row.line, column, reason, row.cells.get(column, ""), cells)
                for column, reason in complaints
            ]
        else:
            ref = new_ref() if sheet.has_ref else None
            good.append([row.line, ref, *cells.values()])
    return good, bad


def read_row(row: Row, sheet: Sheet) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The row's values by column, in the sheet's order, and everything that is wrong with it."""
    values: dict[str, Any] = {}
    complaints: list[tuple[str, str]] = []
    for column in sheet.columns:
        cell = row.cells.get(column.name, "")
        if not cell:
            values[column.name] = None
            if column.required:
                complaints.append((column.name, "is empty"))
            continue
        try:
            values[column.name] = column.value.read(cell)
        except BadValueError as error:
            complaints.append((column.name, str(error)))
    if row.surplus:
        complaints.append(("", f"has more cells than the header: “{row.surplus[:60]}”"))
    if not complaints and (complaint := sheet.judge(values)):
        complaints.append(complaint)
    return values, complaints


def drop_bad(sheet: Sheet) -> None:
    """Take the rows noted as bad out of the staged ones."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {sheet.table} s USING handover_bad b"
            " WHERE b.sheet = %s AND b.line = s.line",
            [sheet.name],
        )
        if cursor.rowcount:
            cursor.execute(f"ANALYZE {sheet.table}")


def bad_lines() -> dict[str, int]:
    """How many lines of each file are bad."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sheet, count(DISTINCT line) FROM handover_bad GROUP BY sheet")
        return dict(cursor.fetchall())
