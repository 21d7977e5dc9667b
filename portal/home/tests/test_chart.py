"""The chart: where its lines are drawn, and its table."""

from datetime import date

import pytest

from partners.course import Course, Step
from partners.models import Rank
from partners.rules import YEAR_DEFAULTS
from portal.home.chart import Chart

LADDER = tuple(
    Rank(level=one.level, name=one.name, threshold_points=one.threshold_points)
    for one in YEAR_DEFAULTS.ranks
)


def chart(*steps: tuple[date, int], today: date = date(2026, 6, 15)) -> Chart:
    """Of these days and the totals they make; what is after today is coming."""
    made, before = [], 0
    for on, total in steps:
        made.append(Step(on=on, points=total - before, total=total, is_coming=on > today))
        before = total
    return Chart(
        Course(year=2026, today=today, ends_on=date(2027, 1, 14), steps=tuple(made), ladder=LADDER)
    )


def test_a_year_without_points_is_a_line_at_the_bottom_up_to_the_first_rank():
    empty = chart()

    assert empty.landed_path == "M0 1000H437"
    assert empty.coming_path == "M437 1000H1000"
    assert [mark.rank.name for mark in empty.rank_marks] == ["Creator"]


def test_what_landed_is_drawn_to_today_and_what_is_coming_from_there():
    year = chart((date(2026, 3, 1), 560), (date(2026, 9, 1), 840))

    assert year.landed_path == "M0 1000H156V500H437"
    assert year.coming_path == "M437 500H643V250H1000"


@pytest.mark.parametrize(
    ("points", "ranks"),
    [
        (999, ["Creator"]),
        (1000, ["Creator", "Icon"]),
        (1999, ["Creator", "Icon"]),
        (2000, ["Creator", "Icon", "Legend"]),
        (9000, ["Creator", "Icon", "Legend"]),
    ],
)
def test_it_shows_the_ranks_up_to_the_one_that_is_next(points, ranks):
    assert [mark.rank.name for mark in chart((date(2026, 3, 1), points)).rank_marks] == ranks


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 20)])
def test_every_place_is_inside_the_picture(today):
    year = chart((date(2026, 1, 1), 300), (date(2027, 1, 14), 5000), today=today)

    assert 0 <= year.today_at <= 100
    assert 0 <= year.points_at <= 100
    assert all(0 <= mark.at <= 100 for mark in [*year.rank_marks, *year.month_marks])


def test_points_below_zero_stay_on_the_ground():
    assert chart((date(2026, 3, 1), -100)).landed_path == "M0 1000H156V1000H437"


def test_the_table_has_every_month_with_what_it_brings_and_ends_with():
    rows = chart((date(2026, 3, 1), 300), (date(2026, 9, 1), 400)).rows

    assert [row.begins_on.month for row in rows] == list(range(1, 13))
    assert [(row.landed, row.coming, row.total) for row in rows][1:4] == [
        (0, 0, 0),
        (300, 0, 300),
        (0, 0, 300),
    ]
    assert (rows[8].coming, rows[11].total) == (100, 400)


def test_the_table_has_next_january_where_something_lands_then():
    rows = chart((date(2027, 1, 14), 100)).rows

    assert rows[-1].begins_on == date(2027, 1, 1)
    assert (rows[-1].coming, rows[-1].total) == (100, 100)
