"""Points: told of events, they become ledger entries when their day comes.

Every step is one statement a batch and can be repeated without harm: an event is known by its
source, what is due is known by event and account, a credit by account, site and year.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from partners.attribution import judged
from partners.models import EventVoid, QualifyingEvent
from partners.models.points import VoidReason
from partners.rules import EventKind
from portal.lib import clock
from portal.lib.bulk import insert_many

# A statement that reads through the large tables once; whoever takes a reason away waits for it.
BATCH = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTold:
    """What a lower-level fact (a paid period) means for the programme."""

    source: str  # names the fact, once and for all
    site_id: int
    kind: EventKind
    occurs_on: date  # the day the service period starts
    paid_on: date
    product_code: str


@transaction.atomic
def record_events(told: Sequence[EventTold], *, on: date) -> None:
    """Record events and schedule the decision on them; what was told before changes nothing."""
    at = clock.now()
    insert_many(
        QualifyingEvent,
        [
            {
                "source": event.source,
                "site_id": event.site_id,
                "kind": event.kind.value,
                "occurs_on": event.occurs_on,
                "paid_on": event.paid_on,
                "product_code": event.product_code,
                "recorded_at": at,
            }
            for event in told
        ],
        ignore_conflicts=True,
    )
    _lock("pg_advisory_xact_lock_shared", "partners.schedule")
    _note(
        events_where="source = ANY(%(sources)s)",
        parameters={"sources": [event.source for event in told]},
        on=on,
    )


def schedule(
    *,
    events_where: str = "true",
    candidates_where: str = "true",
    parameters: dict[str, Any],
    on: date,
) -> int:
    """Note what is to be decided, for events that something new may give points; counts the notes.

    Waits for events being told just now, and those that follow wait for it: neither would see the
    other before it is committed, and what only both together bring would be noted by nobody.
    """
    _lock("pg_advisory_xact_lock", "partners.schedule")
    return _note(
        events_where=events_where, candidates_where=candidates_where, parameters=parameters, on=on
    )


def _note(
    *,
    events_where: str,
    candidates_where: str = "true",
    parameters: dict[str, Any],
    on: date,
) -> int:
    query = judged(events_where=events_where, candidates_where=candidates_where)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO partners_pointsdue (event_id, account_id, relation, due_on)
            SELECT event_id, account_id, relation, lands_on FROM ({query}) AS judged
             WHERE verdict IN ('waiting', 'due')
            ON CONFLICT (event_id, account_id) DO NOTHING
            """,
            {"today": on, **parameters},
        )
        return int(cursor.rowcount)


@transaction.atomic
def move_due(year: int, *, on: date) -> int:
    """Let what is due of a year land as its waiting period says now; returns how much moved."""
    one_at_a_time()
    query = judged(
        events_where="extract(year FROM occurs_on) = %(year)s"
        " AND id IN (SELECT event_id FROM partners_pointsdue)"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE partners_pointsdue due SET due_on = judged.lands_on
              FROM ({query}) AS judged
             WHERE due.event_id = judged.event_id AND due.account_id = judged.account_id
               AND judged.verdict IN ('waiting', 'due') AND due.due_on <> judged.lands_on
            """,
            {"today": on, "year": year},
        )
        return int(cursor.rowcount)


DUE_JUDGED = judged(
    events_where="id IN (SELECT event_id FROM due)",
    candidates_where="(c.id, c.earner_id) IN (SELECT event_id, account_id FROM due)",
)
ATTRIBUTE_BATCH = f"""
    WITH due AS (
        SELECT id, event_id, account_id FROM partners_pointsdue
         WHERE due_on <= %(today)s
         ORDER BY due_on, account_id
         FETCH FIRST %(batch)s ROWS WITH TIES
    ), judged AS (
        {DUE_JUDGED}
    ), postponed AS (
        UPDATE partners_pointsdue SET due_on = judged.lands_on
          FROM due JOIN judged USING (event_id, account_id)
         WHERE partners_pointsdue.id = due.id AND judged.verdict = 'waiting'
    ), decided AS (
        DELETE FROM partners_pointsdue USING due
         WHERE partners_pointsdue.id = due.id
           AND NOT EXISTS (SELECT FROM judged
                            WHERE judged.event_id = due.event_id
                              AND judged.account_id = due.account_id
                              AND judged.verdict = 'waiting')
        RETURNING 1
    ), credited AS (
        INSERT INTO partners_pointsentry
               (account_id, programme_year_id, kind, points, credited_on, site_id, event_id,
                relation, rule_id, note, created_at)
        SELECT DISTINCT ON (account_id, site_id, programme_year)
               account_id, programme_year, 'credit', points, %(today)s, site_id, event_id,
               relation, rule_id, '', %(now)s
          FROM judged WHERE verdict = 'due'
         ORDER BY account_id, site_id, programme_year, lands_on, occurs_on, event_id
        RETURNING points
    )
    SELECT (SELECT count(*) FROM due), count(*), COALESCE(sum(points), 0) FROM credited
"""


def attribute(*, on: date, batch: int = BATCH) -> dict[str, int]:
    """Credit every event whose day has come; returns the number of credits and points.

    Runs one at a time (advisory lock) in batches of one statement, each of at least so many notes:
    what lands for an account on one day is never split, so that the size decides nothing. A batch
    killed half-way leaves nothing behind, and the next run takes it up again.
    """
    totals = {"credits": 0, "points": 0}
    taken = batch
    while taken >= batch:
        with transaction.atomic(), connection.cursor() as cursor:
            one_at_a_time()
            cursor.execute(ATTRIBUTE_BATCH, {"today": on, "batch": batch, "now": clock.now()})
            taken, credits_made, points = cursor.fetchone()
        totals["credits"] += credits_made
        totals["points"] += points
    return totals


def one_at_a_time() -> None:
    """Wait for whoever decides on points just now; holds until the transaction ends.

    Crediting judges by what it sees at its start, so whoever takes a reason for credits away must
    neither begin nor finish meanwhile.
    """
    _lock("pg_advisory_xact_lock", "partners.attribute")


def _lock(kind: str, name: str) -> None:
    """Of PostgreSQL's advisory locks, those that hold until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {kind}(hashtext(%s))", [name])


@transaction.atomic
def void_event(event: QualifyingEvent, *, reason: VoidReason, on: date) -> None:
    """The event's money went back: it earns nothing, and what it has earned is reversed.

    Another event of the same site and year may take its place. Voiding twice changes nothing.
    """
    one_at_a_time()
    _, is_new = EventVoid.objects.get_or_create(
        event=event, defaults={"reason": reason, "voided_on": on}
    )
    if not is_new:
        return
    event.due.all().delete()
    reverse_credits(where="credit.event_id = %(event)s", parameters={"event": event.pk}, on=on)
    schedule(
        events_where="site_id = %(site)s AND extract(year FROM occurs_on) = %(year)s",
        parameters={"site": event.site_id, "year": event.occurs_on.year},
        on=on,
    )


def reverse_credits(*, where: str, parameters: dict[str, Any], on: date) -> int:
    """Add a reversing entry for each credit in force that `where` picks; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO partners_pointsentry
                   (account_id, programme_year_id, kind, points, credited_on, site_id, event_id,
                    relation, rule_id, reverses_id, note, created_at)
            SELECT entry.account_id, entry.programme_year_id, 'reversal', -entry.points, %(on)s,
                   entry.site_id, entry.event_id, entry.relation, entry.rule_id, entry.id, '',
                   %(now)s
              FROM partners_creditinforce credit
              JOIN partners_pointsentry entry ON entry.id = credit.entry_id
             WHERE {where}
            """,
            {"on": on, "now": clock.now(), **parameters},
        )
        return int(cursor.rowcount)
