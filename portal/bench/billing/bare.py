"""The yardstick of charging: the same rows, written by nothing but SQL.

What a run has written is kept aside, the platform is made anew, and the rows are written once more:
in batches of so many accounts, each drawn up in one transaction and settled in another, as charging
has to. What is sent lies ready and statements are prepared: this is what the database needs.
"""
# ruff: noqa: S608 - tables and columns are the models', values are parameters

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import psycopg
from django.db import connection
from django.db.models import Model

from billing.models import (
    Invoice,
    InvoiceLine,
    InvoiceSeries,
    PaymentAttempt,
    Period,
    Subscription,
)
from partners.models import PointsDue, QualifyingEvent
from portal.bench.billing.agreements import HELD
from portal.bench.workers import Start
from portal.handover.upsert import run
from portal.mail.models import Message

ACCOUNTS_A_BATCH = 100

# One statement, and the columns that are sent with it, each as an array's text.
Statement = tuple[str, list[str]]


@dataclass(frozen=True, slots=True)
class Written:
    """Rows that a charge writes. `account` is SQL for whose a row is.

    `earlier` counts the rows every account has already; `at_first` is SQL for what columns hold
    until the charge is settled.
    """

    model: type[Model]
    account: str
    earlier: int = 1
    at_first: Mapping[str, str] = field(default_factory=dict)

    @property
    def table(self) -> str:
        return self.model._meta.db_table  # noqa: SLF001 - Django's own public name for it

    @property
    def kept(self) -> str:
        return f"bench_{self.table}"


HOLDER = "(SELECT account_id FROM billing_subscription held WHERE held.id = subscription_id)"
HOLDER_OF_SITE = "(SELECT account_id FROM partners_site site WHERE site.id = site_id)"
PAYER = "(SELECT account_id FROM billing_invoice i WHERE i.id = (arguments->>'invoice_id')::bigint)"

DRAWN_UP = (
    Written(Invoice, "account_id", at_first={"state": "'open'", "paid_at": "NULL"}),
    Written(InvoiceLine, HOLDER, earlier=len(HELD)),
    Written(Period, HOLDER, earlier=len(HELD), at_first={"opened_at": "NULL"}),
    Written(
        PaymentAttempt,
        "payment_method_id",  # an account's card has its number
        at_first={"outcome": "''", "provider_ref": "''", "settled_at": "NULL"},
    ),
)
MOVED_ON = Written(
    Subscription,
    "account_id",
    at_first=dict.fromkeys(("paid_through", "next_ordinal", "state", "next_charge_on"), ""),
)
FOLLOWING = (
    Written(QualifyingEvent, HOLDER_OF_SITE),
    Written(PointsDue, "account_id", earlier=0),
    Written(Message, PAYER),
)


def rows_stored() -> int:
    """All rows in the tables that a charge adds to."""
    return sum(written.model._default_manager.count() for written in (*DRAWN_UP, *FOLLOWING))  # noqa: SLF001


# --- Keeping -------------------------------------------------------------------------------------


def keep_what_is_new(*, accounts: int) -> int:
    """Keep what a run over so many accounts has written on top of their past; counts the rows."""
    new = sum(
        _keep(written, f"id > {accounts * written.earlier}") for written in (*DRAWN_UP, *FOLLOWING)
    )
    return new + _keep(MOVED_ON, "true")


def _keep(written: Written, which: str) -> int:
    run(f"DROP TABLE IF EXISTS {written.kept}")
    rows = run(
        f"CREATE TABLE {written.kept} AS SELECT *, {written.account} AS bench_account"
        f" FROM {written.table} WHERE {which}"
    )
    run(f"CREATE INDEX ON {written.kept} (bench_account)")
    return rows


# --- Writing once more ---------------------------------------------------------------------------


def write_again(start: Start, *, part: int, parts: int, accounts: int) -> None:
    """Write every `parts`-th batch of what was kept, on a connection of its own."""
    firsts = range(1 + part * ACCOUNTS_A_BATCH, accounts + 1, parts * ACCOUNTS_A_BATCH)
    batches = [(_drawing_up(first), _settling(first)) for first in firsts]
    bound_there = {"cursor_factory": psycopg.Cursor, "prepare_threshold": 0}
    with psycopg.connect(**connection.get_connection_params() | bound_there) as bare:
        start()
        for transactions in batches:
            for statements in transactions:
                with bare.transaction():
                    for statement, sent in statements:
                        bare.execute(statement, sent)


def _drawing_up(first: int) -> list[Statement]:
    numbers = f"UPDATE {InvoiceSeries._meta.db_table} SET last_number = last_number + 1"  # noqa: SLF001
    wait = f"UPDATE {MOVED_ON.table} SET next_charge_on = NULL WHERE id = ANY(%s::bigint[])"
    return [
        (numbers, []),
        *(_insert(written, first) for written in DRAWN_UP),
        (wait, _sent(MOVED_ON, ["id"], first)),
    ]


def _settling(first: int) -> list[Statement]:
    return [
        *(_update(written, first) for written in (*DRAWN_UP, MOVED_ON) if written.at_first),
        *(_insert(written, first) for written in FOLLOWING),
    ]


def _insert(written: Written, first: int) -> Statement:
    columns = _columns(written)
    values = ", ".join(written.at_first.get(name, f'"{name}"') for name in columns)
    insert = f"INSERT INTO {written.table} ({_listed(columns)}) SELECT {values}"
    return f"{insert} FROM {_arrays(written, columns)}", _sent(written, columns, first)


def _update(written: Written, first: int) -> Statement:
    columns = ["id", *written.at_first]
    changes = ", ".join(f'"{name}" = sent."{name}"' for name in written.at_first)
    sent = f"FROM {_arrays(written, columns)} WHERE target.id = sent.id"
    return f"UPDATE {written.table} target SET {changes} {sent}", _sent(written, columns, first)


def _columns(written: Written) -> dict[str, str]:
    """Each column with its type, without what limits its length."""
    return {
        column.column: (column.db_type(connection) or "").partition("(")[0]
        for column in written.model._meta.concrete_fields  # noqa: SLF001
        if column.column
    }


def _arrays(written: Written, columns: Iterable[str]) -> str:
    types = _columns(written)
    arrays = ", ".join(f"%s::{types[name]}[]" for name in columns)
    return f"unnest({arrays}) AS sent ({_listed(columns)})"


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _sent(written: Written, columns: Iterable[str], first: int) -> list[str]:
    """What was kept of the batch that begins with an account, column by column."""
    arrays = ", ".join(f'array_agg("{name}" ORDER BY id)::text' for name in columns)
    last = first + ACCOUNTS_A_BATCH - 1
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {arrays} FROM {written.kept} WHERE bench_account BETWEEN {first} AND {last}"
        )
        return list(cursor.fetchone())
