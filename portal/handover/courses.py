"""Where every staged subscription stands, worked out batch by batch into two more staged tables."""
# ruff: noqa: S608 - the statement is made of this module's own words

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from billing.names import BadNameError
from billing.rules import SOLD_FOR, Cycle, Kind, Subject
from billing.subjects import name_to_keep
from portal.handover.columns import PERIODS, SUBSCRIPTIONS
from portal.handover.periods import Course, InconsistentError, Listed, Told, derived, listed
from portal.handover.staging import Bad, copy_in, drop_bad, note_bad
from portal.handover.upsert import run

BATCH = 10_000

# A subscription `b` the portal has moved on: it has drawn up an invoice for it, somebody has
# cancelled it here or taken that back, or it was bought here. The import leaves it alone.
MOVED_ON = """(
    b.state = 'starting'
    OR EXISTS (SELECT FROM billing_invoiceline l WHERE l.subscription_id = b.id)
    OR EXISTS (SELECT FROM billing_cancellation k WHERE k.subscription_id = b.id
                AND (k.cancelled_by_id IS NOT NULL OR k.withdrawn_at IS NOT NULL))
)"""

BATCH_OF_SUBSCRIPTIONS = """
    SELECT s.line, s.id, s.purchased_on, k.kind, s.cycle, s.state, s.ended_on, s.label
      FROM handover_subscriptions s
      JOIN (SELECT product, min(kind) AS kind FROM handover_catalogue GROUP BY product
            UNION
            SELECT code, kind FROM billing_product
             WHERE code NOT IN (SELECT product FROM handover_catalogue)) k ON k.product = s.product
     WHERE s.line > %s ORDER BY s.line LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """One subscription to work out."""

    line: int
    ref: str
    told: Told
    label: str | None

    @property
    def name(self) -> str | None:
        """The domain or mailbox it is for, in the form that is kept of it, where it can be read."""
        if SOLD_FOR[self.told.kind] not in {Subject.DOMAIN, Subject.MAILBOX} or not self.label:
            return None
        try:
            return name_to_keep(self.told.kind, self.label)
        except BadNameError:
            return None


def work_out(*, as_of: date, has_list: bool, skip_bad: bool) -> None:
    """Fill `handover_course` and `handover_term`; note what contradicts itself as bad."""
    for batch in _batches():
        refs = [one.ref for one in batch]
        told = _listed(refs) if has_list else {}
        waiting = set() if skip_bad or not has_list else _with_bad_periods(refs)
        courses: list[tuple[Asked, Course]] = []
        bad: list[Bad] = []
        for one in batch:
            if one.ref not in waiting:
                rows = told.get(one.ref, []) if has_list else None
                course = _course(one, rows, as_of=as_of, skip_bad=skip_bad, bad=bad)
                courses += [(one, course)] if course else []
        _stage(courses)
        note_bad(bad)
    drop_bad(SUBSCRIPTIONS)
    drop_bad(PERIODS)
    run("ANALYZE handover_course")
    run("ANALYZE handover_term")
    _hold_still()
    _leave_alone_what_the_portal_moved_on()


def _hold_still() -> None:
    """Nobody charges or cancels what is about to be updated; renewals pass locked accounts over."""
    for table, refs in (
        ("partners_account", "SELECT account FROM handover_subscriptions"),
        ("billing_subscription", "SELECT id FROM handover_subscriptions"),
    ):
        run(
            f"SELECT count(*) FROM (SELECT FROM {table} WHERE platform_ref IN ({refs})"
            " ORDER BY id FOR NO KEY UPDATE) AS held"
        )


def _batches() -> Iterator[list[Asked]]:
    after = -1
    while True:
        with connection.cursor() as cursor:
            cursor.execute(BATCH_OF_SUBSCRIPTIONS, [after, BATCH])
            rows = cursor.fetchall()
        if not rows:
            return
        yield [_asked(row) for row in rows]
        after = rows[-1][0]


def _asked(row: tuple[Any, ...]) -> Asked:
    line, ref, purchased_on, kind, cycle, state, ended_on, label = row
    return Asked(
        line,
        ref,
        Told(
            purchased_on=purchased_on,
            kind=Kind(kind),
            cycle=Cycle(cycle),
            state=state,
            ended_on=ended_on,
        ),
        label,
    )


def _listed(refs: list[str]) -> dict[str, list[Listed]]:
    rows: dict[str, list[Listed]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT subscription, line, starts_on, ends_on, paid_on FROM handover_periods"
            " WHERE subscription = ANY(%s) ORDER BY line",
            [refs],
        )
        for ref, *rest in cursor.fetchall():
            rows[ref].append(Listed(*rest))
    return rows


def _with_bad_periods(refs: list[str]) -> set[str]:
    """Subscriptions whose list is incomplete because of bad lines: nothing more is said of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT cells->>'subscription' FROM handover_bad"
            " WHERE sheet = 'periods' AND cells->>'subscription' = ANY(%s)",
            [refs],
        )
        return {ref for (ref,) in cursor.fetchall()}


def _course(
    one: Asked, rows: list[Listed] | None, *, as_of: date, skip_bad: bool, bad: list[Bad]
) -> Course | None:
    """Its course; a bad line of its list is noted, and with `skip_bad` the rest stands."""
    while True:
        try:
            if rows is None:
                return derived(one.told, as_of=as_of)
            return listed(one.told, rows, as_of=as_of)
        except InconsistentError as error:
            if error.line is None or rows is None:
                bad.append(_bad_subscription(one, error))
                return None
            bad.append(_bad_period(one, rows, error))
            if not skip_bad:
                return None
            rows = [row for row in rows if row.line != error.line]


def _bad_subscription(one: Asked, error: InconsistentError) -> Bad:
    value = one.ref if error.column == "id" else str(getattr(one.told, error.column))
    return Bad("subscriptions", one.line, error.column, error.reason, value, {"id": one.ref})


def _bad_period(one: Asked, rows: list[Listed], error: InconsistentError) -> Bad:
    [row] = [row for row in rows if row.line == error.line]
    value = str(getattr(row, error.column))
    cells = {"subscription": one.ref}
    return Bad("periods", row.line, error.column, error.reason, value, cells)


def _stage(courses: Iterable[tuple[Asked, Course]]) -> None:
    courses = list(courses)
    copy_in(
        "handover_course",
        [
            "line",
            "subscription",
            "kind",
            "name",
            "state",
            "paid_through",
            "next_ordinal",
            "next_charge_on",
        ],
        (
            (
                one.line,
                one.ref,
                one.told.kind.value,
                one.name,
                course.state.value,
                course.paid_through,
                course.next_ordinal,
                course.next_charge_on,
            )
            for one, course in courses
        ),
    )
    copy_in(
        "handover_term",
        ["subscription", "ordinal", "starts_on", "ends_on", "paid_on"],
        (
            (one.ref, paid.term.ordinal, paid.term.starts_on, paid.term.ends_on, paid.paid_on)
            for one, course in courses
            for paid in course.terms
        ),
    )


def _leave_alone_what_the_portal_moved_on() -> None:
    """Mark the courses that must not replace the portal's own: the past is never rewound.

    Besides what the portal has moved on: an older export (it would take back what is paid), and a
    cancellation told again without its end (which would grow with every import).
    """
    run(
        f"""
        UPDATE handover_course c SET keeps_its_own = true
          FROM billing_subscription b, handover_subscriptions s
         WHERE b.platform_ref = c.subscription AND s.line = c.line
           AND ({MOVED_ON}
                OR (c.state <> 'expired' AND c.paid_through < b.paid_through)
                OR (c.state = 'ending' AND s.ended_on IS NULL
                    AND b.state IN ('ending', 'expired')))
        """
    )
