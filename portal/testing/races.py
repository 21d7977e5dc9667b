"""Two things at once, on connections of their own. Needs `django_db(transaction=True)`.

Threads do not see a frozen clock: tell them their date.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Event, Thread
from typing import Any

from django.db import connection, transaction

PATIENCE = 10.0


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Start all calls together; gives what each returned, or the exception it raised."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            barrier.wait(PATIENCE)
            return call()
        except Exception as error:  # noqa: BLE001 - it is what the test looks at
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@contextmanager
def not_yet_committed(call: Callable[[], Any]) -> Iterator[None]:
    """Inside, the call has been made in a transaction that ends only when the block does."""
    made, finish = Event(), Event()

    def run() -> None:
        try:
            with transaction.atomic():
                call()
                made.set()
                finish.wait(PATIENCE)
        finally:
            made.set()
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        made.wait(PATIENCE)
        try:
            yield
        finally:
            finish.set()
            running.result(PATIENCE)


def begun(call: Callable[[], Any]) -> "Future[Any]":
    """Start the call elsewhere; on return it has ended, or waits for somebody's lock."""
    running: Future[Any] = Future()

    def run() -> None:
        try:
            result, error = call(), None
        except Exception as raised:  # noqa: BLE001 - it is what the test looks at
            result, error = None, raised
        connection.close()
        if error:
            running.set_exception(error)
        else:
            running.set_result(result)

    Thread(target=run, daemon=True).start()
    until = time.monotonic() + PATIENCE
    while not running.done() and not _somebody_waits() and time.monotonic() < until:
        time.sleep(0.01)
    return running


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        return bool(cursor.fetchone()[0])
