"""What an offer of a sale would lead to is told before it is saved, by the code that charges."""

from datetime import date
from decimal import Decimal

import pytest

from billing.catalogue.new_offer import preview_offer
from billing.models import Plan, SaleOffer
from billing.models.catalogue import Sale
from billing.offers import Offers
from billing.pricing import PriceBook
from billing.rules import Cycle
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

JULY = {"starts_on": date(2026, 7, 1), "ends_on": date(2026, 7, 31)}


def typed(plan: Plan, **terms) -> SaleOffer:
    """An offer that is not saved: half the price in July, unless told otherwise."""
    if "amount" not in terms:
        terms.setdefault("percent_off", 50)
    return SaleOffer(sale=Sale(name="Summer sale"), plan=plan, **JULY | terms)


def previewed(one: SaleOffer, *others: SaleOffer):
    return preview_offer(one, book=PriceBook.load(), others=list(others))


def priced(*, amount: str = "100", currency: str = "USD", cycle: Cycle = Cycle.YEARLY) -> Plan:
    plan = make.plan(cycle=cycle)
    make.price(plan=plan, amount=amount, currency=currency)
    return plan


@pytest.mark.parametrize(
    ("standard", "currency", "percent", "amount"),
    [
        ("9.99", "USD", 33, "6.69"),
        ("0.01", "USD", 50, "0.01"),
        ("999", "JPY", 50, "500"),
        ("1.235", "KWD", 10, "1.112"),
    ],
)
def test_a_percentage_is_rounded_to_the_minor_unit_of_each_currency(
    standard, currency, percent, amount
):
    plan = priced(amount=standard, currency=currency)

    (price,) = previewed(typed(plan, percent_off=percent)).prices

    assert (price.standard, price.amount) == (Decimal(standard), Decimal(amount))


def test_a_percentage_holds_in_every_currency_with_a_price_and_an_amount_in_its_own():
    plan = priced()
    make.price(plan=plan, amount=90, currency="EUR")

    percentage = previewed(typed(plan))
    fixed = previewed(typed(plan, amount=Decimal(40), currency="EUR"))

    assert [price.currency for price in percentage.prices] == ["EUR", "USD"]
    assert [(price.currency, price.amount) for price in fixed.prices] == [("EUR", Decimal(40))]


@pytest.mark.parametrize(
    ("cycle", "first", "last"),
    [
        (Cycle.MONTHLY, date(2027, 7, 1), date(2027, 7, 31)),
        (Cycle.YEARLY, date(2027, 6, 17), date(2027, 7, 17)),
        (Cycle.TWO_YEAR, date(2028, 6, 17), date(2028, 7, 17)),
        (Cycle.THREE_YEAR, date(2029, 6, 17), date(2029, 7, 17)),
    ],
)
def test_it_says_when_the_first_and_the_last_buyer_are_back_at_the_standard_price(
    cycle, first, last
):
    (price,) = previewed(typed(priced(cycle=cycle))).prices

    assert (price.first_back.charge_on, price.last_back.charge_on) == (first, last)
    assert price.first_back.amount == price.last_back.amount == Decimal(100)


def test_without_a_price_by_then_it_says_so():
    plan = make.plan()
    make.price(plan=plan, existing_from=date(2028, 1, 1))

    (price,) = previewed(typed(plan)).prices

    assert (price.first_back, price.last_back) == (None, None)


def test_a_price_that_changes_meanwhile_is_told_apart():
    plan = priced()
    make.price(plan=plan, amount=120, new_from=date(2026, 7, 10))

    prices = previewed(typed(plan)).prices

    assert [(price.starts_on, price.ends_on, price.amount) for price in prices] == [
        (date(2026, 7, 1), date(2026, 7, 9), Decimal(50)),
        (date(2026, 7, 10), date(2026, 7, 31), Decimal(60)),
    ]


@pytest.mark.parametrize(
    ("day", "amount"),
    [
        (date(2026, 6, 30), 100),
        (date(2026, 7, 1), 50),
        (date(2026, 7, 31), 50),
        (date(2026, 8, 1), 100),
    ],
)
def test_it_shows_what_a_purchase_then_costs(day, amount):
    plan, buyer = priced(), make.account()
    one = typed(plan)
    (price,) = previewed(one).prices
    one.sale.save()
    one.save()

    bought = Offers(buyer, on=day).of(plan, currency=buyer.currency)

    assert bought.now.amount == amount
    assert (price.starts_on <= day <= price.ends_on) is (bought.now.amount == price.amount)


@pytest.mark.parametrize(("amount", "is_cheaper"), [(99, True), (100, False), (101, False)])
def test_it_says_whether_the_offer_is_below_the_standard_price(amount, is_cheaper):
    (price,) = previewed(typed(priced(), amount=Decimal(amount), currency="USD")).prices

    assert price.is_cheaper is is_cheaper


def test_nobody_can_buy_at_an_offer_in_a_currency_without_a_price():
    fixed = typed(priced(), amount=Decimal(40), currency="EUR")

    assert previewed(fixed).prices == ()


def test_it_names_what_is_offered_on_the_same_days_and_nothing_else():
    plan = priced()
    euros = typed(plan, amount=Decimal(40), currency="EUR", starts_on=date(2026, 7, 31))
    euros.ends_on = date(2026, 8, 31)
    august = typed(plan, amount=Decimal(40), currency="GBP", starts_on=date(2026, 8, 1))
    august.ends_on = date(2026, 8, 31)
    other_plan = typed(priced(cycle=Cycle.MONTHLY))
    dollars = typed(plan, amount=Decimal(40), currency="USD")

    shown = previewed(dollars, dollars, euros, august, other_plan)

    assert shown.beside == (euros,)


def test_an_offer_without_an_end_worth_naming_is_shown_all_the_same():
    (price,) = previewed(typed(priced(), ends_on=date.max)).prices

    assert (price.ends_on, price.last_back) == (date.max, None)
