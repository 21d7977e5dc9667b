"""The forecast: what this year comes to, when each rank is reached, and what more would bring."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from partners.access import AccountRequest, account_page, render_in_account
from partners.attribution import Judged
from partners.course import Course, Reach
from partners.roles import Can
from partners.standings import StandingNow, standing_now
from partners.views.programme import joining
from portal.home.chart import Chart
from portal.home.forecast import ComingLine, coming_lines, course_now, upgrades
from portal.home.forms import WhatIf
from portal.home.points import coming_points
from portal.lib import clock
from portal.lib.csv import csv_response
from portal.lib.pages import page_of


@dataclass(frozen=True, slots=True)
class Imagined:
    """What more upgrades would make of the year."""

    sites: int
    points: int
    lands_on: date | None
    course: Course
    standing: StandingNow


@require_safe
@account_page(Can.SEE)
def forecast(request: AccountRequest) -> HttpResponse:
    """By the year's end, rank by rank, line by line; and with more upgrades, if asked."""
    account, today = request.account, clock.today()
    coming = coming_points(account, on=today)
    standing = standing_now(account, on=today, coming=coming)
    course = course_now(account, standing, coming, on=today)
    form = WhatIf(request.GET if "sites" in request.GET else None, today=today)
    context = joining(request)
    imagined = (
        _imagined(request, form, coming) if context["enrolment"] and form.is_valid() else None
    )
    return render_in_account(
        request,
        "home/forecast.html",
        {
            **context,
            "active_tab": "points",
            "active_page": "forecast",
            "standing": standing,
            "course": course,
            "reaches": _reaches(request, course),
            "chart": Chart(imagined.course if imagined else course),
            "form": form,
            "imagined": imagined,
            "lines": page_of(request, coming_lines(course, coming)),
        },
    )


def _reaches(request: AccountRequest, course: Course) -> list[tuple[Reach, int | None]]:
    """Each rank; where it is not reached, with how many upgrades today it would take."""
    today = clock.today()
    one_more = upgrades(request.account, sites=1, upgraded_on=today, on=today)
    worth = one_more[0].points if one_more else None
    return [
        (reach, reach.upgrades(worth) if worth and reach.missing else None)
        for reach in course.reaches
    ]


def _imagined(request: AccountRequest, form: WhatIf, coming: list[Judged]) -> Imagined:
    account, today = request.account, clock.today()
    sites, upgraded_on = form.cleaned_data["sites"], form.cleaned_data["on"]
    more = upgrades(account, sites=sites, upgraded_on=upgraded_on, on=today)
    together = sorted([*coming, *more], key=lambda one: one.lands_on)
    standing = standing_now(account, on=today, coming=together)
    return Imagined(
        sites=sites,
        points=sum(one.points for one in more),
        lands_on=more[0].lands_on if more else None,
        course=course_now(account, standing, together, on=today),
        standing=standing,
    )


@require_safe
@account_page(Can.SEE)
def forecast_csv(request: AccountRequest) -> HttpResponseBase:
    """What is coming, line by line."""
    account, today = request.account, clock.today()
    coming = coming_points(account, on=today)
    course = course_now(account, standing_now(account, on=today), coming, on=today)
    return csv_response(
        f"coming-points-{account.ref}.csv",
        ["lands_on", "event_on", "has_happened", "site", "relation", "points", "total", "rank"],
        _rows(coming_lines(course, coming)),
    )


def _rows(lines: list[ComingLine]) -> Iterator[tuple[Any, ...]]:
    for line in lines:
        one = line.judged
        yield (
            one.lands_on,
            one.occurs_on,
            "yes" if one.event_id else "no",
            line.address,
            one.relation.value,
            one.points,
            line.total,
            line.rank.name if line.rank else None,
        )
