"""Every row of the database, kept and put back: a state that is needed often is made once.

Needs `django_db(transaction=True)`. Sequences go on counting, as in any database that lost rows.
"""

from dataclasses import dataclass

import pgtrigger
from django.db import connection, transaction
from psycopg import sql

from portal.testing.snapshot import Snapshot, changed, snapshot


@dataclass(frozen=True, slots=True)
class SavedTables:
    """Each table's rows as `COPY` writes them, and their fingerprints."""

    rows: dict[str, bytes]
    fingerprints: Snapshot


def save() -> SavedTables:
    fingerprints = snapshot()
    return SavedTables({table: _copied(table) for table in fingerprints}, fingerprints)


def put_back(saved: SavedTables) -> None:
    """Make every table what it was. What guards rows against people is told to look away."""
    different = changed(saved.fingerprints)
    # References are checked when the transaction ends, so that the order of tables means nothing.
    with transaction.atomic(), pgtrigger.ignore(), connection.cursor() as cursor:
        for table in different:
            cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            with cursor.copy(_statement("COPY {} FROM STDIN", table)) as copy:
                copy.write(saved.rows[table])


def _copied(table: str) -> bytes:
    with connection.cursor() as cursor, cursor.copy(_statement("COPY {} TO STDOUT", table)) as copy:
        return b"".join(bytes(block) for block in copy)


def _statement(statement: str, table: str) -> sql.Composed:
    return sql.SQL(statement).format(sql.Identifier(table))
