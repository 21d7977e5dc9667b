"""The invented folder: the same for the same seed, and without a bad row."""

import csv
from collections import Counter
from datetime import date

import pytest

from billing.models import Subscription
from billing.rules import Cycle, Kind
from partners.models import QualifyingEvent, Site
from portal.handover.sample import make_sample
from portal.handover.tests.folders import TODAY, contents, imported, report
from portal.lib import clock

DAYS = [TODAY, date(2024, 2, 29), date(2026, 1, 1), date(2025, 12, 31)]


def contents_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.csv"))}


def rows_of(folder, name):
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_same_seed_writes_the_same(tmp_path):
    for name, seed in (("one", 7), ("two", 7), ("other", 8)):
        make_sample(tmp_path / name, accounts=30, seed=seed, as_of=TODAY)

    one, two, other = (contents_of(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two
    assert one["accounts.csv"] != other["accounts.csv"]


@pytest.mark.django_db
@pytest.mark.parametrize("with_periods", [True, False])
@pytest.mark.parametrize("as_of", DAYS)
def test_is_imported_without_a_bad_row(tmp_path, as_of, with_periods):
    make_sample(tmp_path, accounts=60, seed=3, as_of=as_of, with_periods=with_periods)

    with clock.frozen(as_of):
        outcome = imported(tmp_path, as_of=as_of)

    assert report(outcome) == []
    assert outcome.is_complete
    assert Site.objects.count() > 100
    live = Subscription.objects.live()
    assert live.exclude(paid_through__gte=as_of).count() == 0
    assert not live.filter(paid_through__gt=as_of).exclude(periods__starts_on__lte=as_of).exists()


@pytest.mark.django_db
def test_is_imported_twice_without_a_change(tmp_path):
    make_sample(tmp_path, accounts=60, seed=3, as_of=TODAY)
    imported(tmp_path)
    before = contents()

    imported(tmp_path)

    assert contents() == before
    assert before["partners_qualifyingevent"][0] == QualifyingEvent.objects.count() > 50


def test_has_what_a_platform_has(tmp_path):
    counts = make_sample(tmp_path, accounts=300, seed=1, as_of=TODAY)

    subscriptions = rows_of(tmp_path, "subscriptions")
    states = Counter(row["state"] for row in subscriptions)
    products = Counter(row["product"] for row in subscriptions)
    plans = [row for row in subscriptions if row["product"] in {"core", "premium", "commerce"}]
    monthly = sum(row["cycle"] == "monthly" for row in plans) / len(plans)
    sites = Counter(row["account"] for row in rows_of(tmp_path, "sites"))
    assert set(states) == {"active", "cancelled", "lapsed"}
    assert {"domain", "mailbox", "studio", "reach", "bookings"} <= set(products)
    assert 0.2 < monthly < 0.3
    assert max(sites.values()) > 50
    assert any(row["sale_amount"] for row in subscriptions)
    assert any(row["purchased_on"].endswith("02-29") for row in subscriptions)
    assert {row["currency"] for row in rows_of(tmp_path, "accounts")} == {
        "USD",
        "EUR",
        "GBP",
        "JPY",
    }
    cards = {row["provider_ref"].partition(":")[0] for row in rows_of(tmp_path, "payment_methods")}
    assert cards == {"sim_ok", "sim_ok_mastercard", "sim_soft", "sim_lost"}
    assert min(counts[name] for name in ("contributors", "nonprofits", "periods")) > 0
    assert all(row["email"].endswith(".example") for row in rows_of(tmp_path, "members"))


def test_sells_every_kind_on_the_cycles_it_has_with_a_sale_of_each_sort(tmp_path):
    make_sample(tmp_path, accounts=1, seed=1, as_of=TODAY)

    prices, offers = rows_of(tmp_path, "catalogue"), rows_of(tmp_path, "sales")
    running = [row for row in offers if row["starts_on"] <= str(TODAY) <= row["ends_on"]]
    assert {row["kind"] for row in prices} == {kind.value for kind in Kind}
    assert {row["cycle"] for row in prices if row["kind"] == "studio_plan"} == set(Cycle)
    assert {row["cycle"] for row in prices if row["kind"] == "domain"} == set(Cycle) - {"monthly"}
    assert {row["currency"] for row in prices} >= {"USD", "EUR", "GBP"}
    assert {bool(row["percent_off"]) for row in running} == {True, False}
