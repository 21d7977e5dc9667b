"""A rank that went up or down is told once; what did not last is not told at all."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from partners.actions.tell_ranks import tell_ranks
from partners.actions.years import close_year
from partners.models import Account, Choice, Membership, PointsEntry, Rank, RankChange, Standing
from partners.standings import rank_held
from partners.tests.telling import told, wants, words
from portal.lib import clock
from portal.mail.models import Message
from portal.testing import builders as make
from portal.testing.assertions import NEVER_CHANGES, refused
from portal.testing.builders import noon
from portal.testing.races import at_once

pytestmark = pytest.mark.django_db

KIND = "partners/rank_changed"
A_DAY = timedelta(days=1)
TODAY = date(2026, 6, 15)
NEW_YEAR = date(2028, 1, 1)  # a rank earned in 2026 has just ended
ALICE = "alice@studio.example"


@pytest.fixture
def studio() -> Account:
    return make.enrolled(on=date(2025, 1, 2))


def earn(account: Account, points: int, *, year: int = 2026, on: date | None = None) -> None:
    """Points in the ledger, however they came; on the first day of March unless told."""
    PointsEntry.objects.create(
        account=account,
        programme_year_id=year,
        kind="adjustment",
        points=points,
        credited_on=on or date(year, 3, 1),
        note="Test",
        entered_by=make.person(name="Dana"),
    )


def tell(on: date = TODAY) -> int:
    with clock.frozen(on):
        return tell_ranks(on=on)


def changes() -> list[tuple[int, int, int | None]]:
    """Before, after, and the year it was earned in, the first first."""
    rows = RankChange.objects.order_by("pk")
    return list(rows.values_list("level_before", "level", "earned_in"))


# --- Up ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("points", "expected"), [(999, 0), (1000, 1), (1001, 1)])
def test_a_rank_is_told_as_soon_as_its_points_are_there(studio, points, expected):
    earn(studio, points)

    assert tell() == expected


def test_it_says_the_level_since_when_until_when_and_what_comes_with_it(studio):
    Rank.objects.filter(programme_year=2026, level=2).update(benefits="A badge\nEarly news")
    Rank.objects.filter(programme_year=2026, level=3).update(benefits="A listing")
    earn(studio, 1000)
    tell()

    with clock.frozen(TODAY):
        text = words(KIND)

    assert "Creator is level 2 of 4, held since March 1, 2026." in text
    assert "You hold it until Dec. 31, 2027." in text
    assert "What comes with it: - A badge - Early news" in text
    assert "A listing" not in text
    assert f"/a/{studio.ref}/programme/badge/" in text


def test_it_is_held_since_the_day_its_last_point_landed_though_it_is_told_later(studio):
    earn(studio, 900, on=date(2026, 2, 1))
    earn(studio, 100, on=date(2026, 2, 2))
    earn(studio, 100, on=date(2026, 2, 3))
    tell()

    with clock.frozen(TODAY):
        assert "held since Feb. 2, 2026." in words(KIND)


def test_two_steps_at_once_are_one_change_with_the_benefits_of_both(studio):
    Rank.objects.filter(programme_year=2026, level=2).update(benefits="A badge")
    Rank.objects.filter(programme_year=2026, level=3).update(benefits="A listing")
    earn(studio, 2000)

    tell()

    assert changes() == [(1, 3, 2026)]
    with clock.frozen(TODAY):
        assert "- A badge - A listing" in words(KIND)


def test_a_rank_reached_again_in_the_next_year_is_no_change(studio):
    earn(studio, 1000, year=2026)
    tell()
    earn(studio, 1000, year=2027)

    assert tell(date(2027, 6, 1)) == 0


# --- Down ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "expected"), [(NEW_YEAR - 2 * A_DAY, 0), (NEW_YEAR - A_DAY, 0), (NEW_YEAR, 1)]
)
def test_a_rank_that_ends_with_the_year_is_told_on_1_january(studio, on, expected):
    earn(studio, 1000)
    tell()

    assert tell(on) == expected


def test_the_end_of_a_year_is_given_as_the_reason_while_last_years_points_still_land(studio):
    Rank.objects.filter(programme_year=2028, level=2).update(benefits="A badge")
    earn(studio, 1000)
    tell()
    tell(NEW_YEAR)

    with clock.frozen(NEW_YEAR):
        text = words(KIND)

    assert "Pioneer is level 1 of 4, held since Jan. 1, 2028." in text
    assert "That year is over" in text
    assert "Points of 2027 can still land before Jan. 15, 2028." in text
    assert "What you no longer have: - A badge" in text
    assert "This rank has no badge" in text


def test_told_late_the_end_of_the_year_is_still_the_reason(studio):
    earn(studio, 1000)
    tell()
    with clock.frozen(date(2028, 1, 20)):
        close_year(2027, at=noon(date(2028, 1, 20)))

    tell(date(2028, 1, 20))

    with clock.frozen(date(2028, 1, 20)):
        assert "That year is over" in words(KIND)
        assert "held since Jan. 1, 2028." in words(KIND)
        assert "can still land" not in words(KIND)


def test_points_of_december_that_land_in_january_bring_the_rank_back(studio):
    earn(studio, 1000, year=2026)
    tell()
    tell(NEW_YEAR)
    earn(studio, 1000, year=2027)

    assert tell(date(2028, 1, 14)) == 1
    assert changes()[-1] == (1, 2, 2027)


def test_closing_the_year_changes_no_rank(studio):
    earn(studio, 1000, year=2027)
    tell(date(2027, 12, 31))

    with clock.frozen(date(2028, 1, 15)):
        close_year(2027, at=noon(date(2028, 1, 15)))

    assert tell(date(2028, 1, 15)) == 0


def test_points_taken_back_are_given_as_the_reason(studio):
    earn(studio, 1000)
    tell()
    earn(studio, -100)

    tell(TODAY + A_DAY)

    assert changes() == [(1, 2, 2026), (2, 1, None)]
    with clock.frozen(TODAY + A_DAY):
        assert "were taken back" in words(KIND)


def test_what_was_earned_this_year_and_taken_back_is_no_year_end(studio):
    earn(studio, 1000, year=2026)
    tell()
    tell(NEW_YEAR)
    earn(studio, 1000, year=2028)
    tell(NEW_YEAR + A_DAY)
    earn(studio, -100, year=2028)

    tell(NEW_YEAR + 2 * A_DAY)

    with clock.frozen(NEW_YEAR + 2 * A_DAY):
        assert "were taken back" in words(KIND)


# --- Once ----------------------------------------------------------------------------------------


def test_what_went_up_and_down_before_it_was_told_is_not_told(studio):
    earn(studio, 1000)
    earn(studio, -100)

    assert tell() == 0


def test_run_again_it_tells_nothing_twice(studio):
    earn(studio, 1000)

    counts = [tell(), tell(), tell(TODAY + A_DAY)]

    assert counts == [1, 0, 0]
    assert told(KIND) == [ALICE]


def test_up_down_and_up_again_on_one_day_are_three_changes_if_each_was_told(studio):
    for points in (1000, -100, 100):
        earn(studio, points)
        tell()

    assert changes() == [(1, 2, 2026), (2, 1, None), (1, 2, 2026)]
    assert told(KIND) == [ALICE] * 3


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_tell_it_once():
    earn(make.enrolled(on=date(2025, 1, 2)), 1000)

    counts = at_once(lambda: tell_ranks(on=TODAY), lambda: tell_ranks(on=TODAY))

    assert sorted(counts) == [0, 1]
    assert Message.objects.filter(kind=KIND).count() == 1


def test_what_was_told_never_changes(studio):
    earn(studio, 1000)
    tell()

    with refused(NEVER_CHANGES):
        RankChange.objects.update(level=4)


# --- To whom -------------------------------------------------------------------------------------


def test_an_account_that_has_not_joined_is_told_nothing():
    make.programme()
    outsider = make.studio()
    Standing.objects.create(account=outsider, programme_year_id=2026, points=1000)

    assert tell() == 0


def test_who_turned_it_off_or_has_left_is_not_told(studio):
    for name in ("Bob", "Carol"):
        make.member(account=studio, name=name)
    wants("rank", Choice.OFF, account=studio)
    Membership.objects.filter(user=make.person(name="Carol")).delete()
    earn(studio, 1000)

    tell()

    assert told(KIND) == ["bob@studio.example"]


# --- The same rank as everywhere -----------------------------------------------------------------


class SameRankTest(TestCase):
    @settings(max_examples=25, deadline=None)
    @given(
        before=st.integers(-100, 5100),
        now=st.integers(-100, 5100),
        is_closed=st.booleans(),
    )
    def test_it_is_the_rank_every_page_shows(self, before, now, is_closed):
        studio = make.enrolled(account=make.account(owner="Alice"), on=date(2025, 1, 2))
        for year, points in ((2025, before), (2026, now)):
            if points:
                earn(studio, points, year=year)
        if is_closed:
            close_year(2025, at=noon(date(2026, 1, 15)))

        tell()

        held = rank_held(studio, on=TODAY)
        change = RankChange.objects.filter(account=studio).first()
        told_of = (change.level, change.earned_in) if change else (1, None)
        assert told_of == (held.level, held.earned_in)


# --- What it costs -------------------------------------------------------------------------------


def queries(count: int) -> int:
    for n in range(count):
        account = make.account(name=f"Studio {n}", owner=f"Owner{count}-{n}")
        earn(make.enrolled(account=account, on=date(2025, 1, 2)), 1000)
    with CaptureQueriesContext(connection) as asked:
        assert tell() == count
    return len(asked)


def test_fifty_accounts_take_as_many_queries_as_one():
    assert queries(1) == queries(50)
