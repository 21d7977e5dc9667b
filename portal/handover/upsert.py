"""INSERT … SELECT … ON CONFLICT DO UPDATE from staged rows, with the model's own defaults.

Rows that would not change are not touched, so that a second import leaves neither history nor dead
rows behind.
"""
# ruff: noqa: S608 - tables and columns are named by this package, values are parameters

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Field, Model
from django.db.models.fields import NOT_PROVIDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What became of the rows of a file in one table."""

    what: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    kept: int = 0  # left alone, because the portal has moved them on


def upsert(
    model: type[Model],
    *,
    source: str,
    values: Mapping[str, str],
    conflict: str | None,
    update: Sequence[str] = (),
    parameters: Mapping[str, Any] | None = None,
    kept: int = 0,
    ids_into: str = "",
) -> Count:
    """Write what `source` selects (FROM … onwards); `values` is SQL by column.

    On a conflict the columns of `update` are brought up to date where they differ; with none of
    them the row that is there stands. `ids_into` names a table to put the ids of new rows in.
    """
    columns = {**_defaults(model, given=values), **values}
    table = model._meta.db_table  # noqa: SLF001 - Django's own public name for it
    noted = f", noted AS (INSERT INTO {ids_into} SELECT id FROM written WHERE is_new)"
    total = count(source, parameters)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH written AS (
                INSERT INTO {table} AS target ({", ".join(f'"{name}"' for name in columns)})
                SELECT {", ".join(columns.values())} {source}
                {_on_conflict(conflict, update)}
                RETURNING target.id, (xmax = 0) AS is_new
            ){noted if ids_into else ""}
            SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE NOT is_new) FROM written
            """,
            parameters or {},
        )
        new, changed = cursor.fetchone()
    return Count(
        what=str(model._meta.verbose_name_plural),  # noqa: SLF001
        new=new,
        changed=changed,
        unchanged=total - new - changed,
        kept=kept,
    )


def _on_conflict(conflict: str | None, update: Sequence[str]) -> str:
    if conflict is None:
        return ""
    if not update:
        return f"ON CONFLICT {conflict} DO NOTHING"
    setting = ", ".join(f"{column} = excluded.{column}" for column in update)
    ours = ", ".join(f"target.{column}" for column in update)
    theirs = ", ".join(f"excluded.{column}" for column in update)
    return (
        f"ON CONFLICT {conflict} DO UPDATE SET {setting} WHERE ({ours}) IS DISTINCT FROM ({theirs})"
    )


def _defaults(model: type[Model], *, given: Mapping[str, str]) -> dict[str, str]:
    """SQL for every column nobody gives: the default Django would write."""
    columns: dict[str, str] = {}
    for field in model._meta.concrete_fields:  # noqa: SLF001
        if field.column is None or field.column in given or field.primary_key:
            continue
        if (default := _default(field)) is not None:
            columns[field.column] = default
    return columns


def _default(field: "Field[Any, Any]") -> str | None:
    if field.db_default is not NOT_PROVIDED:
        return None
    value = field.get_default()
    if value is None:
        if field.null:
            return None
        raise ValueError(f"{field} has no default and is not given")
    prepared = field.get_db_prep_save(value, connection)
    with connection.cursor() as cursor:
        literal: str = cursor.mogrify("%s", [prepared])
    return literal.replace("%", "%%")


def run(statement: str, parameters: Mapping[str, Any] | None = None) -> int:
    """Execute one statement; returns how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or {})
        return int(cursor.rowcount)


def count(source: str, parameters: Mapping[str, Any] | None = None) -> int:
    """How many rows `source` (FROM … onwards) selects."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM (SELECT 1 {source}) AS counted", parameters or {})
        [found] = cursor.fetchone()
        return int(found)
