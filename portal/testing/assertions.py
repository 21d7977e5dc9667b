"""Trying to break the database's guards, past everything Python could check."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection, models, transaction

# What the triggers of `portal.lib.triggers` say.
NEVER_CHANGES = "Cannot update or delete rows"
FIXED = "Cannot update rows"
NEVER_DELETED = "Cannot delete rows"


@contextmanager
def refused(guard: str) -> Iterator[None]:
    """The database itself refuses what happens inside, naming this constraint or trigger."""
    with pytest.raises(DatabaseError, match=guard), transaction.atomic():  # noqa: PT012
        yield
        # What is checked only at the end of a transaction is checked now.
        run("SET CONSTRAINTS ALL IMMEDIATE")


def run(statement: str, *parameters: Any) -> int:
    """Run raw SQL; returns how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def table_of(row: models.Model) -> str:
    return row._meta.db_table  # noqa: SLF001 - Django's own documented API


def set_columns(row: models.Model, **columns: Any) -> int:
    """UPDATE these columns of the row."""
    changes = ", ".join(f'"{name}" = %s' for name in columns)
    return run(
        f'UPDATE {table_of(row)} SET {changes} WHERE "{_key(row)}" = %s', *columns.values(), row.pk
    )


def delete_row(row: models.Model) -> int:
    return run(f'DELETE FROM {table_of(row)} WHERE "{_key(row)}" = %s', row.pk)


def insert_like(row: models.Model, **columns: Any) -> int:
    """INSERT the row once more with these columns changed; references are made anew."""
    names = [f.column for f in row._meta.concrete_fields if not f.primary_key]  # noqa: SLF001
    if "ref" in names:
        columns.setdefault("ref", f"r{row.pk}copy")
    values = ", ".join("%s" if name in columns else f'"{name}"' for name in names)
    quoted = ", ".join(f'"{name}"' for name in names)
    return run(
        f"INSERT INTO {table_of(row)} ({quoted}) SELECT {values} FROM {table_of(row)} "
        f'WHERE "{_key(row)}" = %s',
        *(columns[name] for name in names if name in columns),
        row.pk,
    )


def _key(row: models.Model) -> str:
    return str(row._meta.pk.column)  # noqa: SLF001
