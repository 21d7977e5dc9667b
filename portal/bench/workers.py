"""Processes that work at once, as several workers do in production."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier

from portal.bench.memory import peak_mib

SECONDS_TO_GET_READY = 120

# Called by a work when it is ready; returns when all of them are.
Start = Callable[[], None]
Work = Callable[[Start], object]


@dataclass(slots=True)
class Ran:
    """What a process did: between two readings of `time.monotonic()`, which is the same for all."""

    began: float = 0
    ended: float = 0
    peak_mib_before: float = 0
    peak_mib: float = 0


def at_once(works: Sequence[Work]) -> list[Ran]:
    """Do each work in a process of its own, all starting together, on this process's database."""
    from django.db import connection

    context = get_context("spawn")
    with ProcessPoolExecutor(
        len(works),
        mp_context=context,
        initializer=_set_up,
        initargs=(connection.settings_dict["NAME"], context.Barrier(len(works))),
    ) as pool:
        return list(pool.map(_measured, works))


def seconds(ran: Sequence[Ran]) -> float:
    """From the first beginning to the last end."""
    return max(one.ended for one in ran) - min(one.began for one in ran)


_all_ready: Barrier


def _set_up(database: str, all_ready: Barrier) -> None:
    """A new process reads the settings by itself; whose database and when to start it is told."""
    global _all_ready  # noqa: PLW0603 - there is no other way into a pool's processes
    import django

    django.setup()
    from django.db import connection

    connection.settings_dict["NAME"] = database
    _all_ready = all_ready


def _measured(work: Work) -> Ran:
    ran = Ran()

    def start() -> None:
        ran.peak_mib_before = peak_mib()
        _all_ready.wait(SECONDS_TO_GET_READY)
        ran.began = time.monotonic()

    work(start)
    ran.ended, ran.peak_mib = time.monotonic(), peak_mib()
    return ran
