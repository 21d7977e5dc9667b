"""A subscription is charged to a card of its own."""

from datetime import date, timedelta

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from billing.actions.charge_to import charge_to
from billing.errors import CardRemovedError
from billing.forms import ChargedToForm
from billing.models import Invoice, PaymentMethod, Subscription
from billing.models.invoices import InvoiceState
from billing.rules import Cycle
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

BOUGHT, CHARGED = date(2026, 6, 15), date(2026, 7, 15)
A_DAY = timedelta(days=1)


@pytest.fixture
def monthly() -> Subscription:
    return make.subscription_bought(cycle=Cycle.MONTHLY, on=BOUGHT)


@pytest.fixture
def default(monthly) -> PaymentMethod:
    return monthly.account.payment_methods.get()


@pytest.fixture
def other(default) -> PaymentMethod:
    return make.card(account=default.account, is_default=False)


def renewal() -> Invoice:
    return Invoice.objects.latest("id")


def tried_with() -> list[PaymentMethod | None]:
    attempts = renewal().attempts.order_by("ordinal").select_related("payment_method")
    return [attempt.payment_method for attempt in attempts]


# --- From the next renewal on --------------------------------------------------------------------


def test_it_is_charged_to_the_card_chosen_for_it(monthly, other, live) -> None:
    charge_to(monthly, other, by=make.person(), on=BOUGHT)
    live(CHARGED)

    assert tried_with() == [other]


def test_other_subscriptions_stay_with_theirs(monthly, default, other, live) -> None:
    make.subscription_bought(account=monthly.account, cycle=Cycle.MONTHLY, on=BOUGHT)

    charge_to(monthly, other, by=make.person(), on=BOUGHT)
    live(CHARGED)

    renewals = Invoice.objects.filter(due_on=CHARGED)
    assert {invoice.attempts.get().payment_method for invoice in renewals} == {default, other}


def test_charged_to_the_default_again_it_follows_the_default(monthly, other, live) -> None:
    charge_to(monthly, other, by=make.person(), on=BOUGHT)

    charge_to(monthly, None, by=make.person(), on=BOUGHT)
    newest = make.card(account=monthly.account)
    live(CHARGED)

    assert tried_with() == [newest]


def test_a_card_that_was_removed_is_refused(monthly, default, other) -> None:
    PaymentMethod.objects.filter(pk=other.pk).update(removed_at=make.noon(BOUGHT))

    with pytest.raises(CardRemovedError):
        charge_to(monthly, other, by=make.person(), on=BOUGHT)

    monthly.refresh_from_db()
    assert monthly.payment_method is None


def test_a_card_of_another_account_is_refused(monthly) -> None:
    charlies = make.card(account=make.account(owner="Charlie"))

    with pytest.raises(CardRemovedError):
        charge_to(monthly, charlies, by=make.person(), on=BOUGHT)


# --- While a renewal is open ---------------------------------------------------------------------


def test_a_renewal_that_could_not_be_paid_is_tried_with_it_at_once(monthly, default, live) -> None:
    lost = make.card(account=monthly.account, test_card="sim_lost")
    live(CHARGED)

    charge_to(monthly, default, by=make.person(), on=CHARGED)
    live(CHARGED)

    assert tried_with() == [lost, default]
    assert renewal().state == InvoiceState.PAID


def test_the_card_that_refused_it_for_good_is_not_asked_again(monthly, default, live) -> None:
    lost = make.card(account=monthly.account, test_card="sim_lost")
    live(CHARGED)

    charge_to(monthly, lost, by=make.person(), on=CHARGED)
    live(CHARGED)

    assert tried_with() == [lost]


def test_an_invoice_that_is_for_more_stays_where_it_is(monthly, default, live) -> None:
    beside = make.subscription_bought(account=monthly.account, cycle=Cycle.MONTHLY, on=BOUGHT)
    lost = make.card(account=monthly.account, test_card="sim_lost")
    live(CHARGED)

    charge_to(monthly, default, by=make.person(), on=CHARGED)
    live(CHARGED)
    after_one = tried_with()
    charge_to(beside, default, by=make.person(), on=CHARGED)
    live(CHARGED)

    assert after_one == [lost]
    assert tried_with() == [lost, default]


def test_an_attempt_in_flight_is_not_disturbed_and_the_next_is_with_it(
    monthly, default, other, gateway, live
) -> None:
    gateway.does = gateway.decline_in_silence
    live(CHARGED)

    charge_to(monthly, other, by=make.person(), on=CHARGED)
    gateway.does = gateway.take
    for day in range(1, 4):
        live(CHARGED + day * A_DAY)

    assert tried_with() == [default, other]
    assert renewal().state == InvoiceState.PAID


# --- The form ------------------------------------------------------------------------------------


@pytest.fixture
def alice(monthly) -> Client:
    client = Client()
    client.force_login(make.person())
    return client


def address(subscription: Subscription) -> str:
    return reverse("billing:charged_to", args=[subscription.account.ref, subscription.ref])


def test_a_card_is_chosen_by_its_reference_and_the_default_by_none(alice, monthly, other) -> None:
    chosen = alice.post(address(monthly), {"card": other.ref}, follow=True)
    monthly.refresh_from_db()
    assert monthly.payment_method == other
    assert f"{monthly.in_words} is charged to {other} from now on." in chosen.content.decode()

    alice.post(address(monthly), {"card": ""})

    monthly.refresh_from_db()
    assert monthly.payment_method is None


def test_a_card_that_is_not_on_file_changes_nothing_and_is_said(alice, monthly, other) -> None:
    charlies = make.card(account=make.account(owner="Charlie"))

    said = alice.post(address(monthly), {"card": charlies.ref}, follow=True)

    monthly.refresh_from_db()
    assert monthly.payment_method is None
    assert "That card is not on file" in said.content.decode()


def test_the_form_shows_what_it_is_charged_to_and_what_else_there_is(
    monthly, default, other
) -> None:
    monthly.payment_method = other
    form = ChargedToForm(subscription=monthly, cards=[default, other])

    page = render_to_string(
        "billing/_charged_to.html",
        {"form": form, "subscription": monthly, "account": monthly.account},
    )

    assert f'action="{address(monthly)}"' in page
    assert f"the default card (now {default})" in page
    assert f'<option value="{other.ref}" selected>' in page
