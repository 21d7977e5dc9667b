"""A worker killed at any moment: nothing is charged twice, nothing is lost, and the day ends alike.

The worker is a process, and SIGKILL is how it dies. The suite kills it at every commit and every
call of the gateway, and once at each statement between; `CRASH_POINTS=all` leaves nothing out.
"""

import os
import signal
from dataclasses import dataclass
from datetime import timedelta

import pytest

from billing.tests import due_day
from billing.tests.books import Books, assert_books_agree, differences, read_books
from billing.tests.doomed_worker import COMMIT, GATEWAY, STATEMENT, TO_THE_END, work_until
from portal.testing import builders as make
from portal.testing.saved_tables import SavedTables, put_back, save
from portal.testing.workers import Ended, run_worker

pytestmark = pytest.mark.django_db(transaction=True)

NOON = make.noon(due_day.DAY)
AN_HOUR = timedelta(hours=1)
KILLED = -signal.SIGKILL
ALL_POINTS = os.environ.get("CRASH_POINTS") == "all"


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """The day as it goes when nobody dies: before it, its steps, and what the books say after."""

    before: SavedTables
    steps: list[str]
    books: Books


@pytest.fixture
def undisturbed() -> Undisturbed:
    due_day.cast()
    before = save()
    ended = work_an_hour(0, until=TO_THE_END)
    assert ended.code == 0
    return Undisturbed(before, ended.result, read_books())


def work_an_hour(hour: int, *, until: int) -> Ended:
    """A worker's hour, counted from noon, until a step or its end."""
    return run_worker(work_until, until, due_day.work, NOON + hour * AN_HOUR)


def take_over() -> None:
    """What production runs by itself, an hour and two hours later."""
    for hours in (1, 2):
        due_day.work(NOON + hours * AN_HOUR)


def points(steps: list[str], kind: str) -> list[int]:
    """The numbers of the steps to die at: all of that kind, but each statement once."""
    seen = set()
    chosen = []
    for number, name in enumerate(steps, 1):
        if kind_of(name) == kind and (kind != STATEMENT or ALL_POINTS or name not in seen):
            chosen.append(number)
        seen.add(name)
    return chosen


def kind_of(step: str) -> str:
    return next((kind for kind in (COMMIT, GATEWAY) if kind in step), STATEMENT)


def test_on_a_day_nobody_dies_all_is_done_within_the_hour(undisturbed) -> None:
    assert_books_agree()
    asked = {name for name in undisturbed.steps if GATEWAY in name}
    assert len(asked) == 6  # before and after a charge, a question, and a refund

    take_over()

    assert differences(undisturbed.books, read_books()) == {}


@pytest.mark.parametrize("kind", [COMMIT, GATEWAY, STATEMENT])
def test_killed_at_any_step_the_next_worker_ends_the_day_as_if_nothing_had_been(
    undisturbed, kind, subtests
) -> None:
    for number in points(undisturbed.steps, kind):
        with subtests.test(undisturbed.steps[number - 1], step=number):
            put_back(undisturbed.before)
            killed = work_an_hour(0, until=number)

            take_over()

            assert killed.code == KILLED
            assert_books_agree()
            assert differences(undisturbed.books, read_books()) == {}


def test_killed_hour_after_hour_the_day_still_ends_alike(undisturbed) -> None:
    put_back(undisturbed.before)

    deaths = 0
    while work_an_hour(deaths, until=20 + 12 * deaths).code == KILLED:
        deaths += 1
    due_day.work(NOON + (deaths + 1) * AN_HOUR)

    assert deaths > 2
    assert_books_agree()
    assert differences(undisturbed.books, read_books()) == {}
