"""One clock, one business zone, and a date that rehearsal can move."""

from datetime import UTC, date, datetime, timedelta

import pytest

from portal.lib import clock

MIDSUMMER = date(2026, 6, 21)


@pytest.fixture(autouse=True)
def london(settings):
    settings.BUSINESS_TIME_ZONE = "Europe/London"


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-01-10T23:59:59Z", date(2026, 1, 10)),
        ("2026-01-11T00:00:00Z", date(2026, 1, 11)),
        ("2026-06-20T22:59:59Z", date(2026, 6, 20)),  # summer: midnight comes an hour earlier
        ("2026-06-20T23:00:00Z", date(2026, 6, 21)),
        ("2026-12-31T23:59:59Z", date(2026, 12, 31)),
        ("2027-01-01T00:00:00Z", date(2027, 1, 1)),
    ],
)
def test_the_day_changes_at_midnight_of_the_business_zone(at, day) -> None:
    with clock.frozen(instant(at)):
        assert clock.today() == day
        assert clock.date_of(clock.now()) == day


def test_the_business_zone_is_a_setting(settings) -> None:
    settings.BUSINESS_TIME_ZONE = "Asia/Tokyo"

    with clock.frozen(instant("2026-01-10T15:00:00Z")):
        assert clock.today() == date(2026, 1, 11)


@pytest.mark.parametrize(
    ("day", "start", "hours"),
    [
        (date(2026, 3, 28), "2026-03-28T00:00:00Z", 24),
        (date(2026, 3, 29), "2026-03-29T00:00:00Z", 23),  # clocks go forward in that night
        (date(2026, 3, 30), "2026-03-29T23:00:00Z", 24),
        (date(2026, 10, 25), "2026-10-24T23:00:00Z", 25),  # and back in this one
        (date(2026, 10, 26), "2026-10-26T00:00:00Z", 24),
    ],
)
def test_a_day_starts_at_its_own_midnight_and_is_as_long_as_it_is(day, start, hours) -> None:
    begins, ends = clock.start_of(day), clock.start_of(day + timedelta(days=1))

    assert begins == instant(start)
    assert ends - begins == timedelta(hours=hours)
    assert clock.date_of(begins) == day
    assert clock.date_of(ends - timedelta(microseconds=1)) == day


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25), date(2026, 1, 1)])
def test_a_frozen_date_is_noon_of_that_day(day) -> None:
    with clock.frozen(day):
        assert clock.today() == day
        assert clock.now().astimezone(clock.business_zone()).hour == 12
        assert clock.now().tzinfo is UTC


def test_a_frozen_clock_stands_still_and_then_runs_again() -> None:
    before = clock.now()

    with clock.frozen(MIDSUMMER):
        assert clock.now() == clock.now()

    assert before <= clock.now() < before + timedelta(minutes=1)


def test_freezing_inside_a_frozen_clock_returns_to_the_outer_one() -> None:
    with clock.frozen(MIDSUMMER):
        with clock.frozen(date(2030, 1, 1)):
            assert clock.today() == date(2030, 1, 1)

        assert clock.today() == MIDSUMMER


def test_rehearsal_moves_the_date_and_time_goes_on_from_there() -> None:
    with clock.frozen(instant("2026-06-20T09:30:00Z")):
        clock.shift_to(date(2026, 12, 24))

        assert clock.today() == date(2026, 12, 24)
        assert clock.now().astimezone(clock.business_zone()).strftime("%H:%M") == "10:30"


@pytest.mark.parametrize(
    "real",
    [
        "2026-01-10T23:30:00Z",  # a winter's evening, which is past midnight in summer time
        "2026-06-20T23:30:00Z",  # a summer's night, which is the evening before in winter time
        "2026-01-11T01:30:00Z",  # half past one, which 29 March does not have
        "2026-06-20T12:00:00Z",
    ],
)
@pytest.mark.parametrize(
    "moved_to",
    [date(2026, 1, 15), date(2026, 3, 29), date(2026, 7, 1), date(2026, 10, 25), date(2024, 2, 29)],
)
def test_rehearsal_moves_to_that_very_date_whatever_the_hour(real, moved_to) -> None:
    with clock.frozen(instant(real)):
        clock.shift_to(moved_to)

        assert clock.today() == moved_to


def test_moving_twice_counts_from_real_time_not_from_the_first_move() -> None:
    with clock.frozen(MIDSUMMER):
        clock.shift_to(date(2027, 1, 1))
        clock.shift_to(date(2026, 7, 1))

        assert clock.today() == date(2026, 7, 1)


def test_moving_to_nowhere_returns_to_real_time() -> None:
    with clock.frozen(MIDSUMMER):
        clock.shift_to(date(2027, 1, 1))
        clock.shift_to(None)

        assert clock.today() == MIDSUMMER


def test_freezing_forgets_a_rehearsed_date_for_as_long_as_it_lasts() -> None:
    with clock.frozen(MIDSUMMER):
        clock.shift_to(date(2027, 1, 1))

        with clock.frozen(date(2030, 5, 5)):
            assert clock.today() == date(2030, 5, 5)

        assert clock.today() == date(2027, 1, 1)
