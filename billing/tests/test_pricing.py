"""What a period costs and why: price versions, sales, non-profits."""

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.errors import NoPriceError
from billing.models import Plan, Price
from billing.offers import Offer, Offers
from billing.pricing import Agreement, PriceBook
from billing.rules import Cycle, Kind, PriceReason
from portal.testing import builders as make

BOUGHT = date(2025, 6, 15)
OLD_FROM, NEW_FROM, EXISTING_FROM = date(2025, 1, 1), date(2026, 3, 1), date(2026, 6, 1)
A_DAY = timedelta(days=1)


def version(amount: int | str, new_from: date, existing_from: date, currency: str = "USD") -> Price:
    return Price(
        plan_id=1,
        currency=currency,
        amount=Decimal(amount),
        new_from=new_from,
        existing_from=existing_from,
    )


def raised_price() -> PriceBook:
    """100, then 120: for new subscribers since March, for existing ones since June."""
    return PriceBook(
        [version(120, NEW_FROM, EXISTING_FROM), version(100, OLD_FROM, OLD_FROM)],
    )


def agreed(
    *,
    cycle: Cycle = Cycle.YEARLY,
    kind: Kind = Kind.SITE_PLAN,
    bought_on: date = BOUGHT,
    sale_amount: Decimal | None = None,
    currency: str = "USD",
    is_nonprofit: bool = False,
) -> Agreement:
    return Agreement(
        kind=kind,
        cycle=cycle,
        plan_id=1,
        currency=currency,
        purchased_on=bought_on,
        anchor_on=bought_on,
        sale_amount=sale_amount,
        is_nonprofit=is_nonprofit,
    )


# --- Versions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "amount"),
    [(OLD_FROM, 100), (NEW_FROM - A_DAY, 100), (NEW_FROM, 120), (NEW_FROM + A_DAY, 120)],
)
def test_a_purchase_costs_the_version_that_binds_new_subscribers(on, amount) -> None:
    assert raised_price().for_purchase(plan_id=1, currency="USD", on=on).amount == amount


@pytest.mark.parametrize(
    ("on", "amount"),
    [
        (NEW_FROM, 100),
        (EXISTING_FROM - A_DAY, 100),
        (EXISTING_FROM, 120),
        (EXISTING_FROM + A_DAY, 120),
    ],
)
def test_a_renewal_costs_the_version_that_binds_existing_subscribers(on, amount) -> None:
    assert raised_price().for_renewal(plan_id=1, currency="USD", on=on).amount == amount


@pytest.mark.parametrize(
    ("starts_on", "amount"),
    [
        (EXISTING_FROM + timedelta(days=13), 100),  # charged on 31 May
        (EXISTING_FROM + timedelta(days=14), 120),  # charged on 1 June
    ],
)
def test_a_renewals_price_is_decided_by_its_charge_day(starts_on, amount) -> None:
    agreement = agreed(bought_on=starts_on.replace(year=2025))

    assert raised_price().quote(agreement, 1).amount == amount


def test_versions_that_bind_existing_subscribers_in_another_order_are_told_apart() -> None:
    book = PriceBook(
        [
            version(100, date(2025, 1, 1), date(2025, 1, 1)),
            version(120, date(2025, 2, 1), date(2025, 9, 1)),
            version(110, date(2025, 3, 1), date(2025, 6, 1)),
        ]
    )

    assert book.for_purchase(plan_id=1, currency="USD", on=date(2025, 10, 1)).amount == 110
    assert book.for_renewal(plan_id=1, currency="USD", on=date(2025, 7, 1)).amount == 110
    assert book.for_renewal(plan_id=1, currency="USD", on=date(2025, 10, 1)).amount == 120


def test_before_the_first_version_there_is_no_price() -> None:
    with pytest.raises(NoPriceError):
        raised_price().for_purchase(plan_id=1, currency="USD", on=OLD_FROM - A_DAY)


@pytest.mark.parametrize(("plan_id", "currency"), [(1, "EUR"), (2, "USD")])
def test_another_currency_or_plan_has_no_price(plan_id, currency) -> None:
    with pytest.raises(NoPriceError):
        raised_price().for_renewal(plan_id=plan_id, currency=currency, on=EXISTING_FROM)


# --- Quotes --------------------------------------------------------------------------------------


def test_a_quote_names_its_term_its_charge_day_its_version_and_its_reason() -> None:
    quote = raised_price().quote(agreed(), 1)

    assert (quote.term.starts_on, quote.term.ends_on) == (date(2026, 6, 15), date(2027, 6, 15))
    assert quote.charge_on == date(2026, 6, 1)
    assert (quote.amount, quote.currency) == (Decimal("120.00"), "USD")
    assert quote.reason is PriceReason.STANDARD
    assert quote.price
    assert quote.price.new_from == NEW_FROM


@pytest.mark.parametrize(
    ("cycle", "ordinal", "reason"),
    [
        (Cycle.MONTHLY, 0, PriceReason.SALE),
        (Cycle.MONTHLY, 11, PriceReason.SALE),
        (Cycle.MONTHLY, 12, PriceReason.STANDARD),
        (Cycle.YEARLY, 0, PriceReason.SALE),
        (Cycle.YEARLY, 1, PriceReason.STANDARD),
        (Cycle.TWO_YEAR, 0, PriceReason.SALE),
        (Cycle.TWO_YEAR, 1, PriceReason.STANDARD),
        (Cycle.THREE_YEAR, 0, PriceReason.SALE),
        (Cycle.THREE_YEAR, 1, PriceReason.STANDARD),
    ],
)
def test_the_sale_price_is_for_the_first_year_of_service(cycle, ordinal, reason) -> None:
    quote = raised_price().quote(agreed(cycle=cycle, sale_amount=Decimal(50)), ordinal)

    assert quote.reason is reason
    assert (quote.amount == 50) is (reason is PriceReason.SALE)
    assert (quote.price is None) is (reason is PriceReason.SALE)


def test_a_sale_price_of_nothing_is_a_price_too() -> None:
    quote = raised_price().quote(agreed(sale_amount=Decimal(0)), 0)

    assert (quote.amount, quote.reason) == (Decimal(0), PriceReason.SALE)


def test_a_nonprofit_pays_nothing_for_a_premium_plan_even_without_a_price() -> None:
    quote = PriceBook([]).quote(agreed(is_nonprofit=True), 3)

    assert (quote.amount, quote.reason, quote.price) == (Decimal(0), PriceReason.NONPROFIT, None)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.SITE_PLAN])
def test_a_nonprofit_pays_for_everything_else(kind) -> None:
    quote = raised_price().quote(agreed(kind=kind, is_nonprofit=True), 1)

    assert (quote.reason, quote.amount > 0) == (PriceReason.STANDARD, True)


@pytest.mark.parametrize(
    ("amount", "currency", "charged"),
    [("9.995", "USD", "10.00"), ("999.5", "JPY", "1000"), ("1.2345", "KWD", "1.235")],
)
def test_an_amount_is_rounded_to_its_currencys_minor_unit(amount, currency, charged) -> None:
    book = PriceBook([version(amount, OLD_FROM, OLD_FROM, currency)])

    assert str(book.quote(agreed(currency=currency), 0).amount) == charged


# --- Sales ---------------------------------------------------------------------------------------


def offered(plan: Plan, *, currency: str = "USD", on: date = make.TODAY) -> Offer:
    return Offers(make.account(), on=on).of(plan, currency=currency)


@pytest.mark.django_db
class TestSales:
    def test_a_percentage_is_taken_off_and_rounded(self) -> None:
        plan = make.plan()
        make.price(plan=plan, amount="9.99")
        make.sale(plan=plan, percent_off=33)

        assert offered(plan).sale_amount == Decimal("6.69")

    @pytest.mark.parametrize(
        ("on", "runs"),
        [
            (date(2026, 5, 31), False),
            (date(2026, 6, 1), True),
            (date(2026, 6, 30), True),
            (date(2026, 7, 1), False),
        ],
    )
    def test_an_offer_runs_from_its_first_to_its_last_day(self, on, runs) -> None:
        plan = make.plan()
        make.price(plan=plan)
        make.sale(plan=plan, starts_on=date(2026, 6, 1), ends_on=date(2026, 6, 30))

        assert bool(offered(plan, on=on).sale) is runs

    def test_a_fixed_amount_is_offered_in_its_own_currency_only(self) -> None:
        plan = make.plan()
        make.price(plan=plan)
        make.price(plan=plan, currency="EUR")
        make.sale(plan=plan, amount=49, currency="EUR")

        assert offered(plan, currency="USD").sale_amount is None
        assert offered(plan, currency="EUR").sale_amount == 49

    def test_another_plans_sale_is_not_offered(self) -> None:
        plan = make.plan()
        make.price(plan=plan)
        make.sale(plan=make.plan(cycle=Cycle.MONTHLY))

        assert offered(plan).sale is None

    def test_an_offer_previews_what_is_charged_now_and_then(self) -> None:
        plan = make.plan()
        make.price(plan=plan, amount=100)
        make.sale(plan=plan, percent_off=50)

        shown = offered(plan)

        assert (shown.now.amount, shown.now.reason) == (Decimal(50), PriceReason.SALE)
        assert (shown.then.amount, shown.then.reason) == (Decimal(100), PriceReason.STANDARD)
        assert (shown.now.charge_on, shown.then.charge_on) == (make.TODAY, date(2027, 6, 1))
        assert shown.sale_ends_on == date(2027, 6, 15)


# --- Repriced ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "until", "repriced"),
    [
        (OLD_FROM, NEW_FROM - A_DAY, set()),
        (OLD_FROM, NEW_FROM, {1}),
        (NEW_FROM, EXISTING_FROM - A_DAY, {1}),  # dearer to buy than to renew
        (EXISTING_FROM - A_DAY, EXISTING_FROM, {1}),
        (EXISTING_FROM, date(2030, 1, 1), set()),
    ],
)
def test_a_plan_is_repriced_while_anybody_pays_another_price(since, until, repriced) -> None:
    assert raised_price().repriced(since=since, until=until) == repriced


def test_a_new_version_at_the_same_price_is_no_other_price() -> None:
    book = PriceBook([version(100, OLD_FROM, OLD_FROM), version(100, NEW_FROM, EXISTING_FROM)])

    assert book.repriced(since=OLD_FROM, until=date(2030, 1, 1)) == set()


def test_a_price_in_another_currency_is_no_other_price() -> None:
    book = PriceBook([version(100, OLD_FROM, OLD_FROM), version(90, OLD_FROM, OLD_FROM, "EUR")])

    assert book.repriced(since=OLD_FROM, until=date(2030, 1, 1)) == set()


DAYS = st.dates(date(2024, 1, 1), date(2027, 1, 1))


@given(
    versions=st.lists(st.tuples(st.integers(1, 3), DAYS, DAYS), min_size=1, max_size=4),
    days=st.tuples(DAYS, DAYS).map(sorted),
)
def test_whoever_pays_different_prices_within_some_days_has_a_repriced_plan(versions, days) -> None:
    earlier, later = days
    book = PriceBook([version(amount, new, existing) for amount, new, existing in versions])
    paid = set()
    for price_on in (book.for_purchase, book.for_renewal):
        for day in (earlier, later):
            with suppress(NoPriceError):
                paid.add(price_on(plan_id=1, currency="USD", on=day).amount)

    assert len(paid) <= 1 or book.repriced(since=earlier, until=later) == {1}
