"""The movable date: a year of programme life in a minute, never in production."""

from datetime import date

from django.conf import settings

from portal.lib import clock
from portal.models import RehearsalClock


class NotInProductionError(Exception):
    """The clock of a production portal cannot be moved."""


def apply_clock() -> None:
    """Set this context's clock to the rehearsed date, if there is one."""
    if settings.REHEARSAL:
        clock.shift_to(RehearsalClock.objects.values_list("today", flat=True).first())


def move_clock(to: date) -> None:
    """Make it that date for every process, from its next request or task on.

    Raises NotInProductionError on production settings.
    """
    if not settings.REHEARSAL:
        raise NotInProductionError
    RehearsalClock.objects.update_or_create(id=1, defaults={"today": to})
    clock.shift_to(to)
