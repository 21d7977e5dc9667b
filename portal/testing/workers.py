"""Worker processes on the test's own database, forked from a server in which Django is ready.

Needs `django_db(transaction=True)`: no other process sees what a test has not committed. A worker
starts without the test's settings and frozen clock: tell it what it needs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from django.db import connection, connections

from portal.testing import ready  # noqa: F401 - a worker imports this module first of all

# A fork takes milliseconds, and what it is forked from has one thread and no connections.
PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["portal.testing.workers", "billing.tests.doomed_worker"])

PATIENCE = 60.0
AT_WORK = 4_711  # an advisory lock, shared by the workers whose sessions have not ended

Call = tuple[Callable[..., Any], *tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a worker ended: with 0 and its result, 1 for an exception, or minus a signal's number."""

    code: int | None
    result: Any = None


def run_worker(work: Callable[..., Any], *arguments: Any) -> Ended:
    """Call a module's function in a process of its own, and wait for its end."""
    [ended] = run_workers([(work, *arguments)])
    return ended


def run_workers(calls: Sequence[Call]) -> list[Ended]:
    """Each call in a process of its own, all let go at once when the last of them is ready.

    On return they have ended, and what they left behind in the database has been rolled back.
    """
    workers = [_start(*call) for call in calls]
    for _process, line in workers:
        line.recv()
    for _process, line in workers:
        line.send("go")
    ended = [_end(process, line) for process, line in workers]
    _wait_for_their_sessions()
    return ended


def _start(*call: Any) -> tuple[BaseProcess, Connection]:
    ours, theirs = PROCESSES.Pipe()
    database = connection.settings_dict["NAME"]
    process = PROCESSES.Process(target=_live, args=(theirs, database, *call), daemon=True)
    process.start()
    theirs.close()  # the worker has the only one now: it closes with its death
    return process, ours


def _end(process: BaseProcess, line: Connection) -> Ended:
    with line:
        assert line.poll(PATIENCE), "a worker hangs"
        try:
            result = line.recv()
        except EOFError:
            result = None
    process.join(PATIENCE)
    return Ended(process.exitcode, result)


def _wait_for_their_sessions() -> None:
    """The database learns of a worker's death a moment later than we do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [AT_WORK])
        cursor.execute("SELECT pg_advisory_unlock(%s)", [AT_WORK])


# --- In the worker -------------------------------------------------------------------------------


def _live(line: Connection, database: str, work: Callable[..., Any], *arguments: Any) -> None:
    connections.settings["default"]["NAME"] = database
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock_shared(%s)", [AT_WORK])
    line.send("ready")
    line.recv()
    line.send(work(*arguments))
