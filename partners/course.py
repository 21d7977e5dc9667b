"""The course of a year's points: what has landed, what is going to, and which ranks it reaches.

Pure: it adds up what the ledger and the forecast say, and decides nothing by itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter

from partners.attribution import Judged
from partners.models import Rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A day on which points change."""

    on: date
    points: int  # by how much
    total: int  # what they are from then on
    is_coming: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """A rank of the year, and when its points are there."""

    rank: Rank
    reached_on: date | None  # None if what is coming does not reach it
    is_coming: bool
    missing: int  # points, by the end of the year

    def upgrades(self, worth: int) -> int:
        """How many more sites it takes, each worth so many points."""
        return -(-self.missing // worth)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """An account's points through a programme year."""

    year: int
    today: date
    ends_on: date  # the last day on which points of the year can land
    steps: tuple[Step, ...]
    ladder: tuple[Rank, ...]

    @property
    def points(self) -> int:
        """What there is today."""
        return next((step.total for step in reversed(self.steps) if not step.is_coming), 0)

    @property
    def forecast(self) -> int:
        """What there will be, if what is coming comes and nothing else happens."""
        return self.steps[-1].total if self.steps else 0

    @property
    def reaches(self) -> list[Reach]:
        """Every rank but the one everyone starts with."""
        return [self._reach(rank) for rank in self.ladder if rank.threshold_points]

    def _reach(self, rank: Rank) -> Reach:
        missing = max(0, rank.threshold_points - self.forecast)
        step = None if missing else self._last_time_up_to(rank.threshold_points)
        return Reach(
            rank=rank,
            reached_on=step.on if step else None,
            is_coming=bool(step and step.is_coming),
            missing=missing,
        )

    def _last_time_up_to(self, threshold: int) -> Step | None:
        """The step since which the points have been, or will be, there for good."""
        step = None
        for one in self.steps:
            if one.total < threshold:
                step = None
            elif step is None:
                step = one
        return step


def course_of(
    *,
    year: int,
    today: date,
    ends_on: date,
    landed: Iterable[tuple[date, int]],
    coming: Iterable[Judged],
    ladder: Sequence[Rank],
) -> Course:
    """Add up what has landed (day and points) and what is coming in that year, in their order."""
    arriving = [
        (max(one.lands_on, today), one.points) for one in coming if one.programme_year == year
    ]
    moves = [(on, points, False) for on, points in landed]
    moves += [(on, points, True) for on, points in arriving]
    steps, total = [], 0
    for (is_coming, on), together in groupby(
        sorted(moves, key=itemgetter(2, 0)), key=itemgetter(2, 0)
    ):
        points = sum(move[1] for move in together)
        total += points
        steps.append(Step(on=on, points=points, total=total, is_coming=is_coming))
    return Course(year=year, today=today, ends_on=ends_on, steps=tuple(steps), ladder=tuple(ladder))
