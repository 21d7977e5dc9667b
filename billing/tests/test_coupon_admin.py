"""Staff: volume prices are edited safely, coupons are found and shown."""

import re
from decimal import Decimal
from typing import Any

import pytest

from billing.models import Plan, VolumePrice
from portal.lib import clock
from portal.staff.tests.populate import browser, staff
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

PRICES = "/admin/billing/volumeprice/"


@pytest.fixture
def plan() -> Plan:
    priced = make.plan()
    make.price(plan=priced, amount=100)
    return priced


def add(plan: Plan, **typed: Any) -> str:
    """What finance reads after sending a volume price."""
    sent = {
        "plan": plan.pk,
        "min_quantity": 10,
        "currency": "USD",
        "amount": "90",
        "from_on": "2026-07-01",
    } | typed
    return browser(staff("finance")).post(f"{PRICES}add/", sent, follow=True).content.decode()


def test_finance_adds_a_volume_price(plan):
    add(plan)

    price = VolumePrice.objects.get()
    assert (price.min_quantity, price.amount, str(price.from_on)) == (10, Decimal(90), "2026-07-01")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({}, "There is a volume price of this plan, currency and number from that day already."),
        ({"min_quantity": 1, "from_on": "2026-08-01"}, "A volume price is for two or more."),
        ({"amount": "-1", "from_on": "2026-08-01"}, "A price cannot be negative."),
        ({"currency": "usd"}, "A currency is three capital letters, such as GBP."),
    ],
)
def test_what_makes_no_sense_is_told_in_words(plan, typed, words):
    add(plan)

    assert words in add(plan, **typed)
    assert VolumePrice.objects.count() == 1


@pytest.mark.parametrize("other", [{"from_on": "2026-07-02"}, {"min_quantity": 11}])
def test_another_day_or_number_is_another_price(plan, other):
    add(plan)

    add(plan, **other)

    assert VolumePrice.objects.count() == 2


def change(price: VolumePrice, **typed: Any) -> str:
    sent = {
        "plan": price.plan_id,
        "min_quantity": price.min_quantity,
        "currency": price.currency,
        "amount": price.amount,
        "from_on": price.from_on,
    } | typed
    client = browser(staff("finance"))
    return client.post(f"{PRICES}{price.pk}/change/", sent, follow=True).content.decode()


def test_a_price_nobody_bought_at_can_be_changed(plan):
    price = make.volume_price(plan=plan, min_quantity=10, amount=90)
    make.coupons_bought(plan=plan, quantity=9)

    change(price, amount="85")

    price.refresh_from_db()
    assert price.amount == 85


@pytest.mark.parametrize(
    "typed", [{"amount": "85"}, {"min_quantity": 20}, {"from_on": "2026-06-20"}]
)
def test_a_price_somebody_bought_at_stays(plan, typed):
    price = make.volume_price(plan=plan, min_quantity=10, amount=90)
    make.coupons_bought(plan=plan, quantity=10)

    words = change(price, **typed)

    assert "Somebody has bought at this price." in words
    price.refresh_from_db()
    assert (price.amount, price.min_quantity, price.from_on) == (90, 10, make.LONG_AGO)


@pytest.mark.parametrize(("role", "status"), [("support", 403), ("programme manager", 403)])
def test_others_do_not_edit_volume_prices(plan, role, status):
    client = browser(staff(role))

    assert client.get(PRICES).status_code == 200
    assert client.get(f"{PRICES}add/").status_code == status


@pytest.mark.parametrize("model", ["couponbatch", "coupon", "redemption"])
@pytest.mark.parametrize("by", ["code", "site", "account"])
def test_coupons_are_found_by_code_site_and_account(model, by):
    mine = make.coupons_bought(quantity=1)
    make.coupon_used(batch=mine, site=make.site(account=mine.account, address="mine.example"))
    theirs = make.coupons_bought(account=make.bakery(), quantity=1)
    make.coupon_used(batch=theirs, name="Carol")
    typed = {"code": mine.coupons.get().code.lower(), "site": "mine", "account": mine.account.ref}

    page = browser(staff("support")).get(f"/admin/billing/{model}/", {"q": typed[by]})

    [found] = page.context["cl"].result_list
    assert found in {mine, mine.coupons.get(), mine.coupons.get().redemption}


def test_a_batch_shows_its_coupons_with_their_states():
    batch = make.coupons_bought(on=clock.today())
    make.coupon_used(batch=batch, on=clock.today())

    page = browser(staff("support")).get(f"/admin/billing/couponbatch/{batch.pk}/change/")

    words = " ".join(re.sub(r"<[^>]*>", " ", page.content.decode()).split())
    used, unused = batch.coupons.order_by("pk")
    assert f"{used.code} used {used.redemption.site}" in words
    assert f"{unused.code} unused –" in words


def test_an_invoice_of_coupons_leads_to_its_batch():
    batch = make.coupons_bought(on=clock.today())
    invoice = batch.invoice_line.invoice

    page = browser(staff("finance")).get(f"/admin/billing/invoice/{invoice.pk}/change/")

    assert f"/admin/billing/couponbatch/{batch.pk}/change/" in page.content.decode()
