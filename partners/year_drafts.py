"""What a programme year as typed would change, were it saved: ranks, and points on their way.

Points on their way are judged by the query that credits them, once with the year as it is stored
and once as it is typed; ranks are told by one statement for all accounts.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Self

from django.core import signing
from django.db import connection

from partners.attribution import DRAFTED_VALUES, DRAFTED_YEARS, judged
from partners.models import PointValue, ProgrammeYear, Rank
from portal.lib.pages import PAGE_SIZE

SALT = "partners.year_drafts"


@dataclass(frozen=True, slots=True)
class Step:
    """A rank of a ladder."""

    name: str
    threshold: int


@dataclass(frozen=True, slots=True)
class Worth:
    """What a site earns."""

    relation: str
    product_code: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class YearDraft:
    """A programme year as somebody has typed it, and how a link carries it."""

    year: int
    waiting_days: int
    closes_on: str  # ISO
    ladder: tuple[Step, ...]  # the first rank first
    values: tuple[Worth, ...]

    @classmethod
    def of(cls, year: ProgrammeYear, ranks: Sequence[Rank], values: Sequence[PointValue]) -> Self:
        return cls(
            year=year.year,
            waiting_days=year.waiting_days,
            closes_on=year.closes_on.isoformat(),
            ladder=tuple(
                Step(rank.name, rank.threshold_points)
                for rank in sorted(ranks, key=lambda rank: rank.level)
            ),
            values=tuple(Worth(one.relation, one.product_code, one.points) for one in values),
        )

    @property
    def signed(self) -> str:
        return signing.dumps(asdict(self), salt=SALT, compress=True)

    @classmethod
    def read(cls, told: str) -> Self:
        """The draft a link carries. Raises BadSignature for anything else."""
        found = signing.loads(told, salt=SALT)
        ladder = tuple(Step(**step) for step in found.pop("ladder"))
        values = tuple(Worth(**worth) for worth in found.pop("values"))
        return cls(ladder=ladder, values=values, **found)


class When(StrEnum):
    """Which points ranks are told by."""

    NOW = "now"  # those in the ledger
    LANDED = "landed"  # with all that is on its way


@dataclass(frozen=True, slots=True)
class Moves:
    """How many partners would have another rank in the year."""

    up: int
    down: int

    @property
    def total(self) -> int:
        return self.up + self.down


@dataclass(frozen=True, slots=True)
class Move:
    """A partner who would have another rank in the year."""

    account_id: int
    account_ref: str
    account: str
    points: int
    rank_before: str
    rank_after: str
    is_up: bool


@dataclass(frozen=True, slots=True)
class DueMoves:
    """What would become of the points on their way."""

    credits: int
    moved: int  # would land on another day
    too_late: int  # would no longer land before the year closes
    points_before: int
    points_after: int


# The events still to be decided in the year, and for whom.
_DUE = {
    "events_where": "extract(year FROM occurs_on) = %(year)s"
    " AND id IN (SELECT event_id FROM partners_pointsdue)",
    "candidates_where": "(c.id, c.earner_id) IN"
    " (SELECT event_id, account_id FROM partners_pointsdue)",
}
_STORED = judged(**_DUE)
_DRAFTED = judged(**_DUE, years=DRAFTED_YEARS, values=DRAFTED_VALUES)
# Of several events of a site the first to land is credited.
_COMING = """
    SELECT DISTINCT ON (account_id, site_id) account_id, points, 1 AS credits
      FROM ({judged}) AS judged WHERE verdict IN ('waiting', 'due')
     ORDER BY account_id, site_id, lands_on, occurs_on, event_id
"""
_MOVES = f"""
    WITH counted AS (
        SELECT account_id, points AS before, points AS after
          FROM partners_standing WHERE programme_year_id = %(year)s
        UNION ALL
        SELECT account_id, points, 0 FROM ({_COMING.format(judged=_STORED)}) stored
         WHERE %(with_coming)s
        UNION ALL
        SELECT account_id, 0, points FROM ({_COMING.format(judged=_DRAFTED)}) drafted
         WHERE %(with_coming)s
    ), ranked AS (
        SELECT account_id, sum(after) AS points,
               GREATEST(1, width_bucket(sum(before)::integer, %(stored_ladder)s::integer[])) AS was,
               GREATEST(1, width_bucket(sum(after)::integer, %(drafted_ladder)s::integer[])) AS will
          FROM counted GROUP BY account_id
    ), moves AS (
        SELECT * FROM ranked WHERE was <> will
    )
"""


def count_moves(draft: YearDraft, *, when: When, on: date) -> Moves:
    """How many partners would move up and down."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_MOVES} SELECT count(*) FILTER (WHERE will > was),"
            " count(*) FILTER (WHERE will < was) FROM moves",
            _parameters(draft, when=when, on=on),
        )
        return Moves(*cursor.fetchone())


_LISTED = f"""{_MOVES}
    SELECT a.id, a.ref, a.name, m.points, m.was, m.will
      FROM moves m JOIN partners_account a ON a.id = m.account_id
     ORDER BY lower(a.name), a.id
"""


def page_of_moves(draft: YearDraft, *, when: When, on: date, page: int) -> list[Move]:
    """Who would move, by name, a page at a time; the first page is 1."""
    asked = _parameters(draft, when=when, on=on)
    asked |= {"limit": PAGE_SIZE, "offset": (page - 1) * PAGE_SIZE}
    with connection.cursor() as cursor:
        cursor.execute(f"{_LISTED} LIMIT %(limit)s OFFSET %(offset)s", asked)
        return list(_moves(draft, cursor.fetchall()))


def all_moves(draft: YearDraft, *, when: When, on: date) -> Iterator[Move]:
    """Everybody who would move, by name."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(_LISTED, _parameters(draft, when=when, on=on))
        while rows := cursor.fetchmany(1_000):
            yield from _moves(draft, rows)


def _moves(draft: YearDraft, rows: Sequence[Any]) -> Iterator[Move]:
    before = [rank.name for rank in _stored_ladder(draft.year)]
    after = [step.name for step in draft.ladder]
    for account_id, ref, name, points, was, will in rows:
        yield Move(
            account_id=account_id,
            account_ref=ref,
            account=name,
            points=points,
            rank_before=before[was - 1],
            rank_after=after[will - 1],
            is_up=will > was,
        )


def count_due_moves(draft: YearDraft, *, on: date) -> DueMoves:
    """What the year as typed would mean for the points on their way."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE_MOVES, _parameters(draft, when=When.LANDED, on=on))
        return DueMoves(*cursor.fetchone())


# Brought together by grouping rather than joining: the planner cannot know how few match how many.
_DUE_MOVES = f"""
    WITH judged AS (
        SELECT event_id, account_id, verdict, lands_on, points, 's' AS told_by FROM ({_STORED}) s
        UNION ALL
        SELECT event_id, account_id, verdict, lands_on, points, 'd' FROM ({_DRAFTED}) d
    ), due AS (
        SELECT max(lands_on) FILTER (WHERE told_by = 's') AS lands_on,
               max(lands_on) FILTER (WHERE told_by = 'd') AS drafted_on,
               max(points) FILTER (WHERE told_by = 's') AS points,
               max(points) FILTER (WHERE told_by = 'd') AS drafted_points,
               bool_or(told_by = 'd' AND verdict = 'too_late') AS is_too_late
          FROM judged
         GROUP BY event_id, account_id
        HAVING bool_or(told_by = 's' AND verdict IN ('waiting', 'due'))
    )
    SELECT count(*), count(*) FILTER (WHERE drafted_on <> lands_on),
           count(*) FILTER (WHERE is_too_late), COALESCE(sum(points), 0),
           COALESCE(sum(drafted_points) FILTER (WHERE NOT is_too_late), 0)
      FROM due
"""


def _parameters(draft: YearDraft, *, when: When, on: date) -> dict[str, Any]:
    told = asdict(draft)
    return {
        "today": on,
        "year": draft.year,
        "with_coming": when is When.LANDED,
        "stored_ladder": [rank.threshold_points for rank in _stored_ladder(draft.year)],
        "drafted_ladder": [step.threshold for step in draft.ladder],
        "drafted_year": json.dumps({k: told[k] for k in ("year", "waiting_days", "closes_on")}),
        "drafted_values": json.dumps(told["values"]),
    }


def _stored_ladder(year: int) -> list[Rank]:
    return list(Rank.objects.filter(programme_year=year).order_by("level"))
