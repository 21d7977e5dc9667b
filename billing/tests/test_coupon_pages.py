"""The pages of coupons: looked at, bought and used, by those who may."""

import csv
import html
import io
import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.models import Coupon, CouponBatch, Invoice, Redemption, TaxRate
from billing.models.invoices import InvoiceState
from billing.rules import WRONG_CODES_A_DAY
from partners.models import Account, Site
from partners.roles import Role
from portal.lib import clock
from portal.models import User
from portal.testing import builders as make

TODAY = make.TODAY


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


@pytest.fixture
def batch(db) -> CouponBatch:
    """Five coupons of Alice's studio at a hundred each, bought today."""
    return make.coupons_bought(quantity=5)


@pytest.fixture
def studio(batch) -> Account:
    return batch.account


@pytest.fixture
def site(studio) -> Site:
    return make.site(account=studio, address="ready.example")


def signed_in(user: User | None = None) -> Client:
    client = Client()
    client.force_login(user or make.person(name="Alice"))
    return client


def words_of(response) -> str:
    """What a reader sees, without the tags and in single spaces."""
    assert response.status_code == 200
    text = re.sub(r"<[^>]*>", " ", response.content.decode())
    return " ".join(html.unescape(text).split())


def look(name: str, *args: str, query: str = "", by: User | None = None) -> str:
    return words_of(signed_in(by).get(reverse(f"billing:{name}", args=args) + query))


# --- Looking -------------------------------------------------------------------------------------


def test_without_coupons_the_page_says_what_they_are_for(db) -> None:
    words = look("coupons", make.studio().ref)

    assert "No coupons yet" in words
    assert "Buy plans in bulk" in words


def test_each_batch_says_how_many_are_left_until_when_and_by_which_invoice(batch, studio) -> None:
    make.coupon_used(batch=batch)

    words = look("coupons", studio.ref)

    assert "5 × Site plan, yearly bought on June 15, 2026 to use 4 1 June 14, 2027" in words
    assert batch.invoice_line.invoice.number in words


@pytest.mark.parametrize(("days", "state"), [(-1, "to use"), (0, "expired"), (1, "expired")])
def test_a_batch_expires_after_its_last_day(batch, studio, days, state) -> None:
    with clock.frozen(batch.expires_on + timedelta(days=days)):
        words = look("coupons", studio.ref)

    assert f"bought on June 15, 2026 {state} 5 0" in words


def test_a_used_coupon_says_where_by_whom_and_when(batch, studio) -> None:
    elsewhere = make.site(account=make.account(name="Elsewhere", owner="Charlie"))
    make.coupon_used(batch=batch, site=elsewhere, name="Charlie")

    words = look("coupon_batch", studio.ref, batch.ref)

    code = batch.coupons.earliest("pk").code
    assert f"{code} used {elsewhere} Elsewhere Charlie June 15, 2026" in words
    assert words.count("unused Copy") == 4


def test_an_order_being_paid_says_so_and_shows_no_coupons(batch, studio) -> None:
    invoice = batch.invoice_line.invoice
    Invoice.objects.filter(pk=invoice.pk).update(state=InvoiceState.OPEN, paid_at=None)

    assert "being paid" in look("coupons", studio.ref)
    assert "The coupons appear here when your bank has answered." in look(
        "coupon_batch", studio.ref, batch.ref
    )


def test_an_order_that_was_declined_is_not_shown(batch, studio) -> None:
    invoice = batch.invoice_line.invoice
    Invoice.objects.filter(pk=invoice.pk).update(state=InvoiceState.UNCOLLECTED, paid_at=None)
    page = reverse("billing:coupon_batch", args=[studio.ref, batch.ref])

    assert "No coupons yet" in look("coupons", studio.ref)
    assert signed_in().get(page).status_code == 404


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"state": "used"}, [0]),
        ({"state": "unused"}, [1, 2, 3, 4]),
        ({"state": "void"}, []),
        ({"q": "ready"}, [0]),
        ({"q": "nowhere"}, []),
        ({"q": "ready", "state": "unused"}, []),
        ({}, [0, 1, 2, 3, 4]),
    ],
)
def test_coupons_are_found_by_state_and_site_on_the_page_and_in_the_export(
    batch, studio, site, asked, found
) -> None:
    make.coupon_used(batch=batch, site=site)
    codes = list(batch.coupons.order_by("pk").values_list("code", flat=True))

    page = signed_in().get(reverse("billing:coupon_batch", args=[studio.ref, batch.ref]), asked)
    exported = exported_rows(batch, asked)

    assert [coupon.code for coupon in page.context["coupons"]] == [codes[n] for n in found]
    assert [row["code"] for row in exported] == [codes[n] for n in found]


@pytest.mark.parametrize("typed", [str, str.lower, lambda code: code.replace("-", " ")])
def test_a_coupon_is_found_by_its_code_however_it_is_typed(batch, studio, typed) -> None:
    coupon = batch.coupons.latest("pk")

    [row] = exported_rows(batch, {"q": typed(coupon.code)})

    assert row["code"] == coupon.code


def exported_rows(batch: CouponBatch, asked: dict[str, str]) -> list[dict[str, str]]:
    path = reverse("billing:coupon_batch_csv", args=[batch.account.ref, batch.ref])
    sent = signed_in().get(path, asked).getvalue().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(sent)))


def test_the_export_says_who_used_which_where_and_runs_no_formula(batch, site) -> None:
    alice = make.person(name="Alice")
    alice.name = "=1+1"
    alice.save()
    make.coupon_used(batch=batch, site=site)

    used, unused = exported_rows(batch, {})[:2]

    assert used | {"code": ""} == {
        "code": "",
        "plan": "Site plan, yearly",
        "state": "used",
        "valid_through": "2027-06-14",
        "used_on": "2026-06-15",
        "site": "ready.example",
        "account": "Studio",
        "used_by": "'=1+1",
    }
    assert (unused["state"], unused["used_on"], unused["site"]) == ("unused", "", "")


def test_three_hundred_coupons_take_as_many_queries_as_three(db) -> None:
    studio = make.studio()
    few, many = (make.coupons_bought(account=studio, quantity=n) for n in (3, 300))
    for batch in (few, *[many] * 20):
        make.coupon_used(batch=batch)

    counted = [
        [queries_of(name, studio, batch) for name in ("coupon_batch", "coupon_batch_csv")]
        for batch in (few, many)
    ]

    assert counted[0] == counted[1]


def queries_of(name: str, account: Account, batch: CouponBatch) -> int:
    client = signed_in()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        client.get(reverse(f"billing:{name}", args=[account.ref, batch.ref])).getvalue()
    return len(asked)


# --- Buying --------------------------------------------------------------------------------------


def order(studio: Account, **asked: object) -> str:
    """What Alice reads when she has confirmed an order for two."""
    sent = {"order_ref": "oneorder00", "shown_amount": "200.00", "quantity": 2} | asked
    page = reverse("billing:coupon_order", args=[studio.ref])
    return words_of(signed_in().post(page, sent, follow=True))


def test_the_page_shows_what_one_costs_by_how_many_are_bought(batch, studio) -> None:
    make.volume_price(plan=batch.plan, min_quantity=10, amount=90)

    words = look("coupon_purchase", studio.ref)

    assert "From Each Comes to 1 $100.00 $100.00 10 $90.00 $900.00" in words


def test_where_there_is_tax_the_page_says_which_amount_includes_it(batch, studio) -> None:
    TaxRate.objects.create(country="GB", name="VAT", percent=20, from_on=TODAY)

    words = look("coupon_purchase", studio.ref)

    assert "From Each With VAT 1 $100.00 $120.00" in words


def test_without_a_plan_in_the_accounts_currency_there_is_nothing_to_buy(db) -> None:
    assert "No plan is sold in your currency" in look("coupon_purchase", make.studio().ref)


def test_the_order_says_what_is_paid_now_until_when_they_are_valid_and_what_comes_then(
    batch, studio
) -> None:
    TaxRate.objects.create(country="GB", name="VAT", percent=20, from_on=TODAY)
    make.volume_price(plan=batch.plan, min_quantity=10, amount=90)

    words = look("coupon_order", studio.ref, query=f"?plan={batch.plan.pk}&quantity=10")

    for said in (
        "10 coupons for Site plan, yearly",
        "Each $90.00 volume price",
        "Together, before tax $900.00 VAT 20 % $180.00 You pay now $1,080.00",
        "charged to Visa •••• 4242",
        "Valid through June 14, 2027",
        "one activated today on June 1, 2027 for $120.00, unless its renewal is switched off",
        "Buy for $1,080.00",
    ):
        assert said in words
    assert CouponBatch.objects.count() == 1


@pytest.mark.parametrize("quantity", ["0", "501", "-3", "many", ""])
def test_a_number_that_is_not_sold_is_asked_for_again(batch, studio, quantity) -> None:
    query = f"?plan={batch.plan.pk}&quantity={quantity}"

    words = look("coupon_order", studio.ref, query=query)

    assert "This could not be saved yet." in words
    assert "See what it comes to" in words


def test_an_order_can_be_changed_without_typing_it_again(batch, studio) -> None:
    page = reverse("billing:coupon_purchase", args=[studio.ref])

    seen = signed_in().get(page, {"plan": batch.plan.pk, "quantity": 7}).content.decode()

    assert 'value="7"' in seen
    assert "checked" in seen


def test_confirmed_it_is_bought_and_its_coupons_are_shown(batch, studio) -> None:
    words = order(studio, plan=batch.plan.pk)

    bought = CouponBatch.objects.get(ref="oneorder00")
    assert "2 coupons are ready to use." in words
    assert all(coupon.code in words for coupon in bought.coupons.all())


def test_confirmed_twice_it_is_bought_once(batch, studio) -> None:
    order(studio, plan=batch.plan.pk)

    words = order(studio, plan=batch.plan.pk)

    assert "This order was sent before, and nothing was bought twice." in words
    assert CouponBatch.objects.count() == 2


def test_declined_the_reason_is_told_and_the_order_can_be_sent_again(batch, studio) -> None:
    make.card(account=studio, test_card="sim_lost")

    words = order(studio, plan=batch.plan.pk)

    assert "Your card was declined; nothing was charged." in words
    assert "The bank refused the payment. Try another card." in words
    assert "Buy for $200.00" in words
    assert Coupon.objects.count() == 5


def test_what_costs_something_else_meanwhile_is_shown_again_and_not_charged(batch, studio) -> None:
    words = order(studio, plan=batch.plan.pk, shown_amount="150.00")

    assert "The price has changed meanwhile. Nothing was charged; please look again." in words
    assert CouponBatch.objects.count() == 1


def test_without_a_card_the_order_asks_for_one(batch, studio) -> None:
    studio.payment_methods.update(removed_at=make.noon(TODAY))

    shown = look("coupon_order", studio.ref, query=f"?plan={batch.plan.pk}&quantity=2")
    sent = order(studio, plan=batch.plan.pk)

    assert "There is no card yet. Add a card" in shown
    assert "Buy for" not in shown
    assert "Add a card first; nothing was charged." in sent
    assert CouponBatch.objects.count() == 1


def test_while_the_bank_is_silent_the_order_is_shown_as_being_paid(batch, studio, gateway) -> None:
    gateway.does = gateway.take_in_silence

    words = order(studio, plan=batch.plan.pk)

    assert "Your bank has not answered yet. The coupons appear here when it does." in words
    assert "being paid" in words


@pytest.mark.parametrize("order_ref", ["", "UPPER", "x" * 17, "a/b", "ref\n"])
def test_an_order_without_a_name_is_not_bought(batch, studio, order_ref) -> None:
    order(studio, plan=batch.plan.pk, order_ref=order_ref)

    assert CouponBatch.objects.count() == 1


def test_billing_buys_and_a_member_does_not(batch, studio) -> None:
    page = reverse("billing:coupon_order", args=[studio.ref])
    seats = {
        role: make.member(account=studio, name=role.value, role=role).user
        for role in (Role.BILLING, Role.MEMBER)
    }

    answers = {role: signed_in(user).post(page, {}).status_code for role, user in seats.items()}

    assert answers == {Role.BILLING: 200, Role.MEMBER: 403}


# --- Using ---------------------------------------------------------------------------------------


def send(name: str, site: Site, code: str, *, by: User | None = None) -> str:
    page = reverse(f"billing:{name}", args=[site.account.ref, site.ref])
    return words_of(signed_in(by).post(page, {"code": code}, follow=True))


def test_a_sites_upgrade_page_leads_to_its_coupon_page(studio, site) -> None:
    page = reverse("billing:upgrade", args=[studio.ref, site.ref])

    seen = signed_in().get(page).content.decode()

    assert reverse("billing:coupon", args=[studio.ref, site.ref]) in seen


def test_the_preview_says_what_it_does_what_comes_then_and_who_sees_it(batch, site) -> None:
    words = send("coupon", site, batch.coupons.earliest("pk").code.lower())

    for said in (
        "Plan Site plan, yearly",
        "Nothing to pay. The coupon pays for June 15, 2026 to June 14, 2027.",
        "It renews for $100.00 , charged on June 1, 2027 .",
        "standard price since Jan. 1, 2020 · 14 days before the period ends on June 15, 2027",
        "The account that bought the coupon sees that it was used for this site, by you, and when.",
    ):
        assert said in words
    assert not Redemption.objects.exists()


def test_without_a_card_the_preview_says_by_when_one_is_needed(batch) -> None:
    elsewhere = make.site(account=make.account(name="Elsewhere", owner="Charlie"))

    words = send(
        "coupon", elsewhere, batch.coupons.earliest("pk").code, by=make.person(name="Charlie")
    )

    assert "add one by June 1, 2027 to keep the plan" in words


def test_confirmed_the_coupon_is_used_and_the_site_upgraded(batch, site) -> None:
    words = send("redemption", site, batch.coupons.earliest("pk").code)

    assert "ready.example is upgraded. Its points are on their way." in words
    assert Redemption.objects.get().site == site


def test_a_site_with_a_plan_is_not_asked_for_a_coupon(batch, studio, site) -> None:
    make.coupon_used(batch=batch, site=site)

    words = words_of(
        signed_in().get(reverse("billing:coupon", args=[studio.ref, site.ref]), follow=True)
    )

    assert "This site has a premium plan already." in words


@pytest.mark.parametrize("page", ["coupon", "redemption"])
def test_a_refusal_is_told_kindly_and_what_was_typed_stays(batch, studio, site, page) -> None:
    words = send(page, site, "ZZZZ-ZZZZ-ZZZZ")

    assert "We don’t know this code. Please compare it with the one you were given." in words
    assert not Redemption.objects.exists()


def test_the_buyer_reads_where_a_coupon_was_used_and_a_stranger_does_not(
    batch, studio, site
) -> None:
    make.coupon_used(batch=batch, site=site)
    code = batch.coupons.earliest("pk").code
    elsewhere = make.site(account=make.account(name="Elsewhere", owner="Charlie"))

    buyers = send("coupon", make.site(account=studio), code)
    strangers = send("coupon", elsewhere, code, by=make.person(name="Charlie"))

    assert "This coupon was used already: on June 15, 2026, for ready.example." in buyers
    assert "This coupon was used already." in strangers
    assert "ready.example" not in strangers


def test_an_expired_coupon_says_until_when_it_could_be_used(batch, site) -> None:
    with clock.frozen(date(2027, 6, 15)):
        words = send("coupon", site, batch.coupons.earliest("pk").code)

    assert "This coupon could be used through June 14, 2027." in words


def test_a_coupon_without_a_price_to_renew_at_says_so(batch) -> None:
    in_yen = make.site(account=make.account(name="Elsewhere", owner="Charlie", currency="JPY"))

    words = send(
        "coupon", in_yen, batch.coupons.earliest("pk").code, by=make.person(name="Charlie")
    )

    assert "It has no price in this currency just now." in words


def test_after_too_many_wrong_codes_the_page_asks_to_wait(batch, site) -> None:
    for _ in range(WRONG_CODES_A_DAY):
        send("coupon", site, "ZZZZ-ZZZZ-ZZZZ")

    words = send("coupon", site, batch.coupons.earliest("pk").code)

    assert "That is enough for one day; please try again tomorrow." in words


def test_a_member_does_not_use_coupons(batch, studio, site) -> None:
    bob = make.member(account=studio).user
    page = reverse("billing:redemption", args=[studio.ref, site.ref])

    answer = signed_in(bob).post(page, {"code": batch.coupons.earliest("pk").code})

    assert answer.status_code == 403
    assert not Redemption.objects.exists()


def test_nobody_uses_a_coupon_on_a_site_of_another_account(batch, studio) -> None:
    elsewhere = make.site(account=make.account(name="Elsewhere", owner="Charlie"))
    page = reverse("billing:redemption", args=[studio.ref, elsewhere.ref])

    answer = signed_in().post(page, {"code": batch.coupons.earliest("pk").code})

    assert answer.status_code == 404
    assert not Redemption.objects.exists()


# --- Elsewhere -----------------------------------------------------------------------------------


def test_the_billing_page_and_the_invoice_lead_to_the_coupons(batch, studio) -> None:
    coupons = reverse("billing:coupons", args=[studio.ref])
    invoice = reverse("billing:invoice", args=[studio.ref, batch.invoice_line.invoice.ref])

    for page in (reverse("billing:overview", args=[studio.ref]), invoice):
        assert coupons in signed_in().get(page).content.decode()
