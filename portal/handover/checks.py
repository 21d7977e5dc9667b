"""What can only be seen beside other rows: doubles, references, contradictions.

Each is one statement over all rows of a file.
"""
# ruff: noqa: S608 - tables and columns are named by this package, values are parameters

from collections.abc import Collection, Iterable

from portal.handover.contradictions import CONTRADICTIONS
from portal.handover.sheet import Reference, Sheet
from portal.handover.staging import drop_bad
from portal.handover.upsert import run


def check(sheet: Sheet, *, skip_bad: bool, broken: Collection[str] = ()) -> None:
    """Note every bad row of a staged file, and take it out.

    Without `skip_bad` a reference to a bad row is no fault of its own: the files wait together.
    The same goes for references to the `broken` files, which could not be read to their end.
    """
    _double_keys(sheet)
    for reference in sheet.references:
        if reference.sheet not in broken:
            check_reference(sheet, reference, skip_bad=skip_bad)
    for found in CONTRADICTIONS.get(sheet.name, ()):
        _note(sheet, column=found.column, reason="%(reason)s", where=found.where, told=found.reason)


def check_reference(sheet: Sheet, reference: Reference, *, skip_bad: bool) -> None:
    ours = [f"s.{column}" for column in reference.columns]
    theirs = [f"t.{column}" for column in reference.to]
    in_file = f"EXISTS (SELECT FROM handover_{reference.sheet} t WHERE {_equal(ours, theirs)})"
    names = [f"c{place}" for place in range(len(ours))]
    in_portal = (
        f"EXISTS (SELECT FROM ({reference.portal}) AS p({', '.join(names)})"
        f" WHERE {_equal(ours, [f'p.{name}' for name in names])})"
        if reference.portal
        else "false"
    )
    left_out = _is_left_out(reference, ours)
    where = f"{ours[0]} IS NOT NULL AND NOT {in_file} AND NOT {in_portal}"
    if not skip_bad:
        where += f" AND NOT {left_out}"
    places = f"{reference.sheet}.csv" + (" or in the portal" if reference.portal else "")
    _note(
        sheet,
        column=", ".join(reference.columns),
        reason=f"CASE WHEN {left_out}"
        f" THEN 'refers to a row of {reference.sheet}.csv that is left out'"
        f" ELSE 'there is no such {reference.noun} in {places}' END",
        where=where,
        value=f"concat_ws(' / ', {', '.join(ours)})",
    )


def _is_left_out(reference: Reference, ours: list[str]) -> str:
    """Whether a bad row of the other file is meant. IN, as it is hashed however many there are."""
    kept = [f"b.cells->>'{column}'" for column in reference.to]
    return (
        f"({', '.join(ours)}) IN (SELECT {', '.join(kept)} FROM handover_bad b"
        f" WHERE b.sheet = '{reference.sheet}'"
        f" AND {' AND '.join(f'{column} IS NOT NULL' for column in kept)})"
    )


def _equal(ours: Iterable[str], theirs: Iterable[str]) -> str:
    return " AND ".join(f"{a} = {b}" for a, b in zip(ours, theirs, strict=True))


def _double_keys(sheet: Sheet) -> None:
    _note(
        sheet,
        column=", ".join(sheet.key),
        reason="'is on line ' || s.first_line || ' already'",
        where="s.line <> s.first_line",
        source="(SELECT *, first_value(line) OVER"
        f" (PARTITION BY {', '.join(sheet.key)} ORDER BY line) AS first_line FROM {sheet.table})",
        value=f"concat_ws(' / ', {', '.join(f's.{column}' for column in sheet.key)})",
    )


def _note(
    sheet: Sheet,
    *,
    column: str,
    reason: str,
    where: str,
    source: str = "",
    value: str = "",
    told: str = "",
) -> None:
    """Note the rows `s` that `where` picks; `reason` and `value` are SQL, `told` a parameter.

    They are taken out at once, so that one reason is given for each, and the next check compares
    with rows that stand.
    """
    shown = value or f"COALESCE(s.{column.split(',', maxsplit=1)[0]}::text, '')"
    found = run(
        f"""
        INSERT INTO handover_bad (sheet, line, column_name, reason, value, cells)
        SELECT %(sheet)s, s.line, %(column)s, {reason}, {shown}, to_jsonb(s)
          FROM {source or sheet.table} AS s
         WHERE {where}
        """,
        {"sheet": sheet.name, "column": column, "reason": told},
    )
    if found:
        drop_bad(sheet)
