"""How long importing a whole platform takes, and how much memory.

Seconds say little on their own: beside them stands how long PostgreSQL takes, on the same machine
in the same minute, to take as many bare rows by COPY.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from portal.bench.memory import peak_mib
from portal.handover.importing import Options, import_folder
from portal.handover.sample import make_sample
from portal.lib import clock

ACCOUNTS_WITH_100_000_SITES = 15_000
SEED = 1
YARDSTICK = "bench_yardstick"


class RefusedImportError(Exception):
    """The sample was not accepted: there is nothing to measure."""


def bench_import(accounts: int = ACCOUNTS_WITH_100_000_SITES) -> dict[str, Any]:
    """Import an invented platform into the current database, twice, and time it.

    Writes for good, so the database should be one to throw away.
    """
    on = clock.today()
    with tempfile.TemporaryDirectory() as path:
        folder = Path(path)
        written = make_sample(folder, accounts=accounts, seed=SEED, as_of=on)
        rows = sum(written.values())
        before = peak_mib()
        first = _seconds_to_import(folder)
        peak = peak_mib()
        second = _seconds_to_import(folder)
    bare = _seconds_to_copy(rows)
    return {
        "accounts": written["accounts"],
        "sites": written["sites"],
        "subscriptions": written["subscriptions"],
        "rows": rows,
        "seconds": round(first, 1),
        "rows_a_second": round(rows / first),
        "seconds_again": round(second, 1),
        "peak_mib_before": round(before),
        "peak_mib": round(peak),
        "seconds_bare_copy": round(bare, 1),
        "times_bare_copy": round(first / bare, 1),
    }


def _seconds_to_import(folder: Path) -> float:
    began = time.monotonic()
    outcome = import_folder(folder, Options(as_of=clock.today()))
    if outcome.complaints:
        raise RefusedImportError(outcome.report.read_text(encoding="utf-8-sig")[:1000])
    return time.monotonic() - began


def _seconds_to_copy(rows: int) -> float:
    """As many rows of four columns into a table of their own, committed."""
    day = clock.today()
    began = time.monotonic()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {YARDSTICK}")
        cursor.execute(
            f"CREATE TABLE {YARDSTICK} (id bigint PRIMARY KEY, ref text, on_day date, name text)"
        )
        with cursor.copy(f"COPY {YARDSTICK} FROM STDIN") as copy:
            for number in range(rows):
                copy.write_row((number, f"ref-{number}", day, "a name of usual length"))
    elapsed = time.monotonic() - began
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {YARDSTICK}")
    return elapsed
