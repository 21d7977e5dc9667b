"""Buying: charged now, or nothing was bought."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest

from billing.actions import purchase
from billing.actions.charge import resolve_left_behind
from billing.errors import (
    AlreadySubscribedError,
    NoPaymentMethodError,
    NoPriceError,
    NotForSaleError,
    PaymentDeclinedError,
    PaymentInDoubtError,
    PriceChangedError,
    WrongSubjectError,
)
from billing.models import Invoice, Period, Plan, Subscription, TaxRate
from billing.models.invoices import InvoiceState
from billing.models.subscriptions import SubscriptionState
from billing.rules import SOLD_FOR, Cycle, Kind, PriceReason, Subject
from billing.subjects import BoughtFor, to_begin
from partners.models import Account, QualifyingEvent, Site
from portal.lib import clock
from portal.mail.models import Message
from portal.testing import builders as make
from portal.testing.races import PATIENCE, at_once, begun, not_yet_committed

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
        return purchase.buy(
            site.account,
            plan,
            subject=site,
            currency=site.account.currency,
            by=make.person(),
            on=on,
        )


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
    assert (event.kind, event.site) == ("activated", site)
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

    with pytest.raises(AlreadySubscribedError):
        buy(site, plan)

    assert Subscription.objects.count() == 1


def test_a_site_whose_plan_is_ending_is_not_upgraded_a_second_time(studio, site, plan) -> None:
    bought = make.subscription_bought(site=site, on=TODAY)
    Subscription.objects.filter(pk=bought.pk).update(state="ending", next_charge_on=None)

    with pytest.raises(AlreadySubscribedError):
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

    with pytest.raises(AlreadySubscribedError):
        buy(site, plan)

    assert len(gateway.asked) == 1


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_buy_once(gateway) -> None:
    plan, site = make.plan(), make.site()
    make.price(plan=plan)
    make.card(account=site.account)

    results = at_once(*[lambda: buy(site, plan)] * 2)

    assert {type(result) for result in results} == {Subscription, AlreadySubscribedError}
    assert gateway.money_taken() == 1


# --- Every kind ----------------------------------------------------------------------------------

OF_SITES = [kind for kind, subject in SOLD_FOR.items() if subject is Subject.SITE]
NAMED = {Kind.DOMAIN: "juniper.example", Kind.BUSINESS_EMAIL: "hello@juniper.example"}


@pytest.fixture
def on_sale(db) -> Callable[..., Plan]:
    def put_on_sale(kind: Kind, *, code: str = "", cycle: Cycle = Cycle.YEARLY) -> Plan:
        sold = make.plan(kind=kind, code=code, cycle=cycle)
        make.price(plan=sold)
        return sold

    return put_on_sale


def subject_of(kind: Kind, site: Site) -> BoughtFor:
    return site if kind in OF_SITES else NAMED.get(kind)


def buy_for(
    studio: Account, plan: Plan, subject: BoughtFor, *, currency: str = "USD", **shown: Decimal
) -> Subscription:
    with clock.frozen(TODAY):
        return purchase.buy(
            studio,
            plan,
            subject=subject,
            currency=currency,
            by=make.person(),
            on=TODAY,
            **shown,
        )


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_bought_charged_and_served_from_today(studio, site, on_sale, kind) -> None:
    make.card(account=studio)

    bought = buy_for(studio, on_sale(kind), subject_of(kind, site))

    assert (bought.state, bought.purchased_on) == ("active", TODAY)
    assert bought.site == (site if kind in OF_SITES else None)
    assert bought.label == NAMED.get(kind, "")
    assert bought.bought_by == make.person()
    assert Invoice.objects.get().state == InvoiceState.PAID


@pytest.mark.parametrize("kind", Kind)
def test_what_runs_is_not_bought_again_for_the_same(studio, site, on_sale, kind) -> None:
    make.card(account=studio)
    plan, subject = on_sale(kind), subject_of(kind, site)
    buy_for(studio, plan, subject)

    with pytest.raises(AlreadySubscribedError):
        buy_for(studio, plan, subject)

    assert Invoice.objects.count() == 1


@pytest.mark.parametrize("kind", Kind)
def test_what_was_declined_can_be_bought_after_all(studio, site, on_sale, kind) -> None:
    make.card(account=studio, test_card="sim_soft")
    plan, subject = on_sale(kind), subject_of(kind, site)
    with pytest.raises(PaymentDeclinedError):
        buy_for(studio, plan, subject)
    make.card(account=studio)

    assert buy_for(studio, plan, subject).state == "active"


@pytest.mark.parametrize("kind", Kind)
def test_what_has_ended_can_be_bought_again(studio, site, on_sale, kind) -> None:
    make.card(account=studio)
    plan, subject = on_sale(kind), subject_of(kind, site)
    before = buy_for(studio, plan, subject)
    Subscription.objects.filter(pk=before.pk).update(state="expired", next_charge_on=None)

    assert buy_for(studio, plan, subject).state == "active"


@pytest.mark.parametrize("kind", [Kind.SITE_PLAN, Kind.MARKETING_SUITE])
def test_another_product_of_the_kind_is_no_way_to_a_second_one(studio, site, on_sale, kind) -> None:
    make.card(account=studio)
    buy_for(studio, on_sale(kind), site)

    with pytest.raises(AlreadySubscribedError):
        buy_for(studio, on_sale(kind, code="another"), site)


def test_a_site_has_as_many_apps_as_it_needs_and_one_of_each(studio, site, on_sale) -> None:
    make.card(account=studio)
    bookings, reviews = on_sale(Kind.APP, code="bookings"), on_sale(Kind.APP, code="reviews")
    bookings_by_the_month = on_sale(Kind.APP, code="bookings", cycle=Cycle.MONTHLY)
    buy_for(studio, bookings, site)

    buy_for(studio, reviews, site)

    with pytest.raises(AlreadySubscribedError):
        buy_for(studio, bookings_by_the_month, site)
    assert site.subscriptions.count() == 2


@pytest.mark.parametrize("kind", OF_SITES)
def test_another_site_has_one_of_its_own(studio, site, on_sale, kind) -> None:
    make.card(account=studio)
    plan = on_sale(kind)
    buy_for(studio, plan, site)

    assert buy_for(studio, plan, make.site(account=studio)).state == "active"


@pytest.mark.parametrize("kind", NAMED)
def test_a_name_somebody_else_has_is_not_sold(studio, on_sale, kind) -> None:
    plan, bakery = on_sale(kind), make.bakery()
    for account in (studio, bakery):
        make.card(account=account)
    buy_for(studio, plan, NAMED[kind])

    with pytest.raises(AlreadySubscribedError):
        buy_for(bakery, plan, NAMED[kind])

    assert not bakery.invoices.exists()


def test_a_mailbox_is_the_same_however_its_letters_are_written(studio, on_sale) -> None:
    make.card(account=studio)
    plan = on_sale(Kind.BUSINESS_EMAIL)
    buy_for(studio, plan, "hello@juniper.example")

    with pytest.raises(AlreadySubscribedError):
        buy_for(studio, plan, "Hello@juniper.example")


WRONG = [
    *((kind, subject) for kind in OF_SITES for subject in (None, "juniper.example", "another's")),
    *((Kind.STUDIO_PLAN, subject) for subject in ("site", "juniper.example")),
    *((kind, subject) for kind in NAMED for subject in ("site", None, "")),
]


@pytest.mark.parametrize(("kind", "subject"), WRONG)
def test_a_plan_is_sold_for_what_its_kind_says_and_nothing_else(
    studio, site, on_sale, kind, subject
) -> None:
    make.card(account=studio)
    sites = {"site": site, "another's": make.clients_site()}

    with pytest.raises(WrongSubjectError):
        buy_for(studio, on_sale(kind), sites.get(subject, subject))

    assert not Subscription.objects.exists()


def test_a_plan_that_is_not_sold_any_more_is_not_bought(studio, site, plan) -> None:
    make.card(account=studio)
    Plan.objects.update(is_sold=False)
    plan.refresh_from_db()

    with pytest.raises(NotForSaleError):
        buy_for(studio, plan, site)

    assert not Subscription.objects.exists()


# --- Currency, and what was shown ----------------------------------------------------------------


def test_a_subscription_keeps_the_currency_it_was_bought_in(studio, site, plan) -> None:
    make.card(account=studio)
    make.price(plan=plan, amount=90, currency="EUR")

    bought = buy_for(studio, plan, site, currency="EUR")

    assert bought.currency == "EUR"
    assert (Invoice.objects.get().currency, Invoice.objects.get().total_amount) == (
        "EUR",
        Decimal(90),
    )


def test_a_currency_without_a_price_to_renew_at_is_refused(studio, site, plan) -> None:
    make.card(account=studio)
    make.price(plan=plan, currency="EUR", existing_from=date(2030, 1, 1))

    with pytest.raises(NoPriceError):
        buy_for(studio, plan, site, currency="EUR")


@pytest.mark.parametrize(("shown", "is_bought"), [("99.99", False), ("100", True), ("0", False)])
def test_nothing_is_bought_at_a_price_its_buyer_was_not_shown(
    studio, site, plan, shown, is_bought
) -> None:
    make.card(account=studio)

    with nullcontext() if is_bought else pytest.raises(PriceChangedError):
        buy_for(studio, plan, site, shown_amount=Decimal(shown))

    assert Subscription.objects.exists() is is_bought


def test_what_is_shown_has_the_tax_in_it(studio, site, plan) -> None:
    make.card(account=studio)
    TaxRate.objects.create(country="GB", name="VAT", percent=20, from_on=TODAY)

    with pytest.raises(PriceChangedError):
        buy_for(studio, plan, site, shown_amount=Decimal(100))

    assert buy_for(studio, plan, site, shown_amount=Decimal(120)).state == "active"


# --- Races ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_people_who_want_one_domain_at_once_are_sold_it_once(gateway) -> None:
    plan = make.plan(kind=Kind.DOMAIN)
    make.price(plan=plan)
    studio, bakery = make.studio(), make.bakery()
    for account in (studio, bakery):
        make.card(account=account)

    results = at_once(
        *[partial(buy_for, account, plan, "juniper.example") for account in (studio, bakery)]
    )

    assert {type(result) for result in results} == {Subscription, AlreadySubscribedError}
    assert gateway.money_taken() == 1
    assert Invoice.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_comes_second_waits_for_what_becomes_of_the_first(gateway) -> None:
    plan = make.plan(kind=Kind.DOMAIN)
    make.price(plan=plan)
    studio, bakery = make.studio(), make.bakery()
    make.card(account=bakery)
    wanted = to_begin(studio, plan, subject="juniper.example", currency="USD", on=TODAY)

    with not_yet_committed(wanted.save):
        second = begun(partial(buy_for, bakery, plan, "juniper.example"))
        assert not second.done()

    with pytest.raises(AlreadySubscribedError):
        second.result(PATIENCE)
    assert gateway.money_taken() == 0


@pytest.mark.django_db(transaction=True)
def test_an_app_clicked_twice_is_bought_once(gateway) -> None:
    plan, site = make.plan(kind=Kind.APP), make.site()
    make.price(plan=plan)
    make.card(account=site.account)

    results = at_once(*[partial(buy_for, site.account, plan, site)] * 2)

    assert {type(result) for result in results} == {Subscription, AlreadySubscribedError}
    assert gateway.money_taken() == 1


# --- Told ----------------------------------------------------------------------------------------


def test_an_upgrade_is_receipted(studio, site, plan) -> None:
    make.card(account=studio)

    buy(site, plan)

    assert list(Message.objects.values_list("kind", flat=True)) == ["billing/receipt"]
