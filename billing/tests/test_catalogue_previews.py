"""The catalogue's pages: a preview says what would follow and saves nothing; timeline; notices."""

from datetime import date, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import Price, SaleOffer
from billing.rules import Cycle
from billing.tests.catalogue_pages import formset, offer, price, sale
from portal.lib import clock
from portal.staff.tests.populate import browser, staff
from portal.testing import builders as make
from portal.testing.builders import TODAY
from portal.testing.snapshot import changed, snapshot

pytestmark = pytest.mark.django_db

ADD_PRICE, ADD_SALE = "/admin/billing/price/add/", "/admin/billing/sale/add/"
ADD_PLAN = "/admin/billing/plan/add/"
PREVIEW = {"_preview": ""}
BOUGHT = date(2025, 9, 20)  # charged again on 6 September


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


@pytest.fixture
def erin():
    return browser(staff("finance"))


@pytest.fixture
def plan():
    """A yearly plan at 100 dollars, to which Alice has subscribed."""
    return make.subscription_bought(on=BOUGHT).plan


def page_of(plan) -> str:
    return f"/admin/billing/plan/{plan.pk}/change/"


def words(response) -> str:
    assert response.status_code == 200
    return " ".join(unescape(response.content.decode()).split())


def stored_rows(plan) -> list[dict]:
    """The plan's prices as its page sends them back untouched."""
    return [
        {
            "id": row.pk,
            "plan": plan.pk,
            "currency": row.currency,
            "amount": row.amount,
            "new_from": row.new_from,
            "existing_from": row.existing_from,
        }
        for row in plan.prices.all()
    ]


def plan_sent(plan, *rows: dict) -> dict:
    stored = stored_rows(plan)
    return {"is_sold": "on"} | formset("prices", *stored, *rows, initial=len(stored))


# --- Nothing is saved ----------------------------------------------------------------------------


def test_a_preview_of_a_price_saves_nothing_and_keeps_what_was_typed(erin, plan):
    before = snapshot()

    shown = words(
        erin.post(
            ADD_PRICE, {"plan": plan.pk} | price("2026-08-01", "2026-09-01", amount="120") | PREVIEW
        )
    )

    assert changed(before) == []
    assert "Nothing is saved yet." in shown
    for typed in ("120", "2026-08-01", "2026-09-01", "USD"):
        assert f'value="{typed}"' in shown
    assert f'<option value="{plan.pk}" selected>' in shown


def test_a_preview_of_a_sale_saves_nothing_and_keeps_what_was_typed(erin, plan):
    before = snapshot()
    sent = sale(offer(plan, "2026-07-01", "2026-07-31"))

    shown = words(erin.post(ADD_SALE, sent | PREVIEW))

    assert changed(before) == []
    assert 'value="2026-07-31"' in shown
    assert f'<option value="{plan.pk}" selected>' in shown


def test_a_preview_on_the_plans_page_saves_neither_what_is_added_nor_what_is_changed(erin, plan):
    make.price(plan=plan, amount=130, new_from=date(2027, 1, 1))
    sent = plan_sent(plan, price("2026-08-01", amount="120")) | {"prices-0-amount": "140"}
    before = snapshot()

    shown = words(erin.post(page_of(plan), sent | PREVIEW))

    assert changed(before) == []
    assert "Site plan, yearly at $120.00" in shown
    assert "Site plan, yearly at $140.00" in shown
    assert 'value="140"' in shown


def test_after_the_preview_the_same_form_saves(erin, plan):
    sent = {"plan": plan.pk} | price("2026-08-01", "2026-09-01", amount="120")
    erin.post(ADD_PRICE, sent | PREVIEW)

    response = erin.post(ADD_PRICE, sent | {"_save": ""})

    assert response.status_code == 302
    assert Price.objects.filter(plan=plan, amount=120).exists()


def test_a_plan_can_be_previewed_before_there_is_one(erin):
    product = make.plan().product
    sent = {"product": product.pk, "cycle": Cycle.MONTHLY.value, "is_sold": "on"}

    shown = words(erin.post(ADD_PLAN, sent | formset("prices", price("2026-08-01")) | PREVIEW))

    assert "Site plan, monthly at $150.00" in shown
    assert "No running subscription renews at it." in shown
    assert product.plans.count() == 1


# --- What is wrong is told instead ---------------------------------------------------------------


def test_what_could_not_be_saved_is_not_previewed(erin, plan):
    shown = words(
        erin.post(ADD_PRICE, {"plan": plan.pk} | price("2026-08-01", amount="-1") | PREVIEW)
    )

    assert "A price cannot be negative." in shown
    assert "Nothing is saved yet." not in shown


def test_neither_is_what_is_wrong_in_a_row_below(erin, plan):
    sent = sale(offer(plan, "2026-07-31", "2026-07-01"))

    shown = words(erin.post(ADD_SALE, sent | PREVIEW))

    assert "The offer ends before it starts." in shown
    assert "Nothing is saved yet." not in shown


def test_where_nothing_is_changed_there_is_nothing_to_tell(erin, plan):
    assert "No price is added or changed." in words(
        erin.post(page_of(plan), plan_sent(plan) | PREVIEW)
    )
    assert "The sale offers nothing yet." in words(erin.post(ADD_SALE, sale() | PREVIEW))


# --- What it says --------------------------------------------------------------------------------


def test_a_price_tells_purchases_renewals_and_notices(erin, plan):
    sent = {"plan": plan.pk} | price("2026-08-01", "2026-09-01", amount="120")

    shown = words(erin.post(ADD_PRICE, sent | PREVIEW))

    assert "<strong>$120.00</strong> from Aug. 1, 2026 (before that day $100.00)" in shown
    assert "1 running subscription renews at it, charged on Sept. 6, 2026." in shown
    assert "They are announced by mail, the first on Aug. 7, 2026." in shown
    assert "September 2026" in shown
    assert "$20.00" in shown
    assert "too late" not in shown


def test_a_price_dated_too_near_says_from_which_day_everyone_is_told(erin, plan):
    with clock.frozen(date(2026, 9, 1)):
        shown = words(
            erin.post(ADD_PRICE, {"plan": plan.pk} | price("2026-09-02", amount="120") | PREVIEW)
        )

    assert "1 of them would be told too late, or not at all." in shown
    assert "For existing subscribers from Oct. 1, 2026 on, everyone is told in time." in shown


def test_a_price_that_leaves_renewals_without_one_says_so(erin, plan):
    sent = {"plan": plan.pk} | price("2026-06-15", "2027-09-01", currency="EUR")

    shown = words(erin.post(ADD_PRICE, sent | PREVIEW))

    assert "existing subscribers have a price from Sept. 1, 2027 only" in shown


def test_an_offer_tells_what_it_makes_of_the_price_and_when_it_ends(erin, plan):
    shown = words(erin.post(ADD_SALE, sale(offer(plan, "2026-07-01", "2026-07-31")) | PREVIEW))

    assert "Site plan, yearly: 20% off" in shown
    for said in ("July 1, 2026 to July 31, 2026", "$100.00", "$80.00"):
        assert said in shown
    for charged in ("June 17, 2027", "July 17, 2027"):
        assert charged in shown


def test_an_offer_being_deleted_is_not_told(erin, plan):
    row = make.sale(plan=plan, starts_on=date(2026, 7, 1), ends_on=date(2026, 7, 31))
    gone = offer(plan, "2026-07-01", "2026-07-31", id=row.pk, sale=row.sale_id, DELETE="on")
    sent = {"name": "Sale", "code": "sale"} | formset("offers", gone, initial=1)

    shown = words(erin.post(f"/admin/billing/sale/{row.sale_id}/change/", sent | PREVIEW))

    assert "The sale offers nothing yet." in shown
    assert SaleOffer.objects.exists()


def test_a_preview_asks_as_much_for_many_subscribers_as_for_few(erin, plan):
    sent = {"plan": plan.pk} | price("2026-08-01", amount="120") | PREVIEW
    few = asked_for(erin.post, ADD_PRICE, sent)  # one has subscribed
    for number in range(29):
        make.subscription_bought(on=BOUGHT + timedelta(days=number))

    assert asked_for(erin.post, ADD_PRICE, sent) == few
    assert "30 running subscriptions renew at it" in words(erin.post(ADD_PRICE, sent))


def asked_for(send, *what) -> int:
    """The queries of a page, without those that are asked once a process."""
    send(*what)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        send(*what)
    return len(captured)


# --- Who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "status"),
    [("finance", 200), ("administrator", 200), ("support", 403), ("programme manager", 403)],
)
def test_who_may_save_may_preview_and_nobody_else(plan, role, status):
    client = browser(staff(role))

    assert client.post(page_of(plan), plan_sent(plan) | PREVIEW).status_code == status
    assert client.post(ADD_SALE, sale() | PREVIEW).status_code == status


@pytest.mark.parametrize(("role", "has_button"), [("finance", True), ("programme manager", False)])
def test_the_button_stands_where_one_may_save(plan, role, has_button):
    shown = words(browser(staff(role)).get(page_of(plan)))

    assert ('name="_preview"' in shown) is has_button


def test_the_button_stands_on_the_page_of_what_is_not_there_yet(erin):
    for address in (ADD_PRICE, ADD_PLAN, ADD_SALE):
        assert 'name="_preview"' in words(erin.get(address))


# --- The plan's page -----------------------------------------------------------------------------


def test_a_plans_page_shows_past_present_and_coming_prices_and_sales(plan):
    make.price(plan=plan, amount=120, new_from=date(2026, 9, 1), existing_from=date(2026, 10, 1))
    make.price(plan=plan, amount=90, currency="EUR", new_from=date(2026, 7, 1))
    make.sale(plan=plan, percent_off=50, starts_on=TODAY, ends_on=date(2026, 6, 30))

    section = browser(staff("programme manager")).get(page_of(plan)).context["sections"][0]

    euros, dollars = section.context["timelines"]
    assert [(row.span.amount, row.standing.value) for row in dollars["rows"]] == [
        (50, "in force"),
        (100, "coming"),
        (120, "coming"),
        (100, "in force"),
        (120, "coming"),
    ]
    assert [row.span.ends_on for row in dollars["past"]] == [
        date(2019, 12, 31),
        date(2026, 6, 14),
        date(2019, 12, 31),
    ]
    first = euros["rows"][0]
    assert (first.span.price, first.span.ends_on) == (None, date(2026, 6, 30))


def test_a_plans_page_reads_aloud_as_a_table(erin, plan):
    make.sale(plan=plan, percent_off=50, starts_on=TODAY, ends_on=date(2026, 6, 30))

    shown = words(erin.get(page_of(plan)))

    assert "<caption>USD</caption>" in shown
    assert "June 15, 2026 to June 30, 2026" in shown
    assert "Sale: 50% off, instead of $100.00" in shown
    assert "<strong>in force</strong>" in shown
    assert "no price" in shown


def test_a_plans_page_names_its_holes_and_a_whole_one_has_none(erin, plan):
    assert "To look at" not in words(erin.get(page_of(plan)))

    make.account(name="Zweites Studio", currency="EUR")

    assert "No price in EUR. Accounts that pay in it: 1." in words(erin.get(page_of(plan)))


def test_a_plan_without_any_price_says_so(erin):
    shown = words(erin.get(page_of(make.plan())))

    assert "It has no price in any currency, so nobody can buy it." in shown


def test_a_plans_page_asks_as_much_for_many_subscribers_as_for_few(erin, plan):
    few = asked_for(erin.get, page_of(plan))
    for number in range(29):
        make.subscription_bought(on=BOUGHT + timedelta(days=number))

    assert asked_for(erin.get, page_of(plan)) == few
