"""The benches of points, at the smallest size: what they measure truly happens."""

import pytest

from partners.models import PointsEntry
from portal.bench.attribution import SITES_EACH, bench_attribution
from portal.bench.home import bench_home

# The worlds of benches are made by emptying tables, which no transaction would take back.
pytestmark = pytest.mark.django_db(transaction=True)


def test_attribution_writes_what_bare_sql_writes():
    figures = bench_attribution(accounts=1, few=3)

    assert figures["events"] == SITES_EACH == PointsEntry.objects.count()
    assert figures["percent_of_bare_sql"] > 0


def test_home_is_opened_with_all_its_sites():
    figures = bench_home(accounts=5)

    assert figures["sites"] == 5
    assert 0 < figures["queries"] < 20
