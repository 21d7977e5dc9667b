"""The start page's look back and ahead, as far as somebody may see the lists behind it."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.auth.models import AnonymousUser
from django.utils.functional import Promise

from portal.models import User
from portal.staff.start.charts import BarChart, bar_charts
from portal.staff.start.tallies import DAYS_AHEAD, DAYS_BACK, DueTotal, comings, tallies


@dataclass(frozen=True, slots=True)
class Happened:
    """A tally of the last days, drawn."""

    title: str | Promise
    url: str
    charts: list[BarChart]


@dataclass(frozen=True, slots=True)
class Due:
    """What falls due over the next days."""

    title: str | Promise
    url: str
    totals: list[DueTotal]


def happened(user: User | AnonymousUser, *, on: date) -> list[Happened]:
    """What happened up to and on a day; a query for each tally this person may see."""
    first = on - timedelta(days=DAYS_BACK - 1)
    return [
        Happened(one.title, one.url(), bar_charts(one.by_day(first, on), first=first, last=on))
        for one in tallies
        if user.has_perm(one.permission)
    ]


def coming(user: User | AnonymousUser, *, on: date) -> list[Due]:
    """What falls due on a day and after it."""
    last = on + timedelta(days=DAYS_AHEAD - 1)
    return [
        Due(one.title, one.url(), list(one.due(on, last)))
        for one in comings
        if user.has_perm(one.permission)
    ]
