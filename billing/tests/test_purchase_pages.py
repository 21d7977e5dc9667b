"""The page on which everything is said before it is paid, and what its button does."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import Invoice, Plan, Price, Subscription, TaxRate
from billing.rules import Cycle, Kind
from billing.tests.shopping import (
    links_of,
    on_sale,
    order,
    press,
    query_of,
    shop,
    signed_in,
    text_of,
)
from partners.models import Account, Site
from partners.roles import Role
from portal.lib import clock
from portal.testing import builders as make
from portal.testing.builders import TODAY

pytestmark = pytest.mark.django_db

A_DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


@pytest.fixture
def studio() -> Account:
    return make.studio()


@pytest.fixture
def site(studio) -> Site:
    return make.site(account=studio, address="juniper.example")


@pytest.fixture
def alice(studio) -> Client:
    return signed_in("Alice")


# --- The review ----------------------------------------------------------------------------------


def test_everything_is_said_before_it_is_paid(alice, studio, site):
    make.card(account=studio)
    make.sale(plan=on_sale(Kind.SITE_PLAN, cycle=Cycle.MONTHLY), percent_off=50)
    TaxRate.objects.create(country="GB", name="VAT", percent=20, from_on=TODAY)
    plan = Plan.objects.get()

    text = text_of(alice.get(order(studio, plan, site=site)))

    assert "Site plan , monthly" in text
    assert "For juniper.example" in text
    assert "First period June 15, 2026 – July 14, 2026" in text
    assert "Price $5.00 sale price, first year VAT, 20% $1.00 Total $6.00" in text
    assert "Card Visa •••• 4242" in text
    assert "the sale price is for periods that start before June 15, 2027" in text
    assert "first charged on June 15, 2027: $12.00" in text
    assert "July 15, 2026 the day the period ends 07/15/2026 – 08/14/2026 $6.00" in text
    assert "Sept. 15, 2026" in text
    assert "Oct. 15, 2026" not in text
    assert "Buy now for $6.00" in text


@pytest.mark.parametrize(
    ("ends_on", "price"), [(TODAY - A_DAY, "$100.00"), (TODAY, "$50.00"), (TODAY + A_DAY, "$50.00")]
)
def test_the_last_day_of_a_sale_is_its_last(alice, studio, site, ends_on, price):
    make.card(account=studio)
    plan = on_sale(Kind.SITE_PLAN)
    make.sale(plan=plan, percent_off=50, ends_on=ends_on)

    assert f"Buy now for {price}" in text_of(alice.get(order(studio, plan, site=site)))


def test_why_a_later_charge_is_on_its_day_is_said(alice, studio):
    make.card(account=studio)
    plan = on_sale(Kind.DOMAIN)

    text = text_of(alice.get(order(studio, plan), {"name": "müller.example"}))

    assert "May 16, 2027 30 days before the period ends on June 15, 2027" in text
    assert "müller.example registered as xn--mller-kva.example" in text


def test_a_price_that_rises_is_in_the_charges_to_come(alice, studio, site):
    make.card(account=studio)
    plan = on_sale(Kind.SITE_PLAN)
    make.price(plan=plan, amount=120, new_from=TODAY + A_DAY, existing_from=date(2028, 6, 1))

    text = text_of(alice.get(order(studio, plan, site=site)))

    assert "06/15/2027 – 06/14/2028 $100.00 standard price since Jan. 1, 2020" in text
    assert "06/15/2028 – 06/14/2029 $120.00 standard price since June 1, 2028" in text


def test_without_a_card_one_is_asked_for_and_the_choice_is_kept(alice, studio, site):
    plan = on_sale(Kind.SITE_PLAN)
    here = f"{order(studio, plan, site=site)}?currency=USD"

    page = alice.get(here)
    [cards] = [link for link in links_of(page) if "/cards/" in link]
    back = alice.post(cards, {"card": "sim_ok"})

    assert "There is no card yet." in text_of(page)
    assert "Buy now" not in text_of(page)
    assert back["Location"] == here
    assert "Buy now for $100.00" in text_of(alice.get(here))


def test_a_nonprofit_needs_no_card_for_its_plan(alice, studio, site):
    make.nonprofit(account=studio)
    plan = on_sale(Kind.SITE_PLAN)

    press(alice, order(studio, plan, site=site))

    assert Subscription.objects.get().state == "active"


@pytest.mark.parametrize("currency", ["EUR", "eur", "XXX", "€"])
def test_a_currency_without_a_price_leads_back_to_those_that_have_one(
    alice, studio, site, currency
):
    plan = on_sale(Kind.SITE_PLAN)

    answer = alice.get(order(studio, plan, site=site), {"currency": currency})

    assert answer.status_code == 302
    assert answer["Location"].startswith(shop(studio, Kind.SITE_PLAN, site=site))
    assert "$100.00" in text_of(alice.get(answer["Location"]))


@pytest.mark.parametrize("kind", [Kind.SITE_PLAN, Kind.MARKETING_SUITE, Kind.APP])
def test_what_is_for_a_site_is_not_ordered_without_one(alice, studio, kind):
    assert alice.get(order(studio, on_sale(kind))).status_code == 404


@pytest.mark.parametrize("kind", [Kind.STUDIO_PLAN, Kind.DOMAIN, Kind.BUSINESS_EMAIL])
def test_what_is_not_for_a_site_is_not_ordered_for_one(alice, studio, site, kind):
    url = order(studio, on_sale(kind), site=site)

    assert alice.get(url, {"name": "hello@juniper.example"}).status_code == 404


def test_a_strangers_site_is_not_found_and_nothing_is_bought_for_it(alice, studio):
    make.card(account=studio)
    plan, theirs = on_sale(Kind.SITE_PLAN), make.clients_site()
    url = order(studio, plan, site=theirs)

    assert alice.get(url).status_code == 404
    assert alice.post(url, {"total": "100"}).status_code == 404
    assert not Subscription.objects.exists()


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.OWNER, 302), (Role.ADMIN, 302), (Role.BILLING, 302), (Role.MEMBER, 403)],
)
def test_who_may_pay_buys_and_nobody_else(studio, site, role, status):
    make.card(account=studio)
    studio.memberships.update(role=Role.OWNER)
    make.member(account=studio, name="Bob", role=role)
    plan, bob = on_sale(Kind.SITE_PLAN), signed_in("Bob")

    answer = bob.post(order(studio, plan, site=site), {"total": "100"})

    assert answer.status_code == status
    assert Subscription.objects.filter(bought_by=make.person(name="Bob")).exists() is (
        status == 302
    )


# --- Buying --------------------------------------------------------------------------------------


def test_a_site_plan_is_bought_and_its_points_are_told(alice, studio, site):
    make.enrolled(account=studio)
    make.card(account=studio)
    plan = on_sale(Kind.SITE_PLAN)

    done = alice.post(order(studio, plan, site=site), {"total": "100.00"}, follow=True)

    assert done.redirect_chain == [(reverse("home:sites", args=[studio.ref]), 302)]
    text = text_of(done)
    assert "juniper.example is upgraded. It counts for points: 100 points land on June 29" in text
    assert Subscription.objects.get().site == site


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        (Kind.DOMAIN, "https://Müller.example", "xn--mller-kva.example"),
        (Kind.BUSINESS_EMAIL, "Kim@Juniper.example", "Kim@juniper.example"),
    ],
)
def test_a_name_is_bought_in_the_form_that_is_kept(alice, studio, kind, typed, kept):
    make.card(account=studio)
    plan = on_sale(kind)

    done = press(alice, f"{order(studio, plan)}?name={typed}")

    assert done["Location"] == reverse("billing:overview", args=[studio.ref])
    assert Subscription.objects.get().label == kept


def test_what_is_bought_is_named_as_people_write_it(alice, studio):
    make.card(account=studio)
    plan = on_sale(Kind.DOMAIN)
    press(alice, f"{order(studio, plan)}?name=müller.example")

    text = text_of(alice.get(reverse("billing:overview", args=[studio.ref])))

    assert "Bought and paid: Domain, yearly for müller.example." in text
    assert "xn--" not in text
    assert Invoice.objects.get().lines.get().description == "Domain, yearly for müller.example"


def test_it_is_bought_in_the_currency_that_was_chosen(alice, studio):
    make.card(account=studio)
    plan = on_sale(Kind.STUDIO_PLAN)
    make.price(plan=plan, amount=90, currency="EUR")

    press(alice, f"{order(studio, plan)}?currency=EUR")

    assert Subscription.objects.get().currency == "EUR"


def test_the_button_pressed_twice_buys_once_and_says_so(alice, studio, site):
    make.card(account=studio)
    url = order(studio, on_sale(Kind.APP), site=site)
    alice.post(url, {"total": "100"})

    again = alice.post(url, {"total": "100"}, follow=True)

    assert "App, yearly for juniper.example runs already, and was not charged again" in text_of(
        again
    )
    assert Invoice.objects.count() == 1


def test_opened_again_what_was_bought_leads_to_where_it_runs(alice, studio, site):
    make.card(account=studio)
    plan = on_sale(Kind.APP)
    alice.post(order(studio, plan, site=site), {"total": "100"})

    answer = alice.get(order(studio, plan, site=site), follow=True)

    assert "runs already" in text_of(answer)


@pytest.mark.parametrize(
    ("test_card", "words"),
    [
        ("sim_soft", "There was not enough money available on the card."),
        ("sim_lost", "The bank refused the payment."),
        ("sim_authentication", "The bank wants you to confirm the payment yourself."),
    ],
)
def test_a_decline_is_told_in_words_with_the_way_to_another_card(
    alice, studio, site, test_card, words
):
    make.card(account=studio, test_card=test_card)
    url = f"{order(studio, on_sale(Kind.SITE_PLAN), site=site)}?currency=USD"

    page = press(alice, url)

    assert f"Nothing was bought {words}" in text_of(page)
    assert {query_of(link)["next"] for link in links_of(page) if "/cards/" in link} == {url}
    assert not Subscription.objects.running().exists()


def test_without_a_card_a_press_of_the_button_says_what_is_missing(alice, studio, site):
    page = alice.post(order(studio, on_sale(Kind.SITE_PLAN), site=site), {"total": "100"})

    assert "Nothing was bought There is no card yet." in text_of(page)


def test_a_price_that_changed_meanwhile_is_shown_before_it_is_charged(alice, studio, site):
    make.card(account=studio)
    plan = on_sale(Kind.SITE_PLAN)
    url = order(studio, plan, site=site)
    alice.get(url)
    Price.objects.update(amount=120)

    refused = alice.post(url, {"total": "100"})

    assert "It costs something else than when this page was opened" in text_of(refused)
    assert "Buy now for $120.00" in text_of(refused)
    assert 'value="120.00"' in refused.content.decode()
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("data", [{}, {"total": ""}, {"total": "much"}, {"total": "1e9"}])
def test_without_what_was_shown_nothing_is_bought(alice, studio, site, data):
    make.card(account=studio)

    page = alice.post(order(studio, on_sale(Kind.SITE_PLAN), site=site), data)

    assert "Nothing was bought" in text_of(page)
    assert not Subscription.objects.exists()


def test_what_is_not_sold_any_more_is_refused_on_the_page_that_still_showed_it(alice, studio, site):
    make.card(account=studio)
    plan = on_sale(Kind.SITE_PLAN)
    Plan.objects.update(is_sold=False)

    page = alice.post(order(studio, plan, site=site), {"total": "100"})

    assert "It is not sold any more" in text_of(page)
    assert alice.get(order(studio, plan, site=site)).status_code == 302


def test_a_bank_that_does_not_answer_is_told_and_nothing_can_be_bought_twice(
    alice, studio, site, gateway
):
    make.card(account=studio)
    gateway.does = gateway.take_in_silence
    url = order(studio, on_sale(Kind.SITE_PLAN), site=site)

    first = alice.post(url, {"total": "100"}, follow=True)
    again = alice.post(url, {"total": "100"}, follow=True)

    assert "Your bank has not answered yet" in text_of(first)
    assert "runs already, and was not charged again" in text_of(again)
    assert len(gateway.asked) == 1
