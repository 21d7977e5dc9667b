"""What pages read of the programme: verdicts and the ledger. Constant queries each."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import F, QuerySet, Sum

from partners.attribution import (
    EXPECTED_EVENTS,
    STORED_EVENTS,
    SUPPOSED_APPROVALS,
    Judged,
    Verdict,
    judged,
)
from partners.models import Account, LineQuestion, PointsEntry, Standing
from partners.models.questions import question_state
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SupposedApproval:
    """A client's word as it might be given."""

    account_id: int
    site_id: int
    from_year: int
    approved_on: date


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


WAITING_EVENTS = f"""
    SELECT id, site_id, account_id, occurs_on, paid_on, product_code FROM ({STORED_EVENTS}) stored
     WHERE id IN (SELECT event_id FROM partners_pointsdue WHERE account_id = %(account)s)
"""


def judge_waiting(account: Account, *, on: date) -> list[Judged]:
    """The events whose points are on their way, in the order in which they would be credited."""
    return _arriving(_judge(account, WAITING_EVENTS, "true", on=on, parameters={}))


def judge_coming(account: Account, expected: Iterable[ExpectedEvent], *, on: date) -> list[Judged]:
    """What is on its way, then what is expected, each in the order of its credit; one query."""
    events = f"{WAITING_EVENTS} UNION ALL {EXPECTED_EVENTS}"
    parameters = {"expected": _as_json(expected)}
    coming = _arriving(_judge(account, events, "true", on=on, parameters=parameters))
    return sorted(coming, key=lambda one: one.event_id is None)


def judge_expected(
    account: Account, expected: Iterable[ExpectedEvent], *, on: date
) -> list[Judged]:
    """What events that have not happened yet would mean, were they to happen as expected."""
    expected = list(expected)
    if not expected:
        return []
    parameters = {"expected": _as_json(expected)}
    return _judge(account, EXPECTED_EVENTS, "true", on=on, parameters=parameters)


SUPPOSED_EVENTS = f"""
    SELECT id, site_id, account_id, occurs_on, paid_on, product_code FROM ({STORED_EVENTS}) stored
     WHERE site_id IN (SELECT site_id FROM jsonb_to_recordset(%(supposed)s::jsonb)
                           AS x(site_id bigint))
     UNION ALL {EXPECTED_EVENTS}
"""
AS_SUPPOSED = """c.relation = 'contributor' AND (c.earner_id, c.site_id) IN
    (SELECT account_id, site_id FROM jsonb_to_recordset(%(supposed)s::jsonb)
         AS x(account_id bigint, site_id bigint))"""


def judge_supposed(
    supposed: Iterable[SupposedApproval], expected: Iterable[ExpectedEvent], *, on: date
) -> list[Judged]:
    """What events, past and expected, would mean for contributors who were approved; one query.

    In the order in which they would be credited: of an account, site and year the first one is.
    """
    query = judged(
        events=SUPPOSED_EVENTS, candidates_where=AS_SUPPOSED, approvals=SUPPOSED_APPROVALS
    )
    parameters = {"today": on, "supposed": _as_json(supposed), "expected": _as_json(expected)}
    return _read(f"{query} ORDER BY d.lands_on, d.occurs_on, d.id", parameters)


def _as_json(rows: Iterable[ExpectedEvent | SupposedApproval]) -> str:
    return json.dumps([asdict(row) for row in rows], cls=DjangoJSONEncoder)


def _arriving(events: Iterable[Judged]) -> list[Judged]:
    arriving = (one for one in events if one.verdict in {Verdict.WAITING, Verdict.DUE})
    return sorted(arriving, key=lambda one: (one.lands_on, one.occurs_on))


def _judge(
    account: Account, events: str, events_where: str, *, on: date, parameters: dict[str, Any]
) -> list[Judged]:
    query = judged(
        events=events, events_where=events_where, candidates_where="c.earner_id = %(account)s"
    )
    return _read(
        f"{query} ORDER BY d.occurs_on DESC, d.id DESC",
        {"today": on, "account": account.pk, **parameters},
    )


def _read(query: str, parameters: dict[str, Any]) -> list[Judged]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
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


# --- Ledger --------------------------------------------------------------------------------------


def ledger(account: Account) -> QuerySet[PointsEntry]:
    """The account's lines, latest first, with what a page tells of each."""
    return (
        PointsEntry.objects.in_account(account)
        .select_related("site", "event__void", "rule", "reverses", "reversal", "adjustment")
        .annotate(question_state=question_state())
        .order_by("-credited_on", "-id")
    )


def questions(account: Account) -> QuerySet[LineQuestion]:
    """What the account has asked about its lines: what is open first, then the latest."""
    return (
        LineQuestion.objects.in_account(account)
        .select_related("answer", "asked_by", "entry__site")
        .order_by(F("answer__answered_at").desc(nulls_first=True), "-id")
    )


def years_of(account: Account) -> QuerySet[Standing]:
    """The years in which the account has points, latest first."""
    return Standing.objects.filter(account=account).order_by("-programme_year")


def landed_by_day(account: Account, *, year: int) -> list[tuple[date, int]]:
    """By how much the year's points changed, on each day they did."""
    lines = PointsEntry.objects.in_account(account).filter(programme_year=year)
    by_day = lines.order_by("credited_on").values_list("credited_on").annotate(Sum("points"))
    return list(by_day)
