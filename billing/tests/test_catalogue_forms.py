"""What contradicts in the catalogue is refused in its forms, together with what it contradicts."""

from html import unescape

import pytest

from billing.models import Price, Sale, SaleOffer
from billing.tests.catalogue_pages import amount_offer, formset, offer, price, sale
from portal.staff.tests.populate import browser, plan_of, staff

pytestmark = pytest.mark.django_db

ADD_SALE, ADD_PRICE = "/admin/billing/sale/add/", "/admin/billing/price/add/"


@pytest.fixture
def erin():
    return browser(staff("finance"))


@pytest.fixture
def plan():
    """144 dollars since 1 January, for everyone."""
    return plan_of("plus")


def said(response) -> str:
    """The page's words, if it is a form with errors."""
    assert response.status_code == 200
    return unescape(response.content.decode())


# --- Sales ---------------------------------------------------------------------------------------


def test_a_sale_is_added_with_its_offers(erin, plan):
    response = erin.post(ADD_SALE, sale(offer(plan, "2026-07-01", "2026-07-31")))

    assert response.status_code == 302
    assert SaleOffer.objects.get().percent_off == 20


@pytest.mark.parametrize("days", [("2026-07-31", "2026-08-15"), ("2026-06-01", "2026-07-01")])
def test_an_offer_on_days_of_another_sales_is_refused_with_its_name_and_days(erin, plan, days):
    erin.post(ADD_SALE, sale(offer(plan, "2026-07-01", "2026-07-31")))

    response = erin.post(ADD_SALE, sale(offer(plan, *days), code="august"))

    words = "“Summer” offers this plan at 20% off from July 1, 2026 to July 31, 2026."
    assert f"{words} Choose days before or after." in said(response)
    assert Sale.objects.count() == 1


@pytest.mark.parametrize("days", [("2026-08-01", "2026-08-15"), ("2026-06-01", "2026-06-30")])
def test_an_offer_up_to_the_day_before_or_from_the_day_after_is_taken(erin, plan, days):
    erin.post(ADD_SALE, sale(offer(plan, "2026-07-01", "2026-07-31")))

    erin.post(ADD_SALE, sale(offer(plan, *days), code="other"))

    assert SaleOffer.objects.count() == 2


def test_two_overlapping_offers_typed_together_are_refused_with_each_other(erin, plan):
    response = erin.post(
        ADD_SALE,
        sale(offer(plan, "2026-07-01", "2026-07-31"), offer(plan, "2026-07-15", "2026-08-15")),
    )

    words = "“Summer” offers this plan at 20% off from July 1, 2026 to July 31, 2026."
    assert words in said(response)
    assert not SaleOffer.objects.exists()


@pytest.mark.parametrize("together", [True, False])
def test_an_amount_on_days_of_a_percentage_is_refused_and_says_why(erin, plan, together):
    first = offer(plan, "2026-07-01", "2026-07-31")
    second = amount_offer(plan, "2026-07-15", "2026-08-15")
    if not together:
        erin.post(ADD_SALE, sale(first))

    response = erin.post(ADD_SALE, sale(*([first] if together else []), second, code="other"))

    words = "A percentage holds in every currency, so choose days before or after."
    assert words in said(response)
    assert SaleOffer.objects.count() == (0 if together else 1)


def test_a_percentage_on_days_of_an_amount_is_refused_too(erin, plan):
    erin.post(ADD_SALE, sale(amount_offer(plan, "2026-07-01", "2026-07-31")))

    response = erin.post(ADD_SALE, sale(offer(plan, "2026-07-31", "2026-08-15"), code="other"))

    assert "“Summer” offers this plan at $90.00 from July 1, 2026 to July 31, 2026." in said(
        response
    )


def test_amounts_in_two_currencies_may_run_on_the_same_days(erin, plan):
    days = "2026-07-01", "2026-07-31"

    erin.post(ADD_SALE, sale(amount_offer(plan, *days), amount_offer(plan, *days, currency="EUR")))

    assert SaleOffer.objects.count() == 2


def test_two_plans_may_be_on_sale_on_the_same_days(erin, plan):
    days = "2026-07-01", "2026-07-31"

    erin.post(ADD_SALE, sale(offer(plan, *days), offer(plan_of("core"), *days)))

    assert SaleOffer.objects.count() == 2


def test_the_end_of_an_offer_is_moved_and_it_does_not_meet_itself(erin, plan):
    erin.post(ADD_SALE, sale(offer(plan, "2026-07-01", "2026-07-31")))
    row = SaleOffer.objects.get()
    moved = offer(plan, "2026-07-01", "2026-08-15", id=row.pk, sale=row.sale_id)
    sent = {"name": "Summer", "code": "summer"} | formset("offers", moved, initial=1)

    response = erin.post(f"/admin/billing/sale/{row.sale_id}/change/", sent)

    row.refresh_from_db()
    assert response.status_code == 302
    assert str(row.ends_on) == "2026-08-15"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"amount": "90", "currency": "USD"}, "Give either a percentage"),
        ({"percent_off": ""}, "Give either a percentage"),
        ({"percent_off": 101}, "Give either a percentage"),
        ({"ends_on": "2026-06-30"}, "The offer ends before it starts."),
        ({"currency": "XXQ"}, "There is no currency XXQ."),
    ],
)
def test_an_offer_that_makes_no_sense_is_told_in_words(erin, plan, fields, words):
    response = erin.post(ADD_SALE, sale(offer(plan, "2026-07-01", "2026-07-31") | fields))

    assert words in said(response)


# --- Prices --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "days", [("2026-01-01", "2026-03-01"), ("2026-03-01", "2026-01-01"), ("2026-01-01", "")]
)
def test_a_second_price_from_the_same_day_is_refused_with_the_first(erin, plan, days):
    response = erin.post(ADD_PRICE, {"plan": plan.pk} | price(*days))

    words = "Another version is dated that day: $144.00 for new subscribers from Jan. 1, 2026"
    assert words in said(response)
    assert "already exists" not in said(response)
    assert Price.objects.count() == 1


@pytest.mark.parametrize(
    "sent", [price("2026-01-02"), price("2025-12-31"), price("2026-01-01", currency="EUR")]
)
def test_a_price_of_another_day_or_currency_is_taken(erin, plan, sent):
    erin.post(ADD_PRICE, {"plan": plan.pk} | sent)

    assert Price.objects.count() == 2


def test_two_prices_of_one_day_typed_together_are_refused_with_each_other(erin, plan):
    stored = plan.prices.get()
    rows = [
        price("2026-01-01", amount="144.000") | {"id": stored.pk, "plan": plan.pk},
        price("2026-09-01", "2026-10-01"),
        price("2026-09-01", "2026-11-01", amount="160"),
    ]

    response = erin.post(
        f"/admin/billing/plan/{plan.pk}/change/",
        {"is_sold": "on"} | formset("prices", *rows, initial=1),
    )

    words = "Another version is dated that day: $150.00 for new subscribers from Sept. 1, 2026"
    assert words in said(response)
    assert Price.objects.count() == 1


def test_a_price_in_no_currency_is_refused_and_small_letters_are_taken(erin, plan):
    response = erin.post(ADD_PRICE, {"plan": plan.pk} | price("2026-01-01", currency="XXQ"))
    erin.post(ADD_PRICE, {"plan": plan.pk} | price("2026-01-01", currency="eur"))

    assert "There is no currency XXQ." in said(response)
    assert Price.objects.latest("pk").currency == "EUR"
