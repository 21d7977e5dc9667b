"""What an account is offered: kinds, cycles, currencies, prices, and what runs already."""

from datetime import date, timedelta

import pytest

from billing.models import Plan, Product, Subscription, TaxRate
from billing.offers import Offer, Offers
from billing.rules import Cycle, Kind, PriceReason
from billing.shop import Shelf, shelf, sites_to_choose, stocked
from billing.subjects import BoughtFor
from partners.models import Account, Site
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 15)
A_DAY = timedelta(days=1)


@pytest.fixture
def studio() -> Account:
    return make.studio()


def priced(*, code: str = "site-plan", cycle: Cycle = Cycle.YEARLY, tier: int = 1, **terms) -> Plan:
    plan = make.plan(cycle=cycle, code=code)
    Product.objects.filter(code=code).update(tier=tier, kind=Kind.SITE_PLAN.value)
    make.price(plan=plan, **terms)
    return plan


def shelf_of(
    account: Account,
    *,
    kind: Kind = Kind.SITE_PLAN,
    subject: BoughtFor = "",
    currency: str = "",
    cycle: str = "",
    on: date = TODAY,
) -> Shelf:
    return shelf(account, kind, subject=subject, currency=currency, cycle=cycle, on=on)


def offered(account: Account, **asked) -> list[Offer]:
    return shelf_of(account, **asked).offers


# --- Kinds ---------------------------------------------------------------------------------------


def test_a_kind_is_in_the_shop_when_something_of_it_is_sold():
    for kind in (Kind.SITE_PLAN, Kind.DOMAIN):
        make.plan(kind=kind)
    Plan.objects.filter(product__kind=Kind.DOMAIN).update(is_sold=False)

    assert [(one.kind, names) for one, names in stocked()] == [(Kind.SITE_PLAN, ["Site plan"])]


def test_a_product_is_named_once_however_many_cycles_it_is_sold_on():
    for code in ("reviews", "bookings"):
        for cycle in Cycle:
            make.plan(kind=Kind.APP, code=code, cycle=cycle)

    [(_department, names)] = stocked()

    assert names == ["Bookings", "Reviews"]


# --- Cycles --------------------------------------------------------------------------------------


def test_offers_of_a_cycle_come_by_tier_and_cycles_by_length(studio):
    for code, tier in (("starter", 1), ("grand", 2)):
        for cycle in (Cycle.THREE_YEAR, Cycle.MONTHLY, Cycle.YEARLY, Cycle.TWO_YEAR):
            priced(code=code, tier=tier, cycle=cycle)

    found = shelf_of(studio, cycle="2-year")

    assert found.cycles == [Cycle.MONTHLY, Cycle.YEARLY, Cycle.TWO_YEAR, Cycle.THREE_YEAR]
    assert [(one.plan.product.code, one.plan.cycle) for one in found.offers] == [
        ("starter", "2-year"),
        ("grand", "2-year"),
    ]


@pytest.mark.parametrize(
    ("sold", "asked", "shown"),
    [
        ([Cycle.MONTHLY, Cycle.YEARLY], "", Cycle.YEARLY),
        ([Cycle.MONTHLY, Cycle.YEARLY], "monthly", Cycle.MONTHLY),
        ([Cycle.MONTHLY, Cycle.YEARLY], "3-year", Cycle.YEARLY),
        ([Cycle.THREE_YEAR, Cycle.TWO_YEAR], "", Cycle.TWO_YEAR),
        ([Cycle.MONTHLY], "nonsense", Cycle.MONTHLY),
        ([], "yearly", None),
    ],
)
def test_yearly_is_shown_unless_another_cycle_is_asked_for(studio, sold, asked, shown):
    for cycle in sold:
        priced(cycle=cycle)

    assert shelf_of(studio, cycle=asked).cycle == shown


# --- Currencies ----------------------------------------------------------------------------------


def test_the_accounts_currency_is_shown_unless_another_is_asked_for(studio):
    plan = priced()
    make.price(plan=plan, amount=90, currency="EUR")
    make.price(plan=plan, amount=80, currency="CHF")

    found = [shelf_of(studio, currency=asked) for asked in ("", "EUR", "XXX")]

    assert found[0].currencies == ["USD", "CHF", "EUR"]
    assert [(one.currency, one.offers[0].now.amount) for one in found] == [
        ("USD", 100),
        ("EUR", 90),
        ("USD", 100),
    ]


def test_in_a_currency_without_prices_nothing_is_offered_and_others_are_named():
    priced(currency="EUR")
    tokyo = make.account(currency="JPY")

    found = shelf_of(tokyo)

    assert (found.currency, found.offers, found.currencies) == ("JPY", [], ["EUR"])


@pytest.mark.parametrize(
    "terms",
    [{"new_from": TODAY + A_DAY}, {"existing_from": date(2030, 1, 1)}],
    ids=["not yet", "no price to renew at"],
)
def test_a_currency_that_cannot_be_bought_and_renewed_in_is_none_to_choose(studio, terms):
    make.price(plan=priced(), currency="EUR", **terms)

    assert shelf_of(studio).currencies == ["USD"]


@pytest.mark.parametrize(
    "terms",
    [{"currency": "EUR"}, {"new_from": TODAY + A_DAY}, {"existing_from": date(2030, 1, 1)}],
    ids=["another currency", "not yet", "no price to renew at"],
)
def test_a_plan_without_a_price_for_the_account_is_not_offered(studio, terms):
    priced(code="grand", tier=2, **terms)
    priced()

    assert [one.plan.product.code for one in offered(studio)] == ["site-plan"]


def test_only_plans_of_the_kind_that_are_sold_are_offered(studio):
    priced(code="retired")
    Plan.objects.update(is_sold=False)
    make.price(plan=make.plan(kind=Kind.DOMAIN))

    assert offered(studio) == []


# --- Prices --------------------------------------------------------------------------------------


def test_an_offer_without_a_sale_costs_the_standard_price_now_and_then(studio):
    priced()

    [one] = offered(studio)

    assert (one.now.amount, one.now.charge_on, one.now.reason) == (
        100,
        TODAY,
        PriceReason.STANDARD,
    )
    assert (one.then.amount, one.then.charge_on) == (100, date(2027, 6, 1))
    assert (one.sale, one.sale_amount, one.sale_ends_on) == (None, None, None)


@pytest.mark.parametrize(
    ("on", "amount"),
    [
        (TODAY - A_DAY, 100),
        (TODAY, 40),
        (TODAY + A_DAY, 40),
        (TODAY + 2 * A_DAY, 100),
    ],
)
def test_a_sale_is_shown_from_its_first_to_its_last_day(studio, on, amount):
    make.sale(plan=priced(), amount=40, starts_on=TODAY, ends_on=TODAY + A_DAY)

    [one] = offered(studio, on=on)

    assert one.now.amount == amount
    assert (one.standard_amount, one.then.amount) == (100, 100)


def test_a_sale_says_what_it_costs_until_when_and_afterwards(studio):
    sale = make.sale(plan=priced(cycle=Cycle.MONTHLY), percent_off=50)

    [one] = offered(studio)

    assert (one.sale, one.sale_amount, one.standard_amount) == (sale, 5, 10)
    assert (one.now.reason, one.then.reason) == (PriceReason.SALE, PriceReason.SALE)
    assert one.sale_ends_on == date(2027, 6, 15)


def test_a_sale_in_another_currency_is_none(studio):
    make.sale(plan=priced(), amount=40, currency="EUR")

    [one] = offered(studio)

    assert (one.sale, one.now.amount) == (None, 100)


def test_a_nonprofit_is_offered_its_premium_plan_for_nothing(studio):
    make.nonprofit(account=studio)
    priced()

    [one] = offered(studio)

    assert (one.now.amount, one.now.reason) == (0, PriceReason.NONPROFIT)


def test_a_plan_with_two_prices_is_offered_once_at_the_one_in_force(studio):
    make.price(plan=priced(), amount=120, new_from=TODAY)

    [before] = offered(studio, on=TODAY - A_DAY)
    [after] = offered(studio)

    assert (before.now.amount, after.now.amount) == (100, 120)


def test_what_is_shown_has_the_tax_in_it_before_and_without_the_sale(studio):
    make.sale(plan=priced(), percent_off=50)
    TaxRate.objects.create(country="GB", name="VAT", percent=20, from_on=TODAY)

    [one] = offered(studio)

    assert (one.now.gross_amount, one.then.gross_amount, one.standard_amount) == (60, 120, 120)


def test_a_shelf_takes_as_many_queries_for_many_plans_as_for_one(studio, django_assert_num_queries):
    for code in ("one", "two", "three", "four"):
        make.sale(plan=priced(code=code))

    with django_assert_num_queries(6):
        assert len(offered(studio, subject=Site(pk=1, account=studio))) == 4


# --- Charges to come -----------------------------------------------------------------------------


def test_the_next_three_charges_are_those_that_will_be_made(studio):
    plan = priced(cycle=Cycle.MONTHLY)
    offers = Offers(studio, on=TODAY)

    coming = offers.coming(offers.of(plan, currency="USD"))

    assert [(one.charge_on, one.amount) for one in coming] == [
        (date(2026, 7, 15), 10),
        (date(2026, 8, 15), 10),
        (date(2026, 9, 15), 10),
    ]


@pytest.mark.parametrize(
    ("cycle", "charge_on", "starts_on"),
    [
        (Cycle.MONTHLY, date(2027, 6, 15), date(2027, 6, 15)),
        (Cycle.YEARLY, date(2027, 6, 1), date(2027, 6, 15)),
        (Cycle.TWO_YEAR, date(2028, 6, 1), date(2028, 6, 15)),
    ],
)
def test_after_a_sale_the_standard_price_is_charged_first_on_its_day(
    studio, cycle, charge_on, starts_on
):
    plan, offers = make.sale(plan=priced(cycle=cycle)).plan, Offers(studio, on=TODAY)

    first = offers.after_sale(offers.of(plan, currency="USD"))

    assert (first.charge_on, first.term.starts_on, first.reason) == (
        charge_on,
        starts_on,
        PriceReason.STANDARD,
    )


def test_without_a_sale_nothing_comes_after_it(studio):
    plan, offers = priced(), Offers(studio, on=TODAY)

    assert offers.after_sale(offers.of(plan, currency="USD")) is None


# --- What runs already ---------------------------------------------------------------------------


def test_what_runs_for_the_site_is_marked_and_other_apps_are_not(studio):
    site = make.site(account=studio)
    make.subscription_bought(kind=Kind.APP, site=site, on=TODAY)
    make.price(plan=make.plan(kind=Kind.APP, code="reviews"))

    marked = shelf_of(studio, kind=Kind.APP, subject=site).taken

    assert marked == {"app"}


def test_beside_a_running_premium_plan_none_of_them_can_be_chosen(studio):
    site = make.subscription_bought(account=studio, on=TODAY).site
    priced(code="grand")

    assert shelf_of(studio, subject=site).taken == {"site-plan", "grand"}


def test_what_has_ended_is_no_obstacle(studio):
    site = make.subscription_bought(account=studio, on=TODAY).site
    Subscription.objects.update(state="expired", next_charge_on=None)

    assert shelf_of(studio, subject=site).taken == set()


@pytest.mark.parametrize(("kind", "is_marked"), [(Kind.SITE_PLAN, True), (Kind.APP, False)])
def test_sites_that_have_their_one_are_marked_among_those_to_choose_from(studio, kind, is_marked):
    having = make.subscription_bought(kind=kind, account=studio, on=TODAY).site
    free = make.site(account=studio)
    make.clients_site()

    found = {site: site.has_one for site in sites_to_choose(studio, kind, address="")}

    assert found == {having: is_marked, free: False}


def test_sites_to_choose_from_are_found_by_part_of_their_address(studio):
    wanted = make.site(account=studio, address="juniper.example")
    make.site(account=studio, address="alder.example")

    assert list(sites_to_choose(studio, Kind.APP, address="juni")) == [wanted]
