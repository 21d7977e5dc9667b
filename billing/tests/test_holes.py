"""What is missing in a plan's prices is said on its page, and nothing where nothing is."""

from datetime import date, timedelta

import pytest

from billing.catalogue.holes import holes
from billing.models import Plan, Subscription
from billing.pricing import PriceBook
from billing.rules import Cycle
from portal.testing import builders as make
from portal.testing.builders import TODAY

pytestmark = pytest.mark.django_db

A_DAY = timedelta(days=1)


def found(plan: Plan) -> list[str]:
    offers = list(plan.offers.select_related("sale"))
    return holes(plan, book=PriceBook.load(), offers=offers, on=TODAY)


def test_a_plan_with_a_price_for_everyone_has_none():
    make.subscription_bought(on=date(2026, 1, 10))
    make.sale(plan=make.plan(), percent_off=20)

    assert found(make.plan()) == []


# --- Currencies ----------------------------------------------------------------------------------


def test_a_currency_that_accounts_pay_in_and_the_plan_has_no_price_in():
    make.account()
    make.account(name="Zweites Studio", currency="EUR")
    plan = make.plan()
    make.price(plan=plan)

    assert found(plan) == ["No price in EUR. Accounts that pay in it: 1."]


@pytest.mark.parametrize(("new_from", "is_a_hole"), [(TODAY, False), (TODAY + A_DAY, True)])
def test_a_currency_whose_price_begins_later(new_from, is_a_hole):
    make.account()
    plan = make.plan(cycle=Cycle.YEARLY)
    make.price(plan=plan, new_from=new_from)

    told = found(plan)

    assert told == (
        ["No price in USD before June 16, 2026. Accounts that pay in it: 1."] if is_a_hole else []
    )


def test_a_plan_that_is_not_sold_needs_no_price_for_those_who_would_buy_it():
    make.account()
    plan = make.plan()
    plan.is_sold = False

    assert found(plan) == []


# --- Renewals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "is_a_hole"), [(-1, False), (0, False), (1, True)])
def test_a_purchase_of_today_that_could_not_be_renewed(days, is_a_hole):
    plan, first_renewal = make.plan(cycle=Cycle.MONTHLY), date(2026, 7, 15)
    make.price(plan=plan, existing_from=first_renewal + timedelta(days=days))

    told = found(plan)

    assert len(told) == is_a_hole
    assert all("charged again on July 15, 2026" in hole for hole in told)
    assert all("from July 16, 2026 only" in hole for hole in told)


@pytest.mark.parametrize(("days", "is_a_hole"), [(-1, False), (0, False), (1, True)])
def test_a_running_subscription_that_would_park_its_account(days, is_a_hole):
    running = make.subscription_bought(on=date(2025, 9, 20))
    plan, charge = running.plan, date(2026, 9, 6)
    plan.is_sold = False
    plan.prices.update(existing_from=charge + timedelta(days=days))

    told = found(plan)

    assert len(told) == is_a_hole
    assert all(hole.startswith("1 subscription in USD is charged from Sept. 6") for hole in told)


def test_subscriptions_in_a_currency_whose_price_is_gone():
    for _number in range(2):
        make.subscription_bought(on=date(2025, 9, 20))
    Subscription.objects.update(currency="EUR")

    (told,) = found(make.plan())

    assert told.startswith("2 subscriptions in EUR are charged from Sept. 6, 2026 on")


def test_who_pays_nothing_or_a_sale_price_needs_no_standard_price_yet():
    free = make.subscription_bought(on=date(2025, 9, 20), account=make.bakery())
    make.nonprofit(account=free.account)
    on_sale = make.subscription_bought(on=TODAY, cycle=Cycle.MONTHLY, sale_amount=5)
    for plan in (free.plan, on_sale.plan):
        plan.is_sold = False
        plan.prices.all().update(existing_from=date(2027, 1, 1))

    assert found(free.plan) == found(on_sale.plan) == []


# --- Offers --------------------------------------------------------------------------------------


def test_a_sale_of_a_plan_that_is_not_sold_is_named_once():
    plan = make.plan()
    for currency in ("USD", "EUR"):
        make.price(plan=plan, currency=currency)
        make.sale(plan=plan, amount=40, currency=currency)
    assert found(plan) == []

    plan.is_sold = False

    assert found(plan) == ["“Sale” offers this plan, which is not on sale to new subscribers."]


@pytest.mark.parametrize(("amount", "is_a_hole"), [(99, False), (100, True), (101, True)])
def test_an_amount_that_is_not_below_the_standard_price(amount, is_a_hole):
    plan = make.plan()
    make.price(plan=plan, amount=100)
    make.sale(plan=plan, amount=amount)

    assert found(plan) == (["“Sale” in USD is not below the standard price."] if is_a_hole else [])


def test_an_amount_in_a_currency_the_plan_has_no_price_in():
    plan = make.plan()
    make.price(plan=plan)
    make.sale(plan=plan, amount=40, currency="EUR")

    (told,) = found(plan)

    assert told.startswith("“Sale” offers this plan in EUR, in which it has no price")


@pytest.mark.parametrize(("ends_on", "is_a_hole"), [(TODAY - A_DAY, False), (TODAY, True)])
def test_what_is_over_is_nobodys_business(ends_on, is_a_hole):
    plan = make.plan()
    make.price(plan=plan, amount=100)
    make.sale(plan=plan, amount=100, ends_on=ends_on)

    assert bool(found(plan)) is is_a_hole


def test_it_asks_as_much_for_many_subscribers_as_for_few(django_assert_num_queries):
    for number in range(30):
        plan = make.subscription_bought(on=date(2025, 9, 20)).plan
        if number in {2, 29}:
            with django_assert_num_queries(7):  # the book (2), offers, product, accounts, plans
                found(plan)
