"""What pages read of the programme: standings, verdicts, the ledger. Constant queries each."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import QuerySet

from partners import rules
from partners.attribution import EXPECTED_EVENTS, STORED_EVENTS, Judged, Verdict, judged
from partners.models import Account, PointsEntry, Rank, Standing
from partners.rules import Relation

# --- Verdicts ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedEvent:
    """A renewal that is going to happen, if it is paid."""

    site_id: int
    account_id: int  # the site's owner
    occurs_on: date
    paid_on: date
    product_code: str


def judge_events(
    account: Account, *, on: date, events_where: str, parameters: dict[str, Any]
) -> list[Judged]:
    """What these events mean for the account, as attribution sees it on that day."""
    return _judge(account, STORED_EVENTS, events_where, on=on, parameters=parameters)


def judge_sites(account: Account, site_ids: Sequence[int], *, on: date) -> list[Judged]:
    """What the events of these sites since last January mean for the account, latest first."""
    return judge_events(
        account,
        on=on,
        events_where="site_id = ANY(%(sites)s) AND occurs_on >= make_date(%(since)s, 1, 1)",
        parameters={"sites": list(site_ids), "since": on.year - 1},
    )


def judge_waiting(account: Account, *, on: date) -> list[Judged]:
    """The events whose points are on their way to the account, soonest first."""
    waiting = judge_events(
        account,
        on=on,
        events_where="id IN (SELECT event_id FROM partners_pointsdue WHERE account_id = %(me)s)",
        parameters={"me": account.pk},
    )
    arriving = [one for one in waiting if one.verdict in {Verdict.WAITING, Verdict.DUE}]
    return sorted(arriving, key=lambda one: one.lands_on)


def judge_expected(
    account: Account, expected: Iterable[ExpectedEvent], *, on: date
) -> list[Judged]:
    """What events that have not happened yet would mean, were they to happen as expected."""
    rows = [
        {
            "site_id": event.site_id,
            "account_id": event.account_id,
            "occurs_on": event.occurs_on,
            "paid_on": event.paid_on,
            "product_code": event.product_code,
        }
        for event in expected
    ]
    if not rows:
        return []
    parameters = {"expected": json.dumps(rows, cls=DjangoJSONEncoder)}
    return _judge(account, EXPECTED_EVENTS, "true", on=on, parameters=parameters)


def _judge(
    account: Account, events: str, events_where: str, *, on: date, parameters: dict[str, Any]
) -> list[Judged]:
    query = judged(
        events=events, events_where=events_where, candidates_where="c.earner_id = %(account)s"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"{query} ORDER BY d.occurs_on DESC, d.id DESC",
            {"today": on, "account": account.pk, **parameters},
        )
        return [
            Judged(
                event_id=event,
                account_id=earner,
                relation=Relation(relation),
                site_id=site,
                occurs_on=occurs_on,
                programme_year=year,
                lands_on=lands_on,
                points=points,
                rule_id=rule,
                verdict=Verdict(verdict),
                credited_on=credited_on,
            )
            for (
                event,
                earner,
                relation,
                site,
                occurs_on,
                year,
                lands_on,
                points,
                rule,
                verdict,
                credited_on,
            ) in cursor.fetchall()
        ]


# --- Standing ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RankHeld:
    """The rank an account holds: how far up, from which year, and until when."""

    level: int
    levels: int
    name: str
    earned_in: int | None  # None for the rank everyone starts with
    held_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingNow:
    """Where an account stands this year. Feeds the rank card."""

    held: RankHeld
    year: int
    points: int
    next_name: str | None
    next_at: int | None
    forecast: int  # points by the year's end, from what is on its way
    on_track_name: str | None  # the rank the forecast reaches, if it is above this year's
    on_track_on: date | None  # the day its last point lands

    @property
    def level(self) -> int:
        return self.held.level

    @property
    def levels(self) -> int:
        return self.held.levels

    @property
    def rank_name(self) -> str:
        return self.held.name

    @property
    def earned_in(self) -> int | None:
        return self.held.earned_in

    @property
    def held_until(self) -> date | None:
        return self.held.held_until

    @property
    def to_go(self) -> int:
        return max(0, (self.next_at or 0) - self.points)


def rank_held(account: Account, *, on: date) -> RankHeld:
    """The rank held on a day: the better of last year's and of what this year has reached."""
    ranks = _ladders(on.year)
    points = _points(account, on.year)
    return _held(ranks, points, on=on)


def standing_now(account: Account, *, on: date, coming: Iterable[Judged] = ()) -> StandingNow:
    """Where the account stands, and where what is `coming` takes it by the end of the year."""
    ladders = _ladders(on.year)
    standings = _points(account, on.year)
    ladder = ladders[on.year]
    points = standings[on.year].points if on.year in standings else 0
    level = rules.level_for(points, [rank.threshold_points for rank in ladder])
    following = ladder[level] if level < len(ladder) else None
    arriving = sorted(
        (one for one in coming if one.programme_year == on.year), key=lambda one: one.lands_on
    )
    forecast = points + sum(one.points for one in arriving)
    reached = rules.level_for(forecast, [rank.threshold_points for rank in ladder])
    return StandingNow(
        held=_held(ladders, standings, on=on),
        year=on.year,
        points=points,
        next_name=following.name if following else None,
        next_at=following.threshold_points if following else None,
        forecast=forecast,
        on_track_name=ladder[reached - 1].name if reached > level else None,
        on_track_on=_reached_on(points, arriving, ladder[reached - 1].threshold_points)
        if reached > level
        else None,
    )


def _ladders(year: int) -> dict[int, list[Rank]]:
    ladders: dict[int, list[Rank]] = {year: [], year - 1: []}
    for rank in Rank.objects.filter(programme_year__in=ladders).order_by("level"):
        ladders[rank.programme_year_id].append(rank)
    return ladders


def _points(account: Account, year: int) -> dict[int, Standing]:
    standings = Standing.objects.filter(account=account, programme_year__in=(year - 1, year))
    return {standing.programme_year_id: standing for standing in standings}


def _held(ladders: dict[int, list[Rank]], standings: dict[int, Standing], *, on: date) -> RankHeld:
    best_level, best_year = 1, None
    for year in (on.year, on.year - 1):
        standing = standings.get(year)
        if standing is None:
            continue
        thresholds = [rank.threshold_points for rank in ladders[year]]
        level = standing.final_level or rules.level_for(standing.points, thresholds)
        if level > best_level:
            best_level, best_year = level, year
    ladder = ladders[best_year or on.year]
    return RankHeld(
        level=best_level,
        levels=len(ladder),
        name=ladder[best_level - 1].name,
        earned_in=best_year,
        held_until=rules.rank_holds_until(best_year) if best_year else None,
    )


def _reached_on(points: int, arriving: list[Judged], threshold: int) -> date | None:
    for one in arriving:
        points += one.points
        if points >= threshold:
            return one.lands_on
    return None


# --- Ledger --------------------------------------------------------------------------------------


def ledger(account: Account) -> QuerySet[PointsEntry]:
    """The account's lines, latest first, with what a page shows of each."""
    return (
        PointsEntry.objects.in_account(account)
        .select_related("site", "event", "rule", "reverses")
        .order_by("-credited_on", "-id")
    )
