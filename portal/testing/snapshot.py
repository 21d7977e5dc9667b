"""What is in the database, in one fingerprint for each table: to see whether anything changed."""

from typing import Any

from django.db import connection
from psycopg import sql

# Who is signed in is nobody's data; Django writes it whenever it likes.
NOT_LOOKED_AT = frozenset({"django_session"})

Snapshot = dict[str, str]

FINGERPRINT = sql.SQL("md5(coalesce(string_agg(t::text, '\n' ORDER BY t::text), ''))")
COUNT = sql.SQL("count(*)")


def snapshot() -> Snapshot:
    """Every table with the fingerprint of all its rows."""
    return _of_every_table(FINGERPRINT)


def changed(before: Snapshot) -> list[str]:
    """The tables that are not as they were."""
    after = snapshot()
    return sorted(table for table in after if after[table] != before.get(table))


def row_counts() -> dict[str, int]:
    """Every table with the number of its rows."""
    return _of_every_table(COUNT)


def _of_every_table(asked: sql.SQL) -> dict[str, Any]:
    looked_at = set(connection.introspection.table_names()) - NOT_LOOKED_AT
    each = [
        sql.SQL("SELECT {name}, {asked} FROM {table} t").format(
            name=sql.Literal(table), asked=asked, table=sql.Identifier(table)
        )
        for table in sorted(looked_at)
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ALL ").join(each))
        return dict(cursor.fetchall())
