"""The course of a year: sums day by day, and the ranks they reach."""

from datetime import date

import pytest

from partners.attribution import Judged, Verdict
from partners.course import Course, Reach, course_of
from partners.models import Rank
from partners.rules import YEAR_DEFAULTS, Relation

TODAY = date(2026, 6, 15)
LADDER = [
    Rank(level=one.level, name=one.name, threshold_points=one.threshold_points)
    for one in YEAR_DEFAULTS.ranks
]


def coming(on: date, points: int = 100, *, year: int = 2026) -> Judged:
    return Judged(
        event_id=1,
        account_id=1,
        relation=Relation.OWNER,
        site_id=1,
        occurs_on=on,
        programme_year=year,
        lands_on=on,
        points=points,
        rule_id=1,
        verdict=Verdict.WAITING,
        credited_on=None,
    )


def course(landed=(), arriving=()) -> Course:
    return course_of(
        year=2026,
        today=TODAY,
        ends_on=date(2027, 1, 14),
        landed=landed,
        coming=arriving,
        ladder=LADDER,
    )


def reach(name: str, of: Course) -> Reach:
    return next(one for one in of.reaches if one.rank.name == name)


def test_without_anything_there_is_nothing_and_every_rank_is_missed():
    empty = course()

    assert (empty.points, empty.forecast, empty.steps) == (0, 0, ())
    assert [one.missing for one in empty.reaches] == [1000, 2000, 5000]


def test_what_lands_on_one_day_is_one_step():
    year = course([(date(2026, 3, 1), 300)], [coming(date(2026, 7, 1)), coming(date(2026, 7, 1))])

    assert [(step.on, step.points, step.total) for step in year.steps] == [
        (date(2026, 3, 1), 300, 300),
        (date(2026, 7, 1), 200, 500),
    ]
    assert (year.points, year.forecast) == (300, 500)


def test_points_of_another_year_are_left_out():
    year = course(arriving=[coming(date(2026, 7, 1), year=2025), coming(date(2027, 1, 3))])

    assert year.forecast == 100


def test_what_should_have_landed_already_is_coming_today():
    [step] = course(arriving=[coming(date(2026, 6, 1))]).steps

    assert (step.on, step.is_coming) == (TODAY, True)


@pytest.mark.parametrize(("points", "missing"), [(999, 1), (1000, 0), (1001, 0)])
def test_a_rank_is_reached_by_its_threshold_and_no_point_less(points, missing):
    creator = reach("Creator", course([(date(2026, 3, 1), points)]))

    assert creator.missing == missing
    assert creator.reached_on == (None if missing else date(2026, 3, 1))


def test_a_rank_that_what_is_coming_reaches_is_reached_on_the_day_its_last_point_lands():
    year = course(
        [(date(2026, 3, 1), 900)], [coming(date(2026, 8, 1), 50), coming(date(2026, 9, 1), 50)]
    )

    creator = reach("Creator", year)

    assert (creator.reached_on, creator.is_coming) == (date(2026, 9, 1), True)


def test_a_rank_that_was_lost_meanwhile_is_reached_when_it_is_there_for_good():
    year = course(
        [(date(2026, 3, 1), 1000), (date(2026, 4, 1), -100)], [coming(date(2026, 8, 1), 100)]
    )

    assert reach("Creator", year).reached_on == date(2026, 8, 1)


@pytest.mark.parametrize(("points", "upgrades"), [(1000, 0), (999, 1), (900, 1), (899, 2)])
def test_it_takes_whole_upgrades_to_reach_a_rank(points, upgrades):
    assert reach("Creator", course([(TODAY, points)])).upgrades(100) == upgrades
