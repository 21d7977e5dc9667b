"""What a plan costs by day: no day is left out, and each costs what a purchase or renewal does."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing.catalogue.spans import Span, Standing, purchase_spans, renewal_spans
from billing.errors import NoPriceError
from billing.models import SaleOffer
from billing.offers import taken_up
from billing.pricing import PriceBook
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

A_DAY = timedelta(days=1)
MARCH, JUNE, SEPTEMBER = date(2026, 3, 1), date(2026, 6, 1), date(2026, 9, 1)


@pytest.fixture
def plan():
    """100 since March, 120 from June for new subscribers and from September for existing ones."""
    made = make.plan()
    make.price(plan=made, amount=100, new_from=MARCH)
    make.price(plan=made, amount=120, new_from=JUNE, existing_from=SEPTEMBER)
    make.price(plan=made, amount=90, currency="EUR", new_from=JUNE)
    make.sale(plan=made, percent_off=50, starts_on=date(2026, 5, 20), ends_on=date(2026, 6, 10))
    return made


def purchases(plan, currency="USD"):
    offers = list(plan.offers.select_related("sale"))
    book = PriceBook.load()
    return purchase_spans(book, plan_id=plan.pk, currency=currency, offers=offers)


def renewals(plan, currency="USD"):
    return renewal_spans(PriceBook.load(), plan_id=plan.pk, currency=currency)


def told(spans):
    return [(span.starts_on, span.ends_on, span.amount) for span in spans]


def test_purchases_are_told_from_before_the_first_price_to_after_the_last_offer(plan):
    assert told(purchases(plan)) == [
        (None, date(2026, 2, 28), None),
        (MARCH, date(2026, 5, 19), Decimal(100)),
        (date(2026, 5, 20), date(2026, 5, 31), Decimal(50)),
        (JUNE, date(2026, 6, 10), Decimal(60)),
        (date(2026, 6, 11), None, Decimal(120)),
    ]


def test_renewals_follow_the_days_for_existing_subscribers_and_know_no_offers(plan):
    assert told(renewals(plan)) == [
        (None, date(2026, 2, 28), None),
        (MARCH, date(2026, 8, 31), Decimal(100)),
        (SEPTEMBER, None, Decimal(120)),
    ]


def test_before_its_first_price_a_currency_has_none_whatever_is_offered(plan):
    assert told(purchases(plan, "EUR")) == [
        (None, date(2026, 5, 31), None),
        (JUNE, date(2026, 6, 10), Decimal(45)),
        (date(2026, 6, 11), None, Decimal(90)),
    ]


def test_a_currency_without_a_price_has_none_for_ever(plan):
    assert told(renewals(plan, "JPY")) == [(None, None, None)]


def test_every_day_costs_what_the_code_that_charges_says(plan):
    book = PriceBook.load()
    for number in range(300):
        day = date(2026, 1, 15) + number * A_DAY
        (bought,) = [span for span in purchases(plan) if contains(span, day)]
        (renewed,) = [span for span in renewals(plan) if contains(span, day)]

        assert bought.amount == price_of_purchase(plan, book, day)
        assert renewed.amount == price_of_renewal(plan, book, day)


def contains(span: Span, day: date) -> bool:
    return (span.starts_on or date.min) <= day <= (span.ends_on or date.max)


def price_of_purchase(plan, book, day):
    try:
        standard = book.for_purchase(plan_id=plan.pk, currency="USD", on=day).amount
    except NoPriceError:
        return None
    running = SaleOffer.objects.running(day).filter(plan=plan)
    taken = taken_up(running, currency="USD", standard=standard)
    return taken[1] if taken else standard


def price_of_renewal(plan, book, day):
    try:
        return book.for_renewal(plan_id=plan.pk, currency="USD", on=day).amount
    except NoPriceError:
        return None


@pytest.mark.parametrize(
    ("on", "standing"),
    [
        (MARCH - A_DAY, Standing.COMING),
        (MARCH, Standing.IN_FORCE),
        (JUNE, Standing.IN_FORCE),
        (JUNE + A_DAY, Standing.PAST),
    ],
)
def test_a_span_is_in_force_from_its_first_to_its_last_day(on, standing):
    assert Span(starts_on=MARCH, ends_on=JUNE).standing(on) is standing


@pytest.mark.parametrize("on", [date.min, MARCH, date.max])
def test_a_span_without_an_end_is_in_force_on_every_day(on):
    assert Span(starts_on=None, ends_on=None).standing(on) is Standing.IN_FORCE


def test_a_price_of_the_first_day_there_is_and_an_offer_to_the_last_have_no_gap():
    plan = make.plan()
    make.price(plan=plan, amount=100, new_from=date.min)
    make.sale(plan=plan, percent_off=50, starts_on=MARCH, ends_on=date.max)

    assert told(purchases(plan)) == [
        (None, date(2026, 2, 28), Decimal(100)),
        (MARCH, None, Decimal(50)),
    ]
