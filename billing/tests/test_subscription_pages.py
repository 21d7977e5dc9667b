"""A subscription's pages: what is said before it is done, and that a GET does nothing."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from billing.actions.cancel import cancel
from billing.models import PlanChange, Subscription
from billing.rules import Cycle
from portal.lib import clock
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

BOUGHT = date(2026, 6, 15)
TODAY = date(2026, 9, 1)


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


@pytest.fixture
def yearly() -> Subscription:
    make.catalogue()
    return make.subscription_bought(on=BOUGHT, sale_amount=60)


@pytest.fixture
def alice(yearly, client: Client) -> Client:
    client.force_login(make.person())
    return client


def page(name: str, subscription: Subscription) -> str:
    return reverse(f"billing:{name}", args=[subscription.account.ref, subscription.ref])


def monthly_plan() -> int:
    return make.plan(cycle=Cycle.MONTHLY).pk


def test_the_page_says_when_it_is_charged_and_why_then_and_why_that_much(alice, yearly) -> None:
    text = alice.get(page("subscription", yearly)).text

    assert 'datetime="2027-06-01"' in text
    assert "14 days before the period ends" in text
    assert "$100.00" in text
    assert "sale price, first year" in text.lower()


def test_the_timeline_names_each_charge_of_the_year_with_its_day(alice, yearly) -> None:
    text = alice.get(reverse("billing:timeline", args=[yearly.account.ref])).text

    assert "$100.00" in text
    assert "14 days before the period ends" in text


def test_the_timeline_as_csv_has_a_row_for_each_charge(alice, yearly) -> None:
    make.subscription_bought(account=yearly.account, cycle=Cycle.MONTHLY, on=date(2026, 8, 31))

    response = alice.get(reverse("billing:timeline_csv", args=[yearly.account.ref]))
    rows = response.getvalue().decode("utf-8-sig").splitlines()

    assert rows[0].startswith("charged_on,why_then,what_for")
    assert len(rows) == 1 + 1 + 12
    assert rows[1].startswith("2026-09-30,")


def test_choosing_a_plan_compares_and_changes_nothing(alice, yearly) -> None:
    response = alice.get(page("plan_change", yearly), {"plan": monthly_plan()})

    assert "Together" in response.text
    assert "$120.00" in response.text  # twelve months at ten
    assert not PlanChange.objects.exists()


def test_the_comparison_says_that_a_sale_price_ends(alice, yearly) -> None:
    monthly = make.subscription_bought(
        account=yearly.account, cycle=Cycle.MONTHLY, on=BOUGHT, sale_amount=5
    )
    to_two_years = {"plan": make.plan(cycle=Cycle.TWO_YEAR).pk}

    assert "Your sale price ends" in alice.get(page("plan_change", monthly), to_two_years).text
    assert "Your sale price ends" not in alice.get(page("plan_change", yearly), to_two_years).text


def test_a_change_is_asked_for_shown_and_taken_back(alice, yearly) -> None:
    asked = alice.post(page("plan_change", yearly), {"plan": monthly_plan()}, follow=True)

    assert "as you asked" in asked.text
    assert PlanChange.objects.waiting().count() == 1

    taken_back = alice.post(page("plan_change_withdrawal", yearly), follow=True)

    assert "It stays on the plan it has" in taken_back.text
    assert not PlanChange.objects.waiting().exists()


def test_a_plan_that_is_not_offered_is_refused_with_what_can_be_done(alice, yearly) -> None:
    response = alice.post(page("plan_change", yearly), {"plan": yearly.plan_id})

    assert response.status_code == 200
    assert not PlanChange.objects.exists()


def test_what_was_cancelled_says_why_it_cannot_change(alice, yearly) -> None:
    cancel(yearly, by=make.person(), at=make.noon(TODAY))

    told = alice.post(page("plan_change", yearly), {"plan": monthly_plan()})

    assert "It does not renew" in told.text


def test_what_ended_is_revived_from_its_page(alice, yearly) -> None:
    Subscription.objects.filter(pk=yearly.pk).update(state="expired", next_charge_on=None)
    after = date(2027, 7, 1)

    with clock.frozen(after):
        make.card(account=yearly.account)
        before = alice.get(page("revival", yearly)).text
        assert "Revive and pay $100.00" in before
        revived = alice.post(page("revival", yearly), follow=True)

    assert "It runs again" in revived.text
    yearly.refresh_from_db()
    assert yearly.paid_through == date(2028, 7, 1)


def test_a_declined_revival_says_so_and_can_be_tried_again(alice, yearly) -> None:
    Subscription.objects.filter(pk=yearly.pk).update(state="expired", next_charge_on=None)
    with clock.frozen(date(2027, 7, 1)):
        make.card(account=yearly.account, test_card="sim_soft")

        told = alice.post(page("revival", yearly), follow=True)

        assert "There was not enough money available on the card." in told.text
        assert "Revive" in alice.get(page("subscription", yearly)).text


def test_what_runs_is_not_revived(alice, yearly) -> None:
    assert "There is nothing to revive" in alice.get(page("revival", yearly)).text
    assert "nothing to revive" in alice.post(page("revival", yearly), follow=True).text
    assert yearly.invoice_lines.count() == 1


def test_an_ended_subscription_shows_the_day_it_was_paid_for(alice, yearly) -> None:
    cancel(yearly, by=make.person(), at=make.noon(TODAY))

    text = alice.get(page("subscription", yearly)).text

    last_day = date(2027, 6, 15) - timedelta(days=1)
    assert f"{last_day.day}" in text
    assert "Nothing is charged any more" in text
