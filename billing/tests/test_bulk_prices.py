"""What plans cost in bulk: by how many, from which day on, with tax, whatever sale runs."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing.bulk import BulkOffer, VolumePrices
from billing.coupon_queries import BulkPrices
from billing.errors import NoPriceError, QuantityError
from billing.models import Plan, TaxRate
from billing.rules import COUPONS_AT_ONCE, Cycle, Kind, PriceReason
from partners.models import Account
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

TODAY = make.TODAY
A_DAY = timedelta(days=1)


@pytest.fixture
def studio() -> Account:
    return make.studio()


@pytest.fixture
def plan() -> Plan:
    """A hundred each; ninety from ten on, eighty from fifty on."""
    priced = make.plan()
    make.price(plan=priced, amount=100)
    make.volume_price(plan=priced, min_quantity=10, amount=90)
    make.volume_price(plan=priced, min_quantity=50, amount=80)
    return priced


def offer(studio: Account, plan: Plan, quantity: int, *, on: date = TODAY) -> BulkOffer:
    return BulkPrices(studio, on=on).offer(plan, quantity)


@pytest.mark.parametrize(
    ("quantity", "each"),
    [(1, 100), (9, 100), (10, 90), (11, 90), (49, 90), (50, 80), (COUPONS_AT_ONCE, 80)],
)
def test_the_price_is_that_of_the_largest_tier_reached(studio, plan, quantity, each) -> None:
    found = offer(studio, plan, quantity)

    assert found.unit_amount == each
    assert found.now.amount == each * quantity


def test_a_line_says_whether_it_is_the_volume_price_or_the_standard_one(studio, plan) -> None:
    few, many = offer(studio, plan, 9), offer(studio, plan, 10)

    assert (few.now.reason, few.now.price) == (PriceReason.STANDARD, plan.prices.get())
    assert (many.now.reason, many.now.price) == (PriceReason.VOLUME, None)


@pytest.mark.parametrize(("days", "each"), [(-1, 90), (0, 85), (1, 85)])
def test_a_volume_price_holds_from_its_day_on(studio, plan, days, each) -> None:
    make.volume_price(plan=plan, min_quantity=10, amount=85, from_on=TODAY)

    assert offer(studio, plan, 10, on=TODAY + days * A_DAY).unit_amount == each


def test_another_plan_or_currency_has_its_own_volume_prices(studio, plan) -> None:
    monthly = make.plan(cycle=Cycle.MONTHLY)
    make.price(plan=monthly, amount=10)
    make.price(plan=plan, amount=95, currency="EUR")
    in_euros = make.account(name="Elsewhere", owner="Charlie", currency="EUR")

    assert offer(studio, monthly, 50).unit_amount == 10
    assert offer(in_euros, plan, 50).unit_amount == 95


def test_a_sale_does_not_make_coupons_cheaper(studio, plan) -> None:
    make.sale(plan=plan, percent_off=50)

    assert offer(studio, plan, 1).unit_amount == 100
    assert offer(studio, plan, 10).unit_amount == 90


def test_a_nonprofit_pays_for_coupons_like_everybody(studio, plan) -> None:
    make.nonprofit(account=studio)

    assert offer(studio, plan, 10).now.amount == 900


def test_all_of_them_are_one_line_rounded_and_taxed_once(studio, plan) -> None:
    TaxRate.objects.create(
        country="GB", name="VAT", percent=Decimal("17.5"), from_on=date(2026, 1, 1)
    )
    make.volume_price(plan=plan, min_quantity=3, amount="9.995")

    found = offer(studio, plan, 3)

    assert found.now.amount == Decimal("29.99")  # 29.985, not three times 10.00
    assert found.now.tax.amount == Decimal("5.25")
    assert found.now.gross_amount == Decimal("35.24")


@pytest.mark.parametrize(("days", "tax"), [(-1, 0), (0, 180)])
def test_tax_is_that_of_the_buyers_country_and_the_kind_on_the_day(studio, plan, days, tax) -> None:
    TaxRate.objects.create(
        country="GB", kind=Kind.SITE_PLAN.value, name="VAT", percent=20, from_on=TODAY
    )
    TaxRate.objects.create(country="FR", name="TVA", percent=10, from_on=TODAY)

    assert offer(studio, plan, 10, on=TODAY + days * A_DAY).now.tax.amount == tax


def test_the_line_is_for_the_days_on_which_the_coupons_are_valid(studio, plan) -> None:
    term = offer(studio, plan, 10).now.term

    assert (term.starts_on, term.last_on, term.ends_on) == (
        TODAY,
        date(2027, 6, 14),
        date(2027, 6, 15),
    )


def test_a_site_activated_today_renews_at_the_standard_price_of_its_charge_day(
    studio, plan
) -> None:
    make.price(plan=plan, amount=120, new_from=date(2027, 1, 1), existing_from=date(2027, 6, 1))

    then = offer(studio, plan, 10).then

    assert (then.charge_on, then.amount) == (date(2027, 6, 1), Decimal(120))
    assert then.reason is PriceReason.STANDARD


@pytest.mark.parametrize("quantity", [-1, 0, COUPONS_AT_ONCE + 1])
def test_fewer_than_one_and_more_than_are_sold_at_once_are_refused(studio, plan, quantity) -> None:
    with pytest.raises(QuantityError):
        offer(studio, plan, quantity)


def test_without_a_standard_price_a_plan_is_not_sold_in_bulk(studio) -> None:
    unpriced = make.plan()
    make.volume_price(plan=unpriced, min_quantity=2, amount=90)

    with pytest.raises(NoPriceError):
        offer(studio, unpriced, 2)
    assert BulkPrices(studio, on=TODAY).plans == {}


def test_a_plan_that_could_not_be_renewed_is_not_sold_in_bulk(studio) -> None:
    plan = make.plan()
    make.price(plan=plan, new_from=make.LONG_AGO, existing_from=date(2030, 1, 1))

    assert BulkPrices(studio, on=TODAY).plans == {}


def test_only_site_plans_on_sale_are_sold_in_bulk(studio) -> None:
    make.catalogue()
    gone = make.plan(cycle=Cycle.MONTHLY)
    gone.is_sold = False
    gone.save()

    sold = [sold.plan for sold in BulkPrices(studio, on=TODAY).plans.values()]

    assert {plan.product.kind for plan in sold} == {Kind.SITE_PLAN.value}
    assert [plan.cycle for plan in sold] == ["yearly", "2-year", "3-year"]


def test_the_tiers_shown_are_what_is_charged_for_just_so_many(studio, plan) -> None:
    make.volume_price(plan=plan, min_quantity=COUPONS_AT_ONCE + 1, amount=1)
    prices = BulkPrices(studio, on=TODAY)

    tiers = prices.plans[plan.pk].tiers

    assert {tier.quantity: tier.unit_amount for tier in tiers} == {1: 100, 10: 90, 50: 80}
    assert [tier.now for tier in tiers] == [prices.offer(plan, n).now for n in (1, 10, 50)]


def test_without_volume_prices_there_are_no_tiers() -> None:
    assert VolumePrices().tiers(plan_id=1, currency="USD", on=TODAY) == {}
    assert VolumePrices().for_quantity(500, plan_id=1, currency="USD", on=TODAY) is None
