"""Upgrading a site: charged now, or nothing was bought."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing.actions.charge import resolve_left_behind
from billing.actions.purchase import upgrade_site
from billing.errors import (
    AlreadyUpgradedError,
    NoPaymentMethodError,
    NoPriceError,
    PaymentDeclinedError,
    PaymentInDoubtError,
)
from billing.models import Invoice, Period, Plan, Subscription
from billing.models.invoices import InvoiceState
from billing.models.subscriptions import SubscriptionState
from billing.rules import Cycle, PriceReason
from partners.models import Account, QualifyingEvent, Site
from portal.lib import clock
from portal.mail.models import Message
from portal.testing import builders as make
from portal.testing.races import at_once

TODAY = make.TODAY


@pytest.fixture
def plan(db) -> Plan:
    priced = make.plan()
    make.price(plan=priced, amount=100)
    return priced


@pytest.fixture
def studio(db) -> Account:
    return make.studio()


@pytest.fixture
def site(studio) -> Site:
    return make.site(account=studio)


def buy(site: Site, plan: Plan, *, on: date = TODAY) -> Subscription:
    with clock.frozen(on):
        return upgrade_site(site, plan, on=on)


# --- Bought --------------------------------------------------------------------------------------


def test_an_upgrade_is_charged_now_and_served_from_today(studio, site, plan) -> None:
    make.card(account=studio)

    bought = buy(site, plan)

    assert (bought.state, bought.purchased_on, bought.anchor_on) == ("active", TODAY, TODAY)
    assert (bought.paid_through, bought.next_charge_on) == (date(2027, 6, 15), date(2027, 6, 1))
    invoice = Invoice.objects.get()
    assert (invoice.total_amount, invoice.state, invoice.due_on) == (
        Decimal(100),
        InvoiceState.PAID,
        TODAY,
    )


def test_an_upgrade_is_told_to_the_programme_as_an_activation(studio, site, plan) -> None:
    make.card(account=studio)

    buy(site, plan)

    event = QualifyingEvent.objects.get()
    assert (event.kind, event.site, event.account) == ("activated", site, studio)
    assert (event.occurs_on, event.paid_on) == (TODAY, TODAY)
    assert event.product_code == plan.product.code


def test_an_upgrade_takes_up_the_sale_that_runs(studio, site, plan) -> None:
    make.card(account=studio)
    offered = make.sale(plan=plan, percent_off=30)

    bought = buy(site, plan)

    assert (bought.sale_offer, bought.sale_amount) == (offered, Decimal(70))
    line = Invoice.objects.get().lines.get()
    assert (line.amount, line.price_reason, line.price) == (Decimal(70), PriceReason.SALE, None)


def test_an_upgrade_is_charged_to_the_default_card(studio, site, plan) -> None:
    default = make.card(account=studio)
    make.card(account=studio, is_default=False)

    buy(site, plan)

    assert Invoice.objects.get().attempts.get().payment_method == default


def test_a_nonprofit_upgrades_without_a_card(studio, site, plan) -> None:
    make.nonprofit(account=studio)

    bought = buy(site, plan)

    assert bought.state == "active"
    assert Invoice.objects.get().total_amount == 0


@pytest.mark.parametrize(("verified_on", "total"), [(TODAY, 0), (TODAY + timedelta(days=1), 100)])
def test_a_nonprofit_is_one_from_its_verification_on(
    studio, site, plan, verified_on, total
) -> None:
    make.card(account=studio)
    make.nonprofit(account=studio, on=verified_on)

    buy(site, plan)

    assert Invoice.objects.get().total_amount == total


# --- Declined ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test_card", "code"), [("sim_soft", "insufficient_funds"), ("sim_lost", "lost_card")]
)
def test_a_declined_upgrade_leaves_nothing_bought(studio, site, plan, test_card, code) -> None:
    make.card(account=studio, test_card=test_card)

    with pytest.raises(PaymentDeclinedError) as refusal:
        buy(site, plan)

    assert refusal.value.code == code
    assert not Subscription.objects.exclude(state=SubscriptionState.EXPIRED).exists()
    assert not Period.objects.exists()
    assert not QualifyingEvent.objects.exists()


def test_a_declined_upgrade_is_not_retried_behind_the_buyers_back(studio, site, plan, live) -> None:
    make.card(account=studio, test_card="sim_soft")
    with pytest.raises(PaymentDeclinedError):
        buy(site, plan)

    make.card(account=studio)
    for days in range(1, 9):
        live(TODAY + timedelta(days=days))

    invoice = Invoice.objects.get()
    assert (invoice.state, invoice.attempts.count()) == (InvoiceState.UNCOLLECTED, 1)


def test_after_a_decline_the_site_can_be_upgraded_with_another_card(studio, site, plan) -> None:
    make.card(account=studio, test_card="sim_soft")
    with pytest.raises(PaymentDeclinedError):
        buy(site, plan)
    make.card(account=studio)

    bought = buy(site, plan)

    assert bought.state == "active"
    assert Period.objects.get().subscription == bought


# --- Refused -------------------------------------------------------------------------------------


def test_an_upgraded_site_is_not_upgraded_again(studio, site, plan) -> None:
    make.subscription_bought(site=site, cycle=Cycle.MONTHLY, on=TODAY)

    with pytest.raises(AlreadyUpgradedError):
        buy(site, plan)

    assert Subscription.objects.count() == 1


def test_a_site_whose_plan_is_ending_is_not_upgraded_a_second_time(studio, site, plan) -> None:
    bought = make.subscription_bought(site=site, on=TODAY)
    Subscription.objects.filter(pk=bought.pk).update(state="ending", next_charge_on=None)

    with pytest.raises(AlreadyUpgradedError):
        buy(site, plan)


def test_a_site_whose_plan_has_ended_can_be_upgraded_again(studio, site, plan) -> None:
    bought = make.subscription_bought(site=site, on=TODAY)
    Subscription.objects.filter(pk=bought.pk).update(state="expired", next_charge_on=None)

    assert buy(site, plan, on=date(2028, 1, 1)).state == "active"


def test_without_a_card_nothing_is_bought(site, plan) -> None:
    with pytest.raises(NoPaymentMethodError):
        buy(site, plan)

    assert not Subscription.objects.exists()
    assert not Invoice.objects.exists()


def test_a_removed_card_is_no_card(studio, site, plan) -> None:
    card = make.card(account=studio)
    card.removed_at = make.noon(TODAY)
    card.save()

    with pytest.raises(NoPaymentMethodError):
        buy(site, plan)


def test_a_plan_without_a_price_in_the_accounts_currency_is_not_bought(plan) -> None:
    tokyo = make.account(currency="JPY")
    make.card(account=tokyo)

    with pytest.raises(NoPriceError):
        buy(make.site(account=tokyo), plan)

    assert not Subscription.objects.exists()


# --- In doubt ------------------------------------------------------------------------------------


def test_without_an_answer_the_purchase_is_in_doubt_and_completes_by_itself(
    studio, site, plan, gateway
) -> None:
    make.card(account=studio)
    gateway.does = gateway.take_in_silence
    with pytest.raises(PaymentInDoubtError):
        buy(site, plan)
    state_in_doubt = Subscription.objects.get().state

    at = make.noon(TODAY) + timedelta(hours=1)
    with clock.frozen(at):
        resolve_left_behind(on=TODAY, at=at)

    assert state_in_doubt == "starting"
    assert Subscription.objects.get().state == "active"
    assert gateway.money_taken() == 1


def test_while_in_doubt_the_site_cannot_be_bought_for_a_second_time(
    studio, site, plan, gateway
) -> None:
    make.card(account=studio)
    gateway.does = gateway.take_in_silence
    with pytest.raises(PaymentInDoubtError):
        buy(site, plan)

    with pytest.raises(AlreadyUpgradedError):
        buy(site, plan)

    assert len(gateway.asked) == 1


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_buy_once(gateway) -> None:
    plan, site = make.plan(), make.site()
    make.price(plan=plan)
    make.card(account=site.account)

    results = at_once(*[lambda: upgrade_site(site, plan, on=TODAY)] * 2)

    assert {type(result) for result in results} == {Subscription, AlreadyUpgradedError}
    assert gateway.money_taken() == 1


# --- Told ----------------------------------------------------------------------------------------


def test_an_upgrade_is_receipted(studio, site, plan) -> None:
    make.card(account=studio)

    buy(site, plan)

    assert list(Message.objects.values_list("kind", flat=True)) == ["billing/receipt"]
