"""A year of programme life in a minute: each day runs the jobs that production runs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from portal.lib import clock
from portal.rehearsal import NotInProductionError, move_clock
from portal.schedule import JOBS


@dataclass(frozen=True, slots=True)
class DayReport:
    """What the jobs of one day did, by job; jobs that found nothing to do are left out."""

    day: date
    counts: dict[str, dict[str, int]] = field(default_factory=dict)


def advance(*, to: date) -> Iterator[DayReport]:
    """Live every day up to and including `to`, in the order of the schedule.

    Raises NotInProductionError on production settings. A date in the past is no day to live.
    """
    day = clock.today()
    while day < to:
        day += timedelta(days=1)
        move_clock(day)
        yield live_day(day)


def live_day(day: date) -> DayReport:
    """Run every periodic job once, as beat would in the course of the day."""
    report = DayReport(day)
    for job in JOBS:
        counts = job.load().run()
        done = {name: count for name, count in (counts or {}).items() if count}
        if done:
            report.counts[job.task] = done
    return report


__all__ = ["DayReport", "NotInProductionError", "advance", "live_day"]
