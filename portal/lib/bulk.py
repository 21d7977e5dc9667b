"""Many rows in one statement, from plain values instead of model instances.

Each column travels as one array, which the database unpacks: a statement is as short for a thousand
rows as for one, and no instance is made only to be written. As with Django's own bulk methods there
is no `save()`. A row is a mapping by column (`account_id`); all rows of a call name the same ones.
"""
# ruff: noqa: S608 - tables and columns are the models', every value is a parameter

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Field, JSONField, Model

Row = Mapping[str, Any]
Columns = dict[str, list[Any]]


def insert_many(
    model: type[Model], rows: Sequence[Row], *, ignore_conflicts: bool = False
) -> list[int]:
    """Insert the rows and return their ids, in order; what they do not name is the field's default.

    With `ignore_conflicts`, rows that are there already are left alone and give no id.
    """
    if not rows:
        return []
    columns = _columns(rows)
    columns |= _defaults(model, given=columns, count=len(rows))
    on_conflict = "ON CONFLICT DO NOTHING" if ignore_conflicts else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_table(model)} ({_listed(columns)})"
            f" SELECT * FROM unnest({_arrays(model, columns)}) {on_conflict} RETURNING id",
            _sent(model, columns),
        )
        return [number for (number,) in cursor.fetchall()]


def update_many(model: type[Model], rows: Sequence[Row]) -> int:
    """Set the columns of each row, found by its `id`, to what it says; returns how many it found.

    Of a row that is named twice, one is taken.
    """
    if not rows:
        return 0
    columns = _columns(rows)
    changes = ", ".join(f'"{name}" = told."{name}"' for name in columns if name != "id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_table(model)} AS target SET {changes}"
            f" FROM unnest({_arrays(model, columns)}) AS told ({_listed(columns)})"
            " WHERE target.id = told.id",
            _sent(model, columns),
        )
        return int(cursor.rowcount)


def _columns(rows: Sequence[Row]) -> Columns:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _defaults(model: type[Model], *, given: Iterable[str], count: int) -> Columns:
    """A value for each row of every column that is not given, made up anew where it is made up."""
    left = [field for name, field in _fields(model).items() if name not in given]
    return {
        field.attname: [field.get_default() for _ in range(count)]
        if callable(field.default)
        else [field.get_default()] * count
        for field in left
        if not field.primary_key and (field.has_default() or not field.null)
    }


# --- Arrays --------------------------------------------------------------------------------------


def _arrays(model: type[Model], columns: Iterable[str]) -> str:
    """A placeholder for each column: an array of its type, without what limits its length."""
    fields = _fields(model)
    types = ((fields[name].db_type(connection) or "").partition("(")[0] for name in columns)
    return ", ".join(f"%s::{one}[]" for one in types)


def _sent(model: type[Model], columns: Columns) -> list[str]:
    fields = _fields(model)
    return [_array(fields[name], values) for name, values in columns.items()]


def _array(field: "Field[Any, Any]", values: Iterable[Any]) -> str:
    """As PostgreSQL reads it. The driver would take four times as long to write the same."""
    write = json.dumps if isinstance(field, JSONField) else str
    return "{" + ",".join("NULL" if one is None else _quoted(write(one)) for one in values) + "}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _fields(model: type[Model]) -> dict[str, "Field[Any, Any]"]:
    return {field.attname: field for field in model._meta.concrete_fields}  # noqa: SLF001


def _table(model: type[Model]) -> str:
    return f'"{model._meta.db_table}"'  # noqa: SLF001 - Django's own public name for it
