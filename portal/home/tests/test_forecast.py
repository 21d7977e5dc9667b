"""The forecast: what known renewals bring, when ranks are reached, and what more would."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from partners.actions.enrolment import join
from partners.actions.points import attribute
from partners.models import Account
from partners.standings import standing_now
from portal.home.forecast import brought_by_joining, coming_lines, course_now, upgrades
from portal.home.points import coming_points
from portal.lib import clock
from portal.testing import builders as make
from portal.testing.builders import TODAY, noon

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


@pytest.fixture
def studio() -> Account:
    return make.enrolled(on=date(2025, 1, 2))


def course(account: Account, on: date = TODAY):
    coming = coming_points(account, on=on)
    return course_now(account, standing_now(account, on=on, coming=coming), coming, on=on)


def forecast(account: Account, search: str = ""):
    alice = Client()
    alice.force_login(make.person(name="Alice"))
    return alice.get(reverse("home:forecast", args=[account.ref]) + search)


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def test_it_adds_known_renewals_to_what_has_landed(studio):
    make.credited(site=make.site(account=studio), on=date(2026, 3, 1))
    make.subscription_bought(site=make.site(account=studio), on=date(2025, 10, 1))
    attribute(on=TODAY)

    year = course(studio)

    assert (year.points, year.forecast) == (100, 200)
    assert [(step.on, step.is_coming) for step in year.steps] == [
        (date(2026, 3, 15), False),
        (date(2026, 10, 15), True),
    ]


def test_what_it_said_comes_true_when_the_renewal_happens(studio):
    site = make.site(account=studio)
    make.subscription_bought(site=site, on=date(2025, 10, 1))
    said = course(studio).forecast

    make.event(site=site, on=date(2026, 10, 1))
    attribute(on=date(2026, 10, 15))

    assert course(studio, on=date(2026, 10, 15)).points == said == 100


def test_points_that_land_in_january_are_in_the_year_of_their_event(studio):
    make.event(site=make.site(account=studio), on=date(2025, 12, 20))
    on = date(2026, 1, 2)

    assert course(studio, on=on).steps == ()
    [line] = coming_lines(course(studio, on=on), coming_points(studio, on=on))
    assert (line.total, line.judged.programme_year) == (None, 2025)


def test_each_line_says_what_it_makes_and_which_rank_it_reaches(studio):
    for n in range(11):
        make.event(site=make.site(account=studio), on=date(2026, 6, n + 2))

    lines = coming_lines(course(studio), coming_points(studio, on=TODAY))

    assert [line.total for line in lines] == list(range(100, 1200, 100))
    assert [line.rank.name for line in lines if line.rank] == ["Creator"]
    assert lines[9].rank


# --- What if -------------------------------------------------------------------------------------


def test_more_upgrades_are_judged_like_real_ones(studio):
    more = upgrades(studio, sites=3, upgraded_on=TODAY, on=TODAY)

    assert [(one.points, one.lands_on) for one in more] == [(100, date(2026, 6, 29))] * 3


@pytest.mark.parametrize(
    ("day", "lands"), [(date(2026, 12, 31), date(2027, 1, 14)), (TODAY, date(2026, 6, 29))]
)
def test_upgrades_of_the_years_last_day_still_count_for_it(studio, day, lands):
    response = forecast(studio, f"?sites=2&on={day}")

    imagined = response.context["imagined"]
    assert (imagined.points, imagined.lands_on) == (200, lands)
    assert imagined.course.forecast == 200


def test_ten_more_reach_the_next_rank_and_nine_do_not(studio):
    assert "That reaches <strong>Creator</strong> on June 29, 2026." in text_of(
        forecast(studio, "?sites=10")
    )
    assert "It does not reach Creator yet." in text_of(forecast(studio, "?sites=9"))


@pytest.mark.parametrize(
    ("search", "words"),
    [
        ("?sites=0", "greater than or equal to 1"),
        ("?sites=201", "less than or equal to 200"),
        ("?sites=many", "Enter a whole number"),
        ("?sites=3&on=2026-06-14", "Choose a day from today"),
        ("?sites=3&on=2027-01-01", "Choose a day from today"),
        ("?sites=3&on=tomorrow", "Enter a valid date"),
    ],
)
def test_what_cannot_be_worked_out_is_said_and_stays_in_the_form(studio, search, words):
    response = forecast(studio, search)

    assert words in text_of(response)
    assert response.context["imagined"] is None
    assert response.context["form"]["sites"].value() == search.split("&")[0].removeprefix("?sites=")


def test_asking_changes_nothing(studio):
    forecast(studio, "?sites=200")

    assert not studio.entries.exists()
    assert not studio.points_due.exists()


def test_the_page_says_how_many_upgrades_a_rank_takes(studio):
    make.credited(site=make.site(account=studio), on=date(2026, 3, 1))

    assert "9 more upgrades this year" in text_of(forecast(studio))


def test_the_csv_has_every_line_to_come(studio):
    make.event(site=make.site(account=studio, address="here.example"), on=TODAY)
    alice = Client()
    alice.force_login(make.person(name="Alice"))

    text = alice.get(reverse("home:forecast_csv", args=[studio.ref])).getvalue().decode()

    assert text.splitlines()[1:] == ["2026-06-29,2026-06-15,yes,here.example,owner,100,100,"]


# --- Joining -------------------------------------------------------------------------------------


@pytest.fixture
def newcomer() -> Account:
    """Not in the programme yet, with a renewal of last year, one of this, and a monthly plan."""
    make.programme()
    account = make.studio()
    make.event(site=make.site(account=account), on=date(2025, 12, 31))
    make.event(site=make.site(account=account), on=date(2026, 1, 1))
    monthly = make.site(account=account)
    for month in range(1, 7):
        make.event(site=monthly, on=date(2026, month, 3))
    return account


def test_what_joining_brings_is_this_years_events_one_for_each_site(newcomer):
    assert sum(one.points for one in brought_by_joining(newcomer, on=TODAY)) == 200


def test_what_joining_was_said_to_bring_it_brings(newcomer):
    said = sum(one.points for one in brought_by_joining(newcomer, on=TODAY))

    join(newcomer, by=make.person(name="Alice"), at=noon(TODAY))
    attribute(on=date(2026, 12, 31))

    assert standing_now(newcomer, on=TODAY).points == said


def test_once_joined_it_brings_nothing_more(newcomer):
    join(newcomer, by=make.person(name="Alice"), at=noon(TODAY))

    assert brought_by_joining(newcomer, on=TODAY) == []


def test_who_has_not_joined_is_offered_to_instead_of_working_anything_out(newcomer):
    response = forecast(newcomer, "?sites=3")

    assert "Join now" in text_of(response)
    assert "Work it out" not in text_of(response)
    assert response.context["imagined"] is None
