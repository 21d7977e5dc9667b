"""The page of coming charges: who sees it, what it shows, and the same as CSV."""

import csv
from datetime import date
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import ParkedAccount
from billing.rules import Cycle, Kind
from portal.lib import clock
from portal.staff.tests.populate import browser, staff
from portal.testing import builders as make
from portal.testing.builders import TODAY, noon

pytestmark = pytest.mark.django_db

PAGE, CSV = "/admin/billing/subscription/coming/", "/admin/billing/subscription/coming/csv/"


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


def seen(query: str = "", *, role: str = "finance") -> str:
    response = browser(staff(role)).get(PAGE + query)
    assert response.status_code == 200
    return " ".join(unescape(response.content.decode()).split())


def rows(query: str = "") -> list[list[str]]:
    response = browser(staff("finance")).get(CSV + query)
    text = response.getvalue().decode().removeprefix("\ufeff")
    return list(csv.reader(text.splitlines()))


@pytest.mark.parametrize(
    ("role", "status"),
    [("finance", 200), ("support", 200), ("administrator", 200), ("programme manager", 403)],
)
def test_who_sees_subscriptions_sees_what_they_will_be_charged(role, status):
    client = browser(staff(role))

    assert client.get(PAGE).status_code == client.get(CSV).status_code == status


def test_it_shows_each_day_kind_and_currency_and_what_they_come_to():
    make.subscription_bought(on=date(2025, 7, 10))
    make.subscription_bought(on=date(2025, 7, 10), kind=Kind.STUDIO_PLAN, currency="EUR")

    shown = seen()

    assert "Until July 14, 2026" in shown
    for said in ("June 26, 2026", "site premium plan", "studio plan", "$100.00", "€100.00"):
        assert said in shown


@pytest.mark.parametrize(("days", "renewals"), [(11, 0), (12, 1), (13, 1)])
def test_it_goes_as_far_as_it_is_asked_to_today_included(days, renewals):
    make.subscription_bought(on=date(2025, 7, 10))  # charged on 26 June

    assert len(rows(f"?days={days}")) == 1 + renewals
    assert ("Nothing is charged until then." in seen(f"?days={days}")) is not bool(renewals)


def test_it_tells_days_or_months():
    make.subscription_bought(on=date(2026, 5, 20), cycle=Cycle.MONTHLY)

    assert rows("?days=60") == [
        ["from", "kind", "currency", "renewals", "amount"],
        ["2026-06-20", "site_plan", "USD", "1", "10.00"],
        ["2026-07-20", "site_plan", "USD", "1", "10.00"],
    ]
    assert [row[0] for row in rows("?days=60&step=month")] == ["from", "2026-06-01", "2026-07-01"]
    assert "July 2026" in seen("?days=60&step=month")


def test_it_says_what_is_left_out():
    parked = make.subscription_bought(on=date(2025, 7, 10))
    ParkedAccount.objects.create(account=parked.account, parked_at=noon(TODAY), reason="Broken")
    unpriced = make.subscription_bought(on=date(2025, 7, 10), account=make.bakery())
    unpriced.plan.prices.update(existing_from=date(2027, 1, 1))

    shown = seen()

    assert "1 renewal is left out because its account is parked." in shown
    assert "1 subscription is left out from some day on, for want of a price." in shown


@pytest.mark.parametrize("days", ["0", "93", "soon", ""])
def test_more_days_than_it_looks_ahead_are_refused_in_words(days):
    shown = seen(f"?days={days}")

    assert 'role="alert"' in shown
    assert "Nothing is charged until then." not in shown
    assert browser(staff("finance")).get(f"{CSV}?days={days}").status_code == 302


def test_the_sidebar_leads_there_and_marks_one_entry():
    page = browser(staff("finance")).get(PAGE)

    items = [item for group in page.context["sidebar_navigation"] for item in group["items"]]
    assert [str(item["title"]) for item in items if item["active"]] == ["Coming charges"]


def test_it_asks_as_much_for_many_subscribers_as_for_few():
    client, asked = browser(staff("finance")), []
    client.get(PAGE)
    for number in range(30):
        make.subscription_bought(on=date(2025, 7, 10))
        if number in {2, 29}:
            with CaptureQueriesContext(
                connection,
            ) as captured:
                client.get(PAGE)
            asked.append(len(captured))

    assert asked[0] == asked[1]
