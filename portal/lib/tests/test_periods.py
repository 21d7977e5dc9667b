"""Calendar arithmetic of service periods: tables of the awkward dates, and laws for all others."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.lib.periods import add_months, anniversary, term, term_on

DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))
CYCLES = st.sampled_from([1, 12, 24, 36])
ORDINALS = st.integers(0, 60)


def starts(anchor_on: date, months: int, count: int) -> list[str]:
    terms = [term(anchor_on=anchor_on, months=months, ordinal=n) for n in range(count)]
    return [found.starts_on.isoformat() for found in terms]


@pytest.mark.parametrize(
    ("anchor_on", "months", "expected"),
    [
        # Monthly from the 31st: clamped where the month is short, and back to the 31st after it.
        (
            date(2026, 1, 31),
            1,
            ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"],
        ),
        (date(2028, 1, 31), 1, ["2028-01-31", "2028-02-29", "2028-03-31"]),
        (date(2026, 1, 30), 1, ["2026-01-30", "2026-02-28", "2026-03-30"]),
        (date(2026, 8, 31), 1, ["2026-08-31", "2026-09-30", "2026-10-31"]),
        (date(2026, 11, 30), 1, ["2026-11-30", "2026-12-30", "2027-01-30", "2027-02-28"]),
        # Across the year's end.
        (date(2026, 12, 31), 1, ["2026-12-31", "2027-01-31", "2027-02-28"]),
        (date(2026, 12, 31), 12, ["2026-12-31", "2027-12-31"]),
        (date(2026, 1, 1), 12, ["2026-01-01", "2027-01-01"]),
        # From 29 February: clamped in common years, and the 29th again in leap years.
        (
            date(2024, 2, 29),
            12,
            ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"],
        ),
        (date(2024, 2, 29), 24, ["2024-02-29", "2026-02-28", "2028-02-29"]),
        (date(2024, 2, 29), 36, ["2024-02-29", "2027-02-28", "2030-02-28", "2033-02-28"]),
        (date(2024, 2, 29), 1, ["2024-02-29", "2024-03-29", "2024-04-29"]),
        (date(2096, 2, 29), 12, ["2096-02-29", "2097-02-28"]),
    ],
)
def test_periods_start_where_the_calendar_says(anchor_on, months, expected) -> None:
    assert starts(anchor_on, months, len(expected)) == expected


def test_1900_and_2100_are_no_leap_years() -> None:
    assert add_months(date(2096, 2, 29), 48) == date(2100, 2, 28)


def test_a_period_has_its_first_day_and_not_its_last() -> None:
    march = term(anchor_on=date(2026, 3, 1), months=1, ordinal=0)

    assert date(2026, 2, 28) not in march
    assert date(2026, 3, 1) in march
    assert date(2026, 3, 31) in march
    assert date(2026, 4, 1) not in march


def test_the_last_day_of_a_period_is_the_one_before_the_next_begins() -> None:
    january = term(anchor_on=date(2024, 1, 31), months=1, ordinal=0)

    assert january.last_on == date(2024, 2, 28)
    assert january.ends_on == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("day", "years", "expected"),
    [
        (date(2025, 6, 1), 1, date(2026, 6, 1)),
        (date(2024, 2, 29), 1, date(2025, 2, 28)),
        (date(2024, 2, 29), 4, date(2028, 2, 29)),
        (date(2025, 2, 28), 3, date(2028, 2, 28)),
    ],
)
def test_an_anniversary_is_the_same_date_years_later(day, years, expected) -> None:
    assert anniversary(day, years) == expected


def test_no_period_lies_before_the_agreement() -> None:
    with pytest.raises(ValueError, match="before the agreement"):
        term_on(date(2026, 5, 31), anchor_on=date(2026, 6, 1), months=1)


@pytest.mark.parametrize(
    ("day", "ordinal"),
    [
        (date(2026, 1, 31), 0),
        (date(2026, 2, 27), 0),
        (date(2026, 2, 28), 1),
        (date(2026, 3, 30), 1),
        (date(2026, 3, 31), 2),
    ],
)
def test_the_period_of_a_day_changes_on_the_clamped_date(day, ordinal) -> None:
    assert term_on(day, anchor_on=date(2026, 1, 31), months=1).ordinal == ordinal


@given(anchor_on=DAYS, months=CYCLES, ordinal=ORDINALS)
def test_periods_tile_the_calendar_without_gap_or_overlap(anchor_on, months, ordinal) -> None:
    one = term(anchor_on=anchor_on, months=months, ordinal=ordinal)
    next_one = term(anchor_on=anchor_on, months=months, ordinal=ordinal + 1)

    assert one.starts_on < one.ends_on
    assert one.ends_on == next_one.starts_on


@given(anchor_on=DAYS, months=CYCLES, ordinal=ORDINALS)
def test_a_period_does_not_depend_on_the_path_to_it(anchor_on, months, ordinal) -> None:
    direct = term(anchor_on=anchor_on, months=months, ordinal=ordinal)
    months_away = ordinal * months

    assert direct.starts_on == add_months(anchor_on, months_away)
    assert direct.starts_on.day == min(anchor_on.day, _last_day(direct.starts_on))
    assert _month_number(direct.starts_on) == _month_number(anchor_on) + months_away


@given(anchor_on=DAYS, months=CYCLES, ordinal=ORDINALS, offset=st.integers(0, 1200))
def test_the_period_of_a_day_is_the_one_the_day_lies_in(anchor_on, months, ordinal, offset) -> None:
    wanted = term(anchor_on=anchor_on, months=months, ordinal=ordinal)
    days = (wanted.ends_on - wanted.starts_on).days
    day = wanted.starts_on + timedelta(days=offset % days)

    assert term_on(day, anchor_on=anchor_on, months=months) == wanted


@given(day=DAYS, months=st.integers(0, 600))
def test_adding_months_lands_in_that_month(day, months) -> None:
    assert _month_number(add_months(day, months)) == _month_number(day) + months


def _month_number(day: date) -> int:
    return day.year * 12 + day.month


def _last_day(day: date) -> int:
    return (date(day.year + day.month // 12, day.month % 12 + 1, 1) - timedelta(days=1)).day
