"""Programme years: made like the one before, and closed for good."""

from datetime import date, timedelta

import pytest

from partners import rules
from partners.actions.years import close_year, close_years, prepare_year, prepare_years
from partners.models import PointValue, ProgrammeYear, Rank, Standing
from partners.models.points import VoidReason
from portal.testing import builders as make

CLOSES_ON = date(2027, 1, 15)
A_DAY = timedelta(days=1)


# --- The rules -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "level"),
    [(-100, 1), (0, 1), (999, 1), (1000, 2), (1999, 2), (2000, 3), (4999, 3), (5000, 4), (9999, 4)],
)
def test_points_reach_a_rank(points, level) -> None:
    thresholds = [rank.threshold_points for rank in rules.YEAR_DEFAULTS.ranks]

    assert rules.level_for(points, thresholds) == level


def test_the_ranks_are_pioneer_creator_icon_legend() -> None:
    names = [rank.name for rank in rules.YEAR_DEFAULTS.ranks]

    assert names == ["Pioneer", "Creator", "Icon", "Legend"]


def test_the_last_event_of_a_year_lands_before_it_closes() -> None:
    last = date(2026, 12, 31) + timedelta(days=rules.YEAR_DEFAULTS.waiting_days)

    assert last < rules.closes_on(2026) == CLOSES_ON


def test_a_rank_is_held_to_the_end_of_the_next_year() -> None:
    assert rules.rank_holds_until(2026) == date(2027, 12, 31)


# --- Preparing -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_first_year_is_made_of_the_defaults() -> None:
    assert prepare_year(2026)

    year = ProgrammeYear.objects.get()
    assert (year.waiting_days, year.closes_on, year.closed_at) == (14, CLOSES_ON, None)
    assert list(year.ranks.values_list("level", "name", "threshold_points")) == [
        (1, "Pioneer", 0),
        (2, "Creator", 1000),
        (3, "Icon", 2000),
        (4, "Legend", 5000),
    ]
    assert set(year.point_values.values_list("relation", "product_code", "points")) == {
        ("owner", "", 100),
        ("contributor", "", 100),
    }


@pytest.mark.django_db
def test_a_year_is_made_like_the_one_before_as_staff_left_it() -> None:
    prepare_year(2026)
    ProgrammeYear.objects.update(waiting_days=21, closes_on=date(2027, 1, 31))
    Rank.objects.filter(level=2).update(threshold_points=1200, benefits="A mug\nA hat")
    PointValue.objects.create(
        programme_year_id=2026, relation="owner", product_code="shop", points=300
    )

    prepare_year(2027)

    year = ProgrammeYear.objects.get(year=2027)
    assert (year.waiting_days, year.closes_on) == (21, date(2028, 1, 15))
    second = year.ranks.get(level=2)
    assert (second.threshold_points, second.benefits) == (1200, "A mug\nA hat")
    assert year.point_values.get(product_code="shop").points == 300
    assert year.ranks.count() == 4


@pytest.mark.django_db
def test_preparing_a_year_twice_changes_nothing() -> None:
    prepare_year(2026)
    Rank.objects.filter(level=2).update(name="Maker")

    assert not prepare_year(2026)
    assert Rank.objects.get(level=2).name == "Maker"
    assert Rank.objects.count() == 4


@pytest.mark.django_db
def test_this_year_and_the_next_are_always_there() -> None:
    assert prepare_years(on=date(2026, 12, 31)) == 2
    assert prepare_years(on=date(2026, 12, 31)) == 0
    assert prepare_years(on=date(2027, 1, 1)) == 1
    assert set(ProgrammeYear.objects.values_list("year", flat=True)) == {2026, 2027, 2028}


@pytest.mark.django_db
def test_a_change_of_one_year_leaves_the_others_alone() -> None:
    prepare_year(2026)
    prepare_year(2027)

    Rank.objects.filter(programme_year=2027, level=2).update(threshold_points=1500)

    assert Rank.objects.get(programme_year=2026, level=2).threshold_points == 1000


# --- Closing -------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("on", "closed"), [(CLOSES_ON - A_DAY, 0), (CLOSES_ON, 1), (CLOSES_ON + A_DAY, 1)]
)
def test_a_year_closes_on_its_day(on, closed) -> None:
    prepare_year(2026)

    assert close_years(at=make.noon(on)) == closed
    assert ProgrammeYear.objects.open().count() == 1 - closed


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("points", "level"), [(-50, 1), (999, 1), (1000, 2), (1999, 2), (2000, 3), (5000, 4)]
)
def test_closing_fixes_the_rank_the_points_reached(points, level) -> None:
    make.programme()
    Standing.objects.create(account=make.studio(), programme_year_id=2026, points=points)

    close_year(2026, at=make.noon(CLOSES_ON))

    assert Standing.objects.get().final_level == level


@pytest.mark.django_db
def test_closing_goes_by_the_years_own_ladder() -> None:
    make.programme()
    Rank.objects.filter(programme_year=2026, level=2).update(threshold_points=100)
    make.credited(on=date(2026, 6, 15))

    close_year(2026, at=make.noon(CLOSES_ON))

    assert Standing.objects.get().final_level == 2


@pytest.mark.django_db
def test_closing_a_year_leaves_others_open() -> None:
    make.programme()
    for year in (2026, 2027):
        Standing.objects.create(account=make.studio(), programme_year_id=year, points=1000)

    close_year(2026, at=make.noon(CLOSES_ON))

    assert Standing.objects.get(programme_year=2027).final_level is None
    assert ProgrammeYear.objects.get(year=2027).closed_at is None


@pytest.mark.django_db
def test_a_final_rank_stays_whatever_happens_to_the_points_later() -> None:
    make.programme()
    Rank.objects.filter(programme_year=2026, level=2).update(threshold_points=100)
    entry = make.credited(on=date(2026, 12, 20))
    close_year(2026, at=make.noon(CLOSES_ON))

    make.refunded(entry=entry, on=date(2027, 3, 1), reason=VoidReason.CHARGEBACK)
    close_year(2026, at=make.noon(date(2027, 3, 2)))

    standing = Standing.objects.get()
    assert (standing.points, standing.final_level) == (0, 2)


@pytest.mark.django_db
def test_closing_waits_for_points_that_were_to_land_before() -> None:
    make.programme()
    Rank.objects.filter(programme_year=2026, level=2).update(threshold_points=100)
    make.event(site=make.site(account=make.enrolled()), on=date(2026, 12, 31))

    close_years(at=make.noon(CLOSES_ON))  # the run of 14 January was missed

    standing = Standing.objects.get()
    assert (standing.points, standing.final_level) == (100, 2)
