"""Cards given on the gateway's own page, and what comes back from it."""

import pytest
from django.conf import settings as portal_settings
from django.test import Client
from django.urls import reverse

from billing.models import GatewayCustomer, PaymentMethod
from billing.tests.telling import delivered
from portal.testing import builders as make

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("stripe server")]


@pytest.fixture
def alices(proxy):
    return make.studio()


@pytest.fixture
def browser(alices) -> Client:
    client = Client()
    client.force_login(make.person())
    return client


def cards(account) -> str:
    return reverse("billing:cards", args=[account.ref])


def sent_to_page(browser: Client, account) -> str:
    """The reference of the page somebody was sent to."""
    response = browser.post(cards(account))
    assert response.status_code == 302
    return str(response["Location"]).rpartition("/")[2]


def come_back(browser: Client, account, page: str):
    address = reverse("billing:card_return", args=[account.ref])
    assert browser.get(address, {"page": page}).status_code == 200
    return browser.post(address, {"page": page})


def test_the_form_may_lead_to_the_gateways_page_and_nothing_of_it_is_loaded(
    browser, alices
) -> None:
    policy = browser.get(cards(alices))["Content-Security-Policy"]

    assert "form-action 'self' https://checkout.stripe.com" in policy
    assert policy.count("https://") == 1


def test_the_page_knows_the_account_and_where_to_come_back_to(browser, alices, proxy) -> None:
    page = sent_to_page(browser, alices)

    asked = proxy._pages[page]
    customer = GatewayCustomer.objects.get(account=alices)
    assert (asked["mode"], asked["customer"]) == ("setup", customer.provider_ref)
    assert asked["client_reference_id"] == alices.ref
    back = f"{portal_settings.SITE_URL}/a/{alices.ref}/billing/cards/return/"
    assert asked["success_url"] == f"{back}?page={{CHECKOUT_SESSION_ID}}"


def test_an_account_is_one_customer_however_many_cards_it_adds(browser, alices) -> None:
    for _ in range(2):
        sent_to_page(browser, alices)

    assert GatewayCustomer.objects.count() == 1


def test_a_card_given_there_is_the_default_once_its_giver_confirms(browser, alices, proxy) -> None:
    page = sent_to_page(browser, alices)
    proxy.finish_page(page)

    response = come_back(browser, alices, page)

    assert response["Location"] == reverse("billing:overview", args=[alices.ref])
    card = PaymentMethod.objects.get()
    assert (card.account, card.last4, card.is_default) == (alices, "4242", True)
    assert card.customer_ref == GatewayCustomer.objects.get().provider_ref


def test_a_card_is_kept_even_if_its_giver_never_comes_back(browser, alices, proxy) -> None:
    told = proxy.finish_page(sent_to_page(browser, alices))

    delivered(told)

    assert PaymentMethod.objects.get().account == alices


def test_confirmed_and_told_it_is_one_card(browser, alices, proxy) -> None:
    page = sent_to_page(browser, alices)
    delivered(proxy.finish_page(page))

    come_back(browser, alices, page)
    come_back(browser, alices, page)

    assert PaymentMethod.objects.count() == 1


def test_a_page_that_was_left_gives_no_card(browser, alices) -> None:
    page = sent_to_page(browser, alices)

    response = come_back(browser, alices, page)

    assert response["Location"] == cards(alices)
    assert not PaymentMethod.objects.exists()


@pytest.mark.parametrize("page", ["", "cs_nonsense", "../payment_methods/pm_1"])
def test_a_page_nobody_opened_gives_no_card(browser, alices, page) -> None:
    sent_to_page(browser, alices)

    come_back(browser, alices, page)

    assert not PaymentMethod.objects.exists()


def test_a_page_of_another_account_gives_no_card(browser, alices, proxy) -> None:
    page = sent_to_page(browser, alices)
    proxy.finish_page(page)
    charlies = make.account(owner="Charlie")
    charlie = Client()
    charlie.force_login(make.person(name="Charlie"))
    sent_to_page(charlie, charlies)

    come_back(charlie, charlies, page)

    assert not PaymentMethod.objects.exists()


def test_a_gateway_that_is_away_is_said_and_breaks_nothing(browser, alices, proxy) -> None:
    with proxy.away():
        response = browser.post(cards(alices), follow=True)

    assert "cannot be added right now" in response.content.decode()
