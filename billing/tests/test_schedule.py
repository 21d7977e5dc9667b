"""Legs: another plan takes over, and the days are counted from the anchor as before."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as some

from billing.rules import MONTHS, Cycle, Kind
from billing.schedule import Leg, Schedule

SITE = Kind.SITE_PLAN
FIRST = Leg()


def schedule(anchor_on: date, cycle: Cycle = Cycle.MONTHLY, *, leg: Leg = FIRST) -> Schedule:
    return Schedule(kind=SITE, cycle=cycle, anchor_on=anchor_on, leg=leg)


def moved(before: Schedule, cycle: Cycle, ordinal: int) -> Schedule:
    return schedule(before.anchor_on, cycle, leg=before.leg_from(ordinal))


def test_a_leg_is_counted_from_the_anchor_like_everything_before_it() -> None:
    monthly = schedule(date(2026, 1, 31))

    yearly = moved(monthly, Cycle.YEARLY, 1)
    monthly_again = moved(yearly, Cycle.MONTHLY, 2)

    assert yearly.term(1).starts_on == date(2026, 2, 28)
    assert yearly.term(2).starts_on == date(2027, 2, 28)
    assert monthly_again.term(3).starts_on == date(2027, 3, 31)


def test_a_yearly_leg_of_the_29th_of_february_finds_its_day_again() -> None:
    monthly = schedule(date(2024, 1, 29))

    yearly = moved(monthly, Cycle.YEARLY, 1)

    assert [yearly.term(n).starts_on for n in (1, 2, 5)] == [
        date(2024, 2, 29),
        date(2025, 2, 28),
        date(2028, 2, 29),
    ]


def test_a_leg_begins_where_the_plan_before_it_ends_and_is_charged_when_that_would_have_been():
    yearly = schedule(date(2026, 6, 15), Cycle.YEARLY)

    monthly = moved(yearly, Cycle.MONTHLY, 1)

    assert monthly.term(1).starts_on == yearly.term(0).ends_on == date(2027, 6, 15)
    assert monthly.charge_on(1) == yearly.charge_on(1) == date(2027, 6, 1)
    assert monthly.charge_on(2) == date(2027, 7, 15)  # by the month again: on the day


def test_a_leg_that_restarts_is_charged_on_the_day_it_begins() -> None:
    revived = schedule(date(2026, 9, 3), leg=Leg(ordinal=4))

    assert revived.term(4).starts_on == revived.charge_on(4) == date(2026, 9, 3)
    assert revived.charge_on(5) == date(2026, 10, 3)


@given(
    anchor=some.dates(date(2000, 1, 1), date(2060, 12, 31)),
    cycles=some.lists(some.tuples(some.sampled_from(Cycle), some.integers(1, 5)), max_size=6),
)
def test_periods_tile_through_any_changes_of_cycle(
    anchor: date, cycles: list[tuple[Cycle, int]]
) -> None:
    running, ordinal, months = schedule(anchor), 0, 0
    ended_on = anchor

    for cycle, periods in cycles:
        running = moved(running, cycle, ordinal) if ordinal else schedule(anchor, cycle)
        for _ in range(periods):
            term = running.term(ordinal)
            assert term.starts_on == ended_on
            assert running.charge_on(ordinal) <= term.starts_on
            ended_on, ordinal, months = term.ends_on, ordinal + 1, months + MONTHS[cycle]

    assert running.months_to(ordinal) == months
