"""What is counted day by day, and what is due: each app adds its own, told to those who may see."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.functional import Promise

DAYS_BACK = 30  # today included
DAYS_AHEAD = 7  # today included


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotal:
    """What a day came to; an amount of money has its currency."""

    on: date
    amount: int | Decimal
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTotal:
    """How much is due, and what it comes to where that is money."""

    count: int
    amount: Decimal | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Something that happens day by day. `by_day` is one query, from the first to the last day."""

    title: str | Promise
    permission: str
    url: Callable[[], str]
    by_day: Callable[[date, date], Iterable[DayTotal]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """Something that is due, from the first to the last day."""

    title: str | Promise
    permission: str
    url: Callable[[], str]
    due: Callable[[date, date], Iterable[DueTotal]]


tallies: list[Tally] = []
comings: list[Coming] = []
