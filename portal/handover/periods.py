"""What follows from a subscription's dates on the day of the handover: pure functions, no queries.

Everything up to the day of the handover is the old system's: with a list of paid periods as that
says, without one every period that began by then counts as paid on its charge day. A charge day
that has passed with nothing told of its period means: not charged yet, so due at once.
See docs/import.md, "Where a subscription stands".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from billing import rules
from billing.models.subscriptions import SubscriptionState
from billing.rules import MONTHS, Cycle, Kind
from billing.schedule import Schedule
from portal.lib.periods import Term, term_on

DAY = timedelta(days=1)


class InconsistentError(Exception):
    """The subscription, or the line of periods.csv, contradicts itself or the calendar."""

    def __init__(self, column: str, reason: str, *, line: int | None = None) -> None:
        super().__init__(reason)
        self.column, self.reason, self.line = column, reason, line


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A subscription as its file tells it."""

    purchased_on: date
    kind: Kind
    cycle: Cycle
    state: str
    ended_on: date | None

    def term(self, ordinal: int) -> Term:
        return self._schedule.term(ordinal)

    def term_on(self, day: date) -> Term:
        return term_on(day, anchor_on=self.purchased_on, months=MONTHS[self.cycle])

    def charge_on(self, ordinal: int) -> date:
        return self._schedule.charge_on(ordinal)

    @property
    def _schedule(self) -> Schedule:
        return Schedule(kind=self.kind, cycle=self.cycle, anchor_on=self.purchased_on)


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of periods.csv."""

    line: int
    starts_on: date
    ends_on: date
    paid_on: date


@dataclass(frozen=True, slots=True)
class PaidTerm:
    """A period that was paid on the old system."""

    term: Term
    paid_on: date


@dataclass(frozen=True, slots=True)
class Course:
    """Where the subscription stands, and the periods that come along."""

    state: SubscriptionState
    paid_through: date
    next_ordinal: int
    next_charge_on: date | None
    terms: tuple[PaidTerm, ...]


def derived(told: Told, *, as_of: date) -> Course:
    """Its course, from its dates alone. Raises InconsistentError."""
    last = running = told.term_on(_last_served(told, as_of=as_of))
    if told.ended_on and _is_served(told, as_of=as_of):
        last = told.term_on(told.ended_on - DAY)  # told to be served, so paid, until then
        if last.starts_on > as_of and told.charge_on(last.ordinal) > as_of:
            raise InconsistentError(
                "ended_on", f"is beyond what was charged: its period runs to {running.ends_on}"
            )
    terms = _back_to(date(as_of.year, 1, 1), last, told)
    if _is_served(told, as_of=as_of) and running not in terms:
        terms.append(running)  # began before this year, and runs on
    paid = tuple(PaidTerm(served, told.charge_on(served.ordinal)) for served in reversed(terms))
    return _course(told, last, paid, as_of=as_of)


def listed(told: Told, rows: Iterable[Listed], *, as_of: date) -> Course:
    """Its course, from the periods told of it. Raises InconsistentError."""
    new_year = date(as_of.year, 1, 1)
    paid = [_checked(told, row, as_of=as_of) for row in rows if row.starts_on >= new_year]
    paid.sort(key=lambda one: one.term.ordinal)
    running = told.term_on(_last_served(told, as_of=as_of))
    if not _is_served(told, as_of=as_of):
        return _course(told, running, tuple(paid), as_of=as_of)
    if running.starts_on < new_year:
        paid.insert(0, PaidTerm(running, told.charge_on(running.ordinal)))
    elif running.ordinal not in {one.term.ordinal for one in paid}:
        running = _unpaid_for_now(told, running, paid, as_of=as_of)
        if running.starts_on < new_year:
            paid.insert(0, PaidTerm(running, told.charge_on(running.ordinal)))
    last = _last_in_a_row(running, paid)
    return _course(told, last, tuple(paid), as_of=as_of)


def _is_served(told: Told, *, as_of: date) -> bool:
    return told.state != "lapsed" and (told.ended_on is None or told.ended_on > as_of)


def _last_served(told: Told, *, as_of: date) -> date:
    """The last day on or before the handover on which it was served."""
    if told.purchased_on > as_of:
        raise InconsistentError("purchased_on", f"is after the day of the import ({as_of})")
    if told.state == "lapsed" and told.ended_on and told.ended_on > as_of:
        raise InconsistentError(
            "ended_on", f"is after the day of the import ({as_of}): until then it is cancelled"
        )
    return min(as_of, told.ended_on - DAY) if told.ended_on else as_of


def _back_to(first: date, last: Term, told: Told) -> list[Term]:
    """The periods from `last` back to the first one that began in the year, latest first."""
    terms = []
    ordinal = last.ordinal
    while ordinal >= 0 and (served := told.term(ordinal)).starts_on >= first:
        terms.append(served)
        ordinal -= 1
    return terms


def _checked(told: Told, row: Listed, *, as_of: date) -> PaidTerm:
    if row.starts_on < told.purchased_on:
        raise InconsistentError(
            "starts_on", f"is before the purchase on {told.purchased_on}", line=row.line
        )
    due = told.term_on(row.starts_on)
    if due.starts_on != row.starts_on or due.ends_on != row.ends_on:
        raise InconsistentError(
            "starts_on" if due.starts_on != row.starts_on else "ends_on",
            f"counted from the purchase on {told.purchased_on} the period is"
            f" {due.starts_on} to {due.ends_on}",
            line=row.line,
        )
    if row.paid_on > as_of:
        raise InconsistentError(
            "paid_on", f"is after the day of the import ({as_of})", line=row.line
        )
    if told.ended_on and row.starts_on >= told.ended_on:
        raise InconsistentError(
            "starts_on", f"is after the subscription ended on {told.ended_on}", line=row.line
        )
    return PaidTerm(due, row.paid_on)


def _unpaid_for_now(told: Told, running: Term, paid: Sequence[PaidTerm], *, as_of: date) -> Term:
    """The period before the running one, if that may still be collected: it is due at once."""
    until = rules.collect_until(
        first_on=told.charge_on(running.ordinal), starts_on=running.starts_on
    )
    before = told.term(running.ordinal - 1) if running.ordinal else None
    was_paid = before and (
        before.starts_on.year < as_of.year or any(one.term == before for one in paid)
    )
    if before is None or not was_paid or as_of > until or told.state != "active":
        raise InconsistentError(
            "id",
            f"its running period, {running.starts_on} to {running.ends_on}, is not in periods.csv",
        )
    return before


def _last_in_a_row(running: Term, paid: Sequence[PaidTerm]) -> Term:
    """The running period, or the next one where that was paid ahead."""
    ahead = [one.term for one in paid if one.term.ordinal > running.ordinal]
    for place, one in enumerate(ahead, start=1):
        if one.ordinal != running.ordinal + place:
            raise InconsistentError(
                "id", f"periods.csv leaves a gap before the period from {one.starts_on}"
            )
    return ahead[-1] if ahead else running


def _course(told: Told, last: Term, paid: tuple[PaidTerm, ...], *, as_of: date) -> Course:
    ended = told.ended_on
    if not _is_served(told, as_of=as_of):
        return Course(
            SubscriptionState.EXPIRED, ended or last.ends_on, last.ordinal + 1, None, paid
        )
    if told.state == "active":
        charge_on = told.charge_on(last.ordinal + 1)
        return Course(SubscriptionState.ACTIVE, last.ends_on, last.ordinal + 1, charge_on, paid)
    if ended and ended != last.ends_on:
        raise InconsistentError(
            "ended_on", f"is not the end of what is paid for, which is {last.ends_on}"
        )
    return Course(SubscriptionState.ENDING, last.ends_on, last.ordinal + 1, None, paid)
