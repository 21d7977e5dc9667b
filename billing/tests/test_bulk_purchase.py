"""Buying coupons: charged now and made when paid, or nothing was bought."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing.actions.bulk import buy_coupons
from billing.actions.charge import resolve_left_behind
from billing.coupon_queries import batches_of
from billing.errors import (
    AlreadyBoughtError,
    NoPaymentMethodError,
    NoPriceError,
    NotForSaleError,
    PaymentDeclinedError,
    PaymentInDoubtError,
    PriceChangedError,
    QuantityError,
)
from billing.models import Coupon, CouponBatch, Invoice, Period, Plan, Subscription, TaxRate
from billing.models.invoices import InvoiceState
from billing.rules import COUPONS_AT_ONCE, Kind, PriceReason
from partners.models import Account, QualifyingEvent
from portal.lib import clock
from portal.lib.refs import new_ref
from portal.mail.actions.hand_over import send_due
from portal.mail.models import Message
from portal.testing import builders as make
from portal.testing.races import at_once

TODAY = make.TODAY


@pytest.fixture
def studio(db) -> Account:
    holder = make.studio()
    make.card(account=holder)
    return holder


@pytest.fixture
def plan(db) -> Plan:
    priced = make.plan()
    make.price(plan=priced, amount=100)
    make.volume_price(plan=priced, min_quantity=10, amount=90)
    return priced


def buy(
    studio: Account, plan: Plan, quantity: int = 10, *, shown: str = "900", order_ref: str = ""
) -> CouponBatch:
    with clock.frozen(TODAY):
        return buy_coupons(
            studio,
            plan,
            quantity,
            shown_amount=Decimal(shown),
            order_ref=order_ref or new_ref(),
            by=make.person(name="Alice"),
            on=TODAY,
        )


# --- Bought --------------------------------------------------------------------------------------


def test_so_many_coupons_are_charged_at_once_and_made(studio, plan) -> None:
    batch = buy(studio, plan)

    assert batch.coupons.count() == 10
    assert (batch.quantity, batch.unit_amount, batch.currency) == (10, Decimal(90), "USD")
    assert (batch.bought_on, batch.expires_on) == (TODAY, date(2027, 6, 15))
    assert batch.bought_by == make.person(name="Alice")
    invoice = Invoice.objects.get()
    assert (invoice.total_amount, invoice.state) == (Decimal(900), InvoiceState.PAID)
    assert invoice.attempts.count() == 1


def test_the_invoice_says_how_many_of_what_at_which_price_and_until_when(studio, plan) -> None:
    batch = buy(studio, plan)

    line = Invoice.objects.get().lines.explained().get()
    assert line.description == "10 coupons for Site plan, yearly, at $90.00 each"
    assert (line.coupon_batch, line.subscription) == (batch, None)
    assert (line.starts_on, line.last_on) == (TODAY, date(2027, 6, 14))
    assert (line.price_reason, line.why) == (PriceReason.VOLUME, "volume price")


def test_at_the_standard_price_the_invoice_says_since_when_it_is_one(studio, plan) -> None:
    buy(studio, plan, 1, shown="100")

    line = Invoice.objects.get().lines.explained().get()
    assert line.description == "1 coupon for Site plan, yearly, at $100.00"
    assert line.why == "standard price since Jan. 1, 2020"


def test_the_tax_of_the_buyers_country_is_on_the_line(studio, plan) -> None:
    TaxRate.objects.create(country="GB", name="VAT", percent=20, from_on=TODAY)

    buy(studio, plan, shown="1080")

    line = Invoice.objects.get().lines.get()
    assert (line.amount, line.tax_name, line.tax_amount) == (Decimal(900), "VAT", Decimal(180))
    assert Invoice.objects.get().attempts.get().amount == Decimal(1080)


def test_buying_coupons_activates_nothing_yet(studio, plan) -> None:
    make.enrolled(account=studio)

    buy(studio, plan)

    assert not Subscription.objects.exists()
    assert not Period.objects.exists()
    assert not QualifyingEvent.objects.exists()


def test_the_receipt_leads_to_the_coupons_and_shows_no_code(studio, plan) -> None:
    batch = buy(studio, plan)
    with clock.frozen(TODAY):
        send_due(at=make.noon(TODAY))

    mail = Message.objects.get()
    assert mail.kind == "billing/receipt"
    for body in (mail.text, mail.html):
        assert "10 coupons for Site plan, yearly" in body
        assert f"/a/{studio.ref}/billing/coupons/" in body
        assert not any(coupon.code in body for coupon in batch.coupons.all())


def test_a_free_plan_is_bought_without_a_card(plan) -> None:
    cardless = make.account(name="Elsewhere", owner="Charlie")
    make.volume_price(plan=plan, min_quantity=2, amount=0)

    batch = buy(cardless, plan, 2, shown="0")

    assert batch.coupons.count() == 2


# --- Declined and in doubt -----------------------------------------------------------------------


@pytest.mark.parametrize("test_card", ["sim_soft", "sim_lost"])
def test_a_declined_order_has_bought_nothing_and_is_not_tried_again(
    studio, plan, test_card, live
) -> None:
    make.card(account=studio, test_card=test_card)

    with pytest.raises(PaymentDeclinedError):
        buy(studio, plan)
    make.card(account=studio)
    for days in range(1, 9):
        live(TODAY + timedelta(days=days))

    assert not Coupon.objects.exists()
    assert not batches_of(studio, on=TODAY).exists()
    invoice = Invoice.objects.get()
    assert (invoice.state, invoice.attempts.count()) == (InvoiceState.UNCOLLECTED, 1)


def test_who_was_declined_is_told_that_nothing_was_bought(studio, plan) -> None:
    make.card(account=studio, test_card="sim_lost")
    with pytest.raises(PaymentDeclinedError):
        buy(studio, plan)
    with clock.frozen(TODAY):
        send_due(at=make.noon(TODAY))

    mail = Message.objects.get()
    assert (mail.kind, mail.state) == ("billing/given_up", "sent")
    assert "10 coupons for Site plan, yearly" in mail.text


def test_without_an_answer_the_coupons_are_made_when_it_comes_and_once(
    studio, plan, gateway
) -> None:
    gateway.does = gateway.take_in_silence
    with pytest.raises(PaymentInDoubtError):
        buy(studio, plan)
    made_in_doubt = Coupon.objects.count()

    for hours in (1, 2):
        at = make.noon(TODAY) + timedelta(hours=hours)
        with clock.frozen(at):
            resolve_left_behind(on=TODAY, at=at)

    assert made_in_doubt == 0
    assert Coupon.objects.count() == 10
    assert gateway.money_taken() == 1


# --- Refused -------------------------------------------------------------------------------------


def refused(refusal: type[Exception], *order, **about) -> None:
    with pytest.raises(refusal):
        buy(*order, **about)
    assert not CouponBatch.objects.exists()
    assert not Invoice.objects.exists()


@pytest.mark.parametrize("quantity", [0, COUPONS_AT_ONCE + 1])
def test_too_few_and_too_many_are_refused(studio, plan, quantity) -> None:
    refused(QuantityError, studio, plan, quantity)


def test_what_is_not_a_site_plan_is_not_sold_in_bulk(studio) -> None:
    domain = make.plan(kind=Kind.DOMAIN)
    make.price(plan=domain)

    refused(NotForSaleError, studio, domain)


def test_a_plan_taken_off_sale_is_not_sold_in_bulk(studio, plan) -> None:
    plan.is_sold = False
    plan.save()

    refused(NotForSaleError, studio, plan)


def test_a_plan_without_a_price_in_the_accounts_currency_is_refused(plan) -> None:
    refused(NoPriceError, make.account(currency="JPY"), plan)


def test_without_a_card_nothing_is_bought(plan) -> None:
    refused(NoPaymentMethodError, make.studio(), plan)


def test_nobody_is_charged_another_amount_than_they_were_shown(studio, plan) -> None:
    refused(PriceChangedError, studio, plan, shown="899.99")


def test_an_order_sent_twice_is_bought_once(studio, plan) -> None:
    buy(studio, plan, order_ref="oneorder00")

    with pytest.raises(AlreadyBoughtError):
        buy(studio, plan, order_ref="oneorder00")

    assert Invoice.objects.count() == 1
    assert Coupon.objects.count() == 10


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_buy_once(gateway) -> None:
    studio, plan, alice = make.studio(), make.plan(), make.person(name="Alice")
    make.price(plan=plan, amount=100)
    make.card(account=studio)

    def click() -> CouponBatch:
        return buy_coupons(
            studio,
            plan,
            3,
            shown_amount=Decimal(300),
            order_ref="oneorder00",
            by=alice,
            on=TODAY,
        )

    results = at_once(click, click)

    assert {type(result) for result in results} == {CouponBatch, AlreadyBoughtError}
    assert (gateway.money_taken(), Coupon.objects.count()) == (1, 3)
