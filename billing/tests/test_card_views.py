"""The pages of cards: what they show before anything is done, and what they do."""

import html
import re
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from billing.models import Invoice, PaymentMethod, Subscription
from billing.models.invoices import InvoiceState
from billing.rules import Cycle
from partners.models import Account
from portal.lib import clock
from portal.testing import builders as make
from portal.testing.builders import TODAY

pytestmark = pytest.mark.django_db

CHARGED = date(2026, 7, 15)


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


@pytest.fixture
def studio() -> Account:
    return make.studio()


@pytest.fixture
def alice(studio) -> Client:
    client = Client()
    client.force_login(make.person())
    return client


def shown(response) -> str:
    """The words of a page."""
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(html.unescape(text).split())


def cards_page(alice: Client, account: Account) -> str:
    """The cards on file as the page lists them, without its form."""
    page = shown(alice.get(reverse("billing:cards", args=[account.ref])))
    return page.partition("Add a card")[0]


def removal(card: PaymentMethod) -> str:
    return reverse("billing:card_removal", args=[card.account.ref, card.ref])


def card_with(account: Account, **fields: object) -> PaymentMethod:
    card = make.card(account=account, is_default=bool(fields.pop("is_default", False)))
    PaymentMethod.objects.filter(pk=card.pk).update(**fields)
    card.refresh_from_db()
    return card


# --- The list ------------------------------------------------------------------------------------


def test_without_a_card_the_page_says_what_that_means(alice, studio) -> None:
    assert "No card yet Renewals cannot be paid without one." in cards_page(alice, studio)


def test_every_card_on_file_is_listed_and_the_default_named(alice, studio) -> None:
    card_with(studio, last4="1111")
    make.card(account=studio)
    card_with(studio, last4="2222", removed_at=make.noon(TODAY))
    card_with(make.account(owner="Charlie"), last4="3333")

    page = cards_page(alice, studio)

    assert "Visa •••• 4242 default Expires 12/2034 Remove" in page
    assert "Visa •••• 1111 Expires 12/2034 Make it the default Remove" in page
    assert "2222" not in page
    assert "3333" not in page


@pytest.mark.parametrize(
    ("month", "year", "told"),
    [(5, 2026, ["has expired"]), (6, 2026, ["expires soon"]), (7, 2026, [])],
)
def test_an_expiry_near_or_past_is_pointed_out_and_that_it_is_tried(
    alice, studio, month, year, told
) -> None:
    card_with(studio, expires_month=month, expires_year=year)

    page = cards_page(alice, studio)

    assert re.findall("has expired|expires soon", page) == told
    assert ("we try it all the same" in page) is bool(told)


def test_each_renewal_by_its_network_is_told_with_old_digits_and_dates(alice, studio) -> None:
    make.card(account=studio)
    make.card(account=studio, is_default=False)
    for day, last4 in ((1, "1881"), (2, "0341")):
        with clock.frozen(TODAY + timedelta(days=day)):
            call_command("simulate_card_update", studio.ref, last4=last4)

    page = cards_page(alice, studio)

    assert "Visa •••• 0341 default Expires 12/2044" in page
    latest = "renewed by your bank on June 17, 2026, was •••• 1881, 12/2039"
    assert f"{latest} renewed by your bank on June 16, 2026, was •••• 4242, 12/2034" in page


def test_another_default_is_no_renewal(alice, studio) -> None:
    card = make.card(account=studio)
    make.card(account=studio)
    address = reverse("billing:card_default", args=[studio.ref, card.ref])

    page = shown(alice.post(address, follow=True))

    assert "Visa •••• 4242 is your default card now." in page
    assert "renewed" not in page


def test_what_is_charged_to_a_card_by_name_is_listed_with_it(alice, studio) -> None:
    bought = [make.subscription_bought(account=studio, on=TODAY) for _ in range(4)]
    card = make.card(account=studio, is_default=False)
    Subscription.objects.update(payment_method=card)

    page = cards_page(alice, studio)

    first_three = ", ".join(one.in_words for one in bought[:3])
    assert f"4 subscriptions are charged to it by name: {first_three}" in page.replace(" ,", ",")
    assert bought[3].in_words not in page


# --- Removing ------------------------------------------------------------------------------------


def test_the_page_says_which_charges_go_to_which_card_and_removes_nothing(alice, studio) -> None:
    make.subscription_bought(account=studio, cycle=Cycle.MONTHLY, on=TODAY)
    card = studio.payment_methods.get()
    other = card_with(studio, last4="1111")

    page = shown(alice.get(removal(card)))

    site = studio.sites.get()
    row = f"July 15, 2026 {site} Site plan, monthly $10.00 Visa •••• 1111"
    assert row in page
    assert "Visa •••• 1111 , the newest of your other cards, becomes the default." in page
    assert "You can add the same card again any time" in page
    assert studio.payment_methods.usable().count() == 2
    assert not other.is_default


def test_the_amount_it_names_is_what_is_charged_then(alice, studio, live) -> None:
    make.subscription_bought(account=studio, cycle=Cycle.MONTHLY, sale_amount=7, on=TODAY)
    card, _other = studio.payment_methods.get(), make.card(account=studio, is_default=False)

    page = shown(alice.get(removal(card)))
    live(CHARGED)

    assert "July 15, 2026" in page
    assert "$7.00" in page
    assert Invoice.objects.latest("id").total_amount == 7


def test_only_what_is_charged_to_this_card_is_named(alice, studio) -> None:
    by_default = make.subscription_bought(account=studio, on=TODAY)
    by_name = make.subscription_bought(account=studio, on=TODAY)
    default, named = studio.payment_methods.get(), make.card(account=studio, is_default=False)
    Subscription.objects.filter(pk=by_name.pk).update(payment_method=named)
    unused = make.card(account=studio, is_default=False)

    pages = [shown(alice.get(removal(card))) for card in (default, named, unused)]

    assert [str(by_default.site) in page for page in pages] == [True, False, False]
    assert [str(by_name.site) in page for page in pages] == [False, True, False]
    assert "No coming charge is made to this card." in pages[2]
    assert "Visa •••• 4242 is your default card and stays it." in pages[1]


def test_a_site_of_a_nonprofit_that_costs_nothing_moves_to_no_card(alice, studio) -> None:
    make.nonprofit(account=studio)
    make.subscription_bought(account=studio, on=TODAY)

    page = shown(alice.get(removal(studio.payment_methods.get())))

    assert "No coming charge is made to this card." in page


def test_a_card_is_removed_by_confirming(alice, studio) -> None:
    make.subscription_bought(account=studio, on=TODAY)
    card = studio.payment_methods.get()
    card_with(studio, last4="1111")

    said = shown(alice.post(removal(card), follow=True))

    assert "Visa •••• 4242 is removed. You can add it again any time." in said
    assert "Visa •••• 1111 is your default card now." in said
    assert studio.payment_methods.usable().get().last4 == "1111"


def test_the_last_card_shows_what_ends_and_when_and_wants_a_tick(alice, studio) -> None:
    make.subscription_bought(account=studio, cycle=Cycle.MONTHLY, on=TODAY)
    yearly = make.subscription_bought(account=studio, on=TODAY)
    card = studio.payment_methods.get()

    page = shown(alice.get(removal(card)))
    refused = shown(alice.post(removal(card)))

    assert "It is your last card" in page
    assert "July 15, 2026" in page
    assert "after July 22, 2026" in page  # a week of grace
    assert f"June 1, 2027 {yearly.site} Site plan, yearly $100.00 after June 15, 2027" in page
    assert "Tick this box to remove the last card" in refused
    assert studio.payment_methods.usable().get() == card


def test_the_last_card_goes_with_the_tick(alice, studio) -> None:
    make.subscription_bought(account=studio, on=TODAY)

    alice.post(removal(studio.payment_methods.get()), {"even_if_last": "on"})

    assert not studio.payment_methods.usable().exists()


def test_the_last_card_of_nobody_wants_no_tick(alice, studio) -> None:
    card = make.card(account=studio)

    alice.post(removal(card))

    assert not studio.payment_methods.usable().exists()


def test_invoices_that_wait_for_it_are_named_with_what_becomes_of_them(alice, studio, live) -> None:
    make.subscription_bought(account=studio, cycle=Cycle.MONTHLY, on=TODAY)
    good = studio.payment_methods.get()
    lost = make.card(account=studio, test_card="sim_lost")
    live(CHARGED)
    waiting = Invoice.objects.get(state=InvoiceState.OPEN)

    with clock.frozen(CHARGED):
        of_lost, of_good = (shown(alice.get(removal(card))) for card in (lost, good))
        PaymentMethod.objects.filter(pk=good.pk).update(removed_at=make.noon(CHARGED))
        of_last = shown(alice.get(removal(lost)))

    assert f"{waiting.number} charged to Visa •••• 4242, at once" in of_lost
    assert waiting.number not in of_good
    assert f"{waiting.number} waits for another card until July 22, 2026" in of_last


def test_while_it_is_being_charged_the_page_says_so_and_offers_no_button(
    alice, studio, live
) -> None:
    make.subscription_bought(account=studio, cycle=Cycle.MONTHLY, on=TODAY)
    card = make.card(account=studio, test_card="sim_timeout_before")
    live(CHARGED)

    page, said = shown(alice.get(removal(card))), shown(alice.post(removal(card), follow=True))

    assert "It is being charged right now" in page
    assert "Remove it?" not in page
    assert "is being charged right now. Please try again in a few minutes." in said
    assert card in studio.payment_methods.usable()


def test_a_removed_card_has_no_pages(alice, studio) -> None:
    card = card_with(studio, removed_at=make.noon(TODAY))

    assert alice.get(removal(card)).status_code == 404
    assert alice.post(removal(card)).status_code == 404
    default = reverse("billing:card_default", args=[studio.ref, card.ref])
    assert alice.post(default).status_code == 404


# --- The overview --------------------------------------------------------------------------------


def overview(alice: Client, account: Account) -> str:
    return shown(alice.get(reverse("billing:overview", args=[account.ref])))


@pytest.mark.parametrize(
    ("month", "year", "told"),
    [
        (5, 2026, "Visa •••• 4242 expired on May 31, 2026."),
        (6, 2026, "Visa •••• 4242 expires on June 30, 2026."),
        (7, 2026, ""),
    ],
)
def test_the_overview_points_out_a_card_about_to_expire(alice, studio, month, year, told) -> None:
    card_with(studio, is_default=True, expires_month=month, expires_year=year)

    page = overview(alice, studio)

    assert told in page
    assert ("add it." in page) is bool(told)


def test_a_card_nothing_is_charged_to_may_expire_in_peace(alice, studio) -> None:
    bought = make.subscription_bought(account=studio, on=TODAY)
    spare = card_with(studio, last4="1111", expires_month=6, expires_year=2026)
    quiet = overview(alice, studio)

    Subscription.objects.filter(pk=bought.pk).update(payment_method=spare)

    assert "1111" not in quiet
    assert "Visa •••• 1111 expires on June 30, 2026." in overview(alice, studio)
