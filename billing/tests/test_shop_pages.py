"""What there is to buy and what to choose from, before anything is ordered."""

import html

import pytest
from django.test import Client
from django.urls import reverse

from billing.models import Plan, TaxRate
from billing.rules import Cycle, Kind
from billing.tests.shopping import links_of, on_sale, order, query_of, shop, signed_in, text_of
from partners.models import Account, Site
from partners.roles import Role
from portal.lib import clock
from portal.testing import builders as make
from portal.testing.builders import TODAY

pytestmark = pytest.mark.django_db


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


# --- What there is -------------------------------------------------------------------------------


def test_the_shop_has_every_kind_that_is_sold_and_no_other(alice, studio):
    on_sale(Kind.DOMAIN)
    on_sale(Kind.APP, code="reviews")

    page = alice.get(reverse("billing:shop", args=[studio.ref]))

    links = links_of(page)
    assert "Reviews" in text_of(page)
    assert {shop(studio, Kind.DOMAIN), shop(studio, Kind.APP)} <= set(links)
    assert shop(studio, Kind.STUDIO_PLAN) not in links


def test_a_sites_shop_has_what_is_sold_for_sites(alice, studio, site):
    for kind in Kind:
        on_sale(kind)

    links = links_of(alice.get(reverse("billing:site_shop", args=[studio.ref, site.ref])))

    assert {
        shop(studio, kind, site=site) for kind in (Kind.SITE_PLAN, Kind.MARKETING_SUITE, Kind.APP)
    } <= set(links)
    assert not any("domain" in link for link in links)


def test_with_nothing_sold_the_shop_says_so(alice, studio, site):
    assert "Nothing is sold at the moment" in text_of(
        alice.get(reverse("billing:shop", args=[studio.ref]))
    )
    assert "Nothing is sold for sites" in text_of(
        alice.get(reverse("billing:site_shop", args=[studio.ref, site.ref]))
    )
    assert "Nothing of this is sold" in text_of(alice.get(shop(studio, Kind.STUDIO_PLAN)))


def test_for_a_kind_of_sites_the_site_is_chosen_first(alice, studio, site):
    on_sale(Kind.APP)
    make.clients_site()

    page = alice.get(shop(studio, Kind.APP), {"q": "juni"})

    assert shop(studio, Kind.APP, site=site) in links_of(page)
    assert "bakery" not in text_of(page)


@pytest.mark.parametrize("kind", [Kind.STUDIO_PLAN, Kind.DOMAIN, Kind.BUSINESS_EMAIL])
def test_what_is_not_sold_for_sites_has_no_page_under_one(alice, studio, site, kind):
    on_sale(kind)

    assert alice.get(shop(studio, kind, site=site)).status_code == 404


# --- Choosing ------------------------------------------------------------------------------------


def test_cycle_and_currency_are_links_that_keep_each_other(alice, studio, site):
    for cycle in (Cycle.MONTHLY, Cycle.YEARLY):
        plan = on_sale(Kind.SITE_PLAN, cycle=cycle)
        make.price(plan=plan, amount=7, currency="EUR")
    upgrade = reverse("billing:upgrade", args=[studio.ref, site.ref])

    page = alice.get(upgrade, {"cycle": "monthly", "currency": "EUR"})

    assert "€7.00 monthly" in text_of(page)
    queries = [query_of(link) for link in links_of(page) if link.startswith("?")]
    assert {"cycle": "yearly", "currency": "EUR"} in queries
    assert {"cycle": "monthly", "currency": "USD"} in queries
    monthly = Plan.objects.get(cycle="monthly")
    assert f"{order(studio, monthly, site=site)}?currency=EUR" in links_of(page)


def test_a_price_is_shown_with_its_tax_and_what_comes_then(alice, studio, site):
    make.sale(plan=on_sale(Kind.SITE_PLAN), percent_off=50)
    TaxRate.objects.create(country="GB", name="VAT", percent=20, from_on=TODAY)

    text = text_of(alice.get(shop(studio, Kind.SITE_PLAN, site=site)))

    assert "$60.00 instead of $120.00 yearly" in text
    assert "With 20% VAT." in text
    assert "$60.00 now. Then $120.00, charged on June 1, 2027 for the period from June 15" in text
    assert "the sale price holds for periods that start before June 15, 2027" in text


def test_where_nothing_is_sold_in_the_accounts_currency_others_are_offered():
    on_sale(Kind.STUDIO_PLAN, currency="EUR")
    tokyo = make.account(name="Tokyo", currency="JPY")

    page = signed_in("Alice").get(shop(tokyo, Kind.STUDIO_PLAN))

    assert "Nothing of this is sold in JPY" in text_of(page)
    assert "?currency=EUR" in links_of(page)


def test_what_runs_already_cannot_be_chosen(alice, studio, site):
    make.subscription_bought(kind=Kind.APP, site=site, on=TODAY)
    reviews = on_sale(Kind.APP, code="reviews")

    page = alice.get(shop(studio, Kind.APP, site=site))

    assert "runs already" in text_of(page)
    choices = [link for link in links_of(page) if "/purchases/" in link]
    assert choices == [f"{order(studio, reviews, site=site)}?currency=USD"]


def test_beside_a_running_plan_the_page_says_why_there_is_none_to_choose(alice, studio):
    site = make.subscription_bought(account=studio, on=TODAY).site

    page = alice.get(reverse("billing:upgrade", args=[studio.ref, site.ref]))

    assert "One runs already, and only one may." in text_of(page)
    assert not any("/purchases/" in link for link in links_of(page))


# --- Domains and mailboxes -----------------------------------------------------------------------


def test_a_domain_is_typed_before_a_plan_is_chosen(alice, studio):
    plan = on_sale(Kind.DOMAIN)
    page = shop(studio, Kind.DOMAIN)
    before, after = alice.get(page), alice.get(page, {"name": "HTTPS://Müller.example/"})

    assert not any("/purchases/" in link for link in links_of(before))
    assert "müller.example is not taken here" in text_of(after)
    [chosen] = [link for link in links_of(after) if "/purchases/" in link]
    assert chosen.startswith(order(studio, plan))
    assert query_of(chosen) == {"name": "HTTPS://Müller.example/", "currency": "USD"}


@pytest.mark.parametrize(
    ("kind", "typed", "advice"),
    [
        (Kind.DOMAIN, "juniper", "with its ending"),
        (Kind.DOMAIN, "hello@juniper.example", "what stands after the @"),
        (Kind.DOMAIN, "", "This field is required"),
        (Kind.BUSINESS_EMAIL, "juniper.example", "with its @"),
        (Kind.BUSINESS_EMAIL, "<b>@juniper.example", "Before the @"),
    ],
)
def test_what_cannot_be_read_stays_in_the_form_with_advice(alice, studio, kind, typed, advice):
    on_sale(kind)

    page = alice.get(shop(studio, kind), {"name": typed})

    assert advice in text_of(page)
    assert f'value="{html.escape(typed)}"' in page.content.decode() or not typed
    assert not any("/purchases/" in link for link in links_of(page))


def test_a_name_that_is_taken_is_told_before_anything_is_paid(alice, studio):
    taken = make.subscription_bought(kind=Kind.DOMAIN, account=make.bakery(), on=TODAY)

    page = alice.get(shop(studio, Kind.DOMAIN), {"name": taken.label.upper()})

    assert f"{taken.label} is taken" in text_of(page)
    assert not any("/purchases/" in link for link in links_of(page))


@pytest.mark.parametrize("name", ["", "juniper", None])
def test_an_order_without_a_name_leads_back_to_where_it_is_typed(alice, studio, name):
    plan = on_sale(Kind.DOMAIN)

    answer = alice.get(order(studio, plan), {} if name is None else {"name": name})

    assert answer.status_code == 302
    assert answer["Location"].startswith(shop(studio, Kind.DOMAIN))
    assert ("name" in query_of(answer["Location"])) is bool(name)


# --- Ways in -------------------------------------------------------------------------------------


def test_the_list_of_sites_leads_to_upgrading_and_adding(alice, studio, site):
    links = links_of(alice.get(reverse("home:sites", args=[studio.ref])))

    assert reverse("billing:upgrade", args=[studio.ref, site.ref]) in links
    assert reverse("billing:site_shop", args=[studio.ref, site.ref]) in links


def test_who_may_not_pay_is_shown_no_way_in(studio, site):
    make.member(account=studio, name="Bob", role=Role.MEMBER)

    links = links_of(signed_in("Bob").get(reverse("home:sites", args=[studio.ref])))

    assert reverse("billing:site_shop", args=[studio.ref, site.ref]) not in links


def test_billing_leads_to_the_shop(alice, studio):
    links = links_of(alice.get(reverse("billing:overview", args=[studio.ref])))

    assert reverse("billing:shop", args=[studio.ref]) in links
