"""Tax rates in the admin: finance adds them, and what was charged stays."""

from typing import Any

import pytest

from billing.models import TaxRate
from portal.staff.tests.populate import browser, staff
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

BASE = "/admin/billing/taxrate"
TYPED = {"country": "GB", "kind": "", "name": "VAT", "percent": "20", "from_on": "2026-07-01"}


def typed(**other: Any) -> dict[str, Any]:
    return TYPED | other


def test_finance_adds_a_rate_and_its_country_is_written_in_capitals():
    browser(staff("finance")).post(f"{BASE}/add/", typed(country="gb"))

    rate = TaxRate.objects.get()
    assert (rate.country, rate.name, rate.percent) == ("GB", "VAT", 20)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"percent": "101"}, "A tax rate is between 0 and 100 percent."),
        ({"percent": "-1"}, "A tax rate is between 0 and 100 percent."),
        ({"country": "G1"}, "Give the country as two letters, for example GB."),
        ({"name": ""}, "This field is required."),
        ({}, "Tax rate with this Country, Kind and For charges from already exists."),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(wrong, words):
    erin = browser(staff("finance"))
    erin.post(f"{BASE}/add/", typed())

    response = erin.post(f"{BASE}/add/", typed(**wrong))

    assert words in response.text
    assert TaxRate.objects.count() == 1


def test_a_rate_nobody_was_charged_by_can_be_corrected():
    rate = make.tax_rate(country="FR")
    make.subscription_bought()

    browser(staff("finance")).post(f"{BASE}/{rate.pk}/change/", typed(percent="19"))

    rate.refresh_from_db()
    assert (rate.country, rate.percent) == ("GB", 19)


@pytest.mark.parametrize("kind", ["", "site_plan"])
def test_a_rate_that_was_charged_stays_and_another_is_added_for_later(kind):
    rate = make.tax_rate(kind=kind)
    make.subscription_bought()
    erin = browser(staff("finance"))

    refused = erin.post(f"{BASE}/{rate.pk}/change/", typed(kind=kind, percent="19"))
    erin.post(f"{BASE}/add/", typed(kind=kind, percent="19"))

    assert "This rate has been charged." in refused.text
    assert list(TaxRate.objects.order_by("from_on").values_list("percent", flat=True)) == [20, 19]


def test_a_rate_of_another_kind_was_not_charged_by_a_plan():
    rate = make.tax_rate(kind="domain")
    make.tax_rate()
    make.subscription_bought()

    browser(staff("finance")).post(f"{BASE}/{rate.pk}/change/", typed(kind="domain", percent="19"))

    rate.refresh_from_db()
    assert rate.percent == 19


def test_its_page_tells_who_changed_it_from_what():
    rate, erin = make.tax_rate(country="FR"), staff("finance", name="Erin")
    browser(erin).post(f"{BASE}/{rate.pk}/change/", typed(country="FR", percent="19"))

    history = browser(erin).get(f"{BASE}/{rate.pk}/change/").text

    assert "<del>20" in history
    assert "<ins>19" in history
    assert "Erin" in history


@pytest.mark.parametrize("role", ["support", "programme manager"])
def test_others_see_rates_and_leave_them(role):
    rate, other = make.tax_rate(), browser(staff(role))

    assert other.get(f"{BASE}/").status_code == 200
    assert other.post(f"{BASE}/add/", typed()).status_code == 403
    assert other.post(f"{BASE}/{rate.pk}/change/", typed()).status_code == 403


def test_nobody_deletes_a_rate():
    rate = make.tax_rate()

    response = browser(staff()).post(f"{BASE}/{rate.pk}/delete/", {"post": "yes"})

    assert response.status_code == 403
