"""The chart of a year's points: where its lines, ranks and months are drawn.

Coordinates only; the template draws. Across is the year in thousandths, up is points in thousandths
of the chart's height, measured from the top as SVG does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from partners.course import Course, Step
from partners.models import Rank

SIDE = 1000
ROOM_ABOVE = 1.12  # so that the highest line has room for its label


@dataclass(frozen=True, slots=True)
class RankMark:
    """How high, in percent from the top, a rank begins."""

    at: float
    rank: Rank


@dataclass(frozen=True, slots=True)
class MonthMark:
    """How far along, in percent, a month begins."""

    at: float
    begins_on: date
    is_minor: bool  # without a label where there is little room


@dataclass(frozen=True, slots=True)
class MonthRow:
    """A month of the chart as its table tells it."""

    begins_on: date
    landed: int
    coming: int
    total: int  # at the end of the month


class Chart:
    """The course of a year, ready to be drawn or to be read as a table."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.begins_on = date(course.year, 1, 1)
        self.days = (course.ends_on - self.begins_on).days
        self.ranks = [rank for rank in course.ladder if rank.threshold_points]
        self.top = self._highest() * ROOM_ABOVE

    @property
    def landed_path(self) -> str:
        """From zero to today, in steps."""
        return self._path(self.begins_on, 0, self._steps(is_coming=False), until=self.today)

    @property
    def coming_path(self) -> str:
        """From today to the year's end."""
        steps = self._steps(is_coming=True)
        return self._path(self.today, self.course.points, steps, until=self.course.ends_on)

    @property
    def today(self) -> date:
        return min(self.course.today, self.course.ends_on)

    @property
    def today_at(self) -> float:
        return self._across(self.today) / SIDE * 100

    @property
    def points_at(self) -> float:
        """How high today's points are."""
        return self._up(self.course.points) / SIDE * 100

    @property
    def rank_marks(self) -> list[RankMark]:
        """The thresholds that are in the picture."""
        return [
            RankMark(self._up(rank.threshold_points) / SIDE * 100, rank)
            for rank in self.ranks
            if rank.threshold_points < self.top
        ]

    @property
    def month_marks(self) -> list[MonthMark]:
        return [
            MonthMark(self._across(month) / SIDE * 100, month, month.month % 3 != 1)
            for month in self._months()
            if month.year == self.course.year
        ]

    @property
    def rows(self) -> list[MonthRow]:
        """Month by month, as far as something lands in it, for who reads rather than looks."""
        rows, total = [], 0
        for month in self._months():
            here = [step for step in self.course.steps if _same_month(step.on, month)]
            landed = sum(step.points for step in here if not step.is_coming)
            coming = sum(step.points for step in here if step.is_coming)
            total += landed + coming
            if landed or coming or month.year == self.course.year:
                rows.append(MonthRow(month, landed, coming, total))
        return rows

    def _months(self) -> list[date]:
        """The first day of each month in which points of the year can land."""
        last = self.course.ends_on
        count = (last.year - self.course.year) * 12 + last.month
        return [date(self.course.year + n // 12, n % 12 + 1, 1) for n in range(count)]

    def _highest(self) -> int:
        """The most there is or will be, and the next rank above it: what one is working towards."""
        most = max((step.total for step in self.course.steps), default=0)
        above = (rank.threshold_points for rank in self.ranks if rank.threshold_points > most)
        return next(above, most) or 1

    def _steps(self, *, is_coming: bool) -> Iterable[Step]:
        return (step for step in self.course.steps if step.is_coming is is_coming)

    def _path(self, start: date, points: int, steps: Iterable[Step], *, until: date) -> str:
        path = f"M{self._across(start)} {self._up(points)}"
        for step in steps:
            path += f"H{self._across(step.on)}V{self._up(step.total)}"
        return f"{path}H{self._across(until)}"

    def _across(self, day: date) -> int:
        inside = min(max(day, self.begins_on), self.course.ends_on)
        return round((inside - self.begins_on).days / self.days * SIDE)

    def _up(self, points: int) -> int:
        return round(SIDE - max(points, 0) / self.top * SIDE)


def _same_month(day: date, month: date) -> bool:
    return (day.year, day.month) == (month.year, month.month)
