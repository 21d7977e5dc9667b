"""What a purchase would earn, told by the code that credits it."""

from datetime import date, timedelta

import pytest
from django.utils.translation import override

from billing.earning import points_hint
from billing.models import Plan
from billing.rules import Kind
from partners.actions.points import attribute
from partners.models import Account, PointValue, ProgrammeYear, Site
from portal.testing import builders as make
from portal.testing.builders import TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def studio() -> Account:
    return make.enrolled()


@pytest.fixture
def site(studio) -> Site:
    return make.site(account=studio)


def hint(site: Site, *, plan: Plan | None = None, on: date = TODAY) -> str:
    return points_hint(site.account, plan or make.plan(), site, on=on)


def test_a_site_plan_says_when_its_points_land_and_for_which_year(site) -> None:
    assert hint(site) == (
        "It counts for points: 100 points land on June 29, 2026 and count for 2026,"
        " unless the money goes back before."
    )


def test_in_december_they_land_in_january_and_count_for_the_old_year(site) -> None:
    assert "land on Jan. 3, 2027 and count for 2026" in hint(site, on=date(2026, 12, 20))


def test_days_are_as_the_reader_writes_them(site) -> None:
    with override("en-gb"):
        assert "land on 29 Jun 2026" in hint(site)


def test_without_a_wait_they_land_at_once(site) -> None:
    ProgrammeYear.objects.update(waiting_days=0)

    assert hint(site) == "It counts for points: 100 points land at once."


def test_before_joining_they_wait_for_that() -> None:
    make.programme()
    site = make.site()

    assert hint(site) == "It counts for points: 100 points once you join the programme."


@pytest.mark.parametrize("has_landed", [True, False])
def test_a_site_that_has_its_points_of_the_year_earns_no_more(site, has_landed) -> None:
    make.event(site=site, on=TODAY - timedelta(days=20 if has_landed else 5))
    attribute(on=TODAY)

    assert hint(site) == "The site has its points for 2026 already: a site earns once a year."


def test_points_of_last_year_are_no_obstacle() -> None:
    site = make.site(account=make.enrolled(on=date(2025, 1, 2)))
    make.credited(site=site, on=date(2025, 6, 15))

    assert "100 points land on June 29, 2026" in hint(site)


def test_what_would_land_after_the_year_has_closed_is_told(site) -> None:
    ProgrammeYear.objects.update(waiting_days=60)

    assert hint(site, on=date(2026, 12, 20)) == "It comes too late to earn points for 2026."


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.SITE_PLAN])
def test_whatever_else_is_bought_earns_none_and_says_so(studio, site, kind) -> None:
    plan = make.plan(kind=kind)

    for given in (site, None):
        assert points_hint(studio, plan, given, on=TODAY) == (
            "It earns no points: only a site’s premium plan does."
        )


def test_where_the_year_gives_no_value_nothing_is_said(site) -> None:
    PointValue.objects.all().delete()

    assert hint(site) == ""
