"""The only reader of time.

`now()` is an instant (aware, UTC); `today()` is a date in the business zone, the one in which
charge days, points and deadlines are decided. Rehearsal moves both to another date, the time of day
as it is on the business zone's clocks; production never does (`portal/rehearsal.py` is the only
caller of `shift_to`, and refuses).
"""

from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

_shift: ContextVar[timedelta] = ContextVar("clock_shift", default=timedelta())
_frozen: ContextVar[datetime | None] = ContextVar("clock_frozen", default=None)


def business_zone() -> ZoneInfo:
    return ZoneInfo(settings.BUSINESS_TIME_ZONE)


def now() -> datetime:
    """This instant, in UTC, as the product sees it."""
    return (_frozen.get() or datetime.now(UTC)) + _shift.get()


def today() -> date:
    """The product's date: that of `now()` in the business zone."""
    return now().astimezone(business_zone()).date()


def date_of(instant: datetime) -> date:
    """The business date on which an instant fell."""
    return instant.astimezone(business_zone()).date()


def start_of(day: date) -> datetime:
    """The first instant of a business day; right on nights when the clocks change."""
    return datetime.combine(day, time(), tzinfo=business_zone()).astimezone(UTC)


def shift_to(day: date | None) -> None:
    """Make `today()` that day from here on in this context; `None` returns to real time."""
    _shift.set(timedelta())
    if day is not None:
        # The same time of day there and here: whole days of 24 hours would miss the date near
        # midnight when only one of the two is in summer time.
        local = now().astimezone(business_zone())
        there = datetime.combine(day, local.time(), tzinfo=local.tzinfo)
        _shift.set(there.astimezone(UTC) - local.astimezone(UTC))


@contextmanager
def frozen(instant: datetime | date) -> "Iterator[None]":
    """Hold the clock still; a date means noon of that day in the business zone."""
    if not isinstance(instant, datetime):
        instant = datetime.combine(instant, time(12), tzinfo=business_zone())
    still, shift = _frozen.set(instant.astimezone(UTC)), _shift.set(timedelta())
    try:
        yield
    finally:
        _frozen.reset(still)
        _shift.reset(shift)
