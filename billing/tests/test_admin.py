"""Prices that were charged stay; parked accounts are taken up again; non-profits are verified."""

from datetime import date
from decimal import Decimal

import pytest
from django.apps import apps

from billing.models import NonprofitVerification, ParkedAccount, Price
from partners.models import Account
from portal.lib import clock
from portal.staff.tests import populate
from portal.staff.tests.populate import browser, plan_of, staff

pytestmark = pytest.mark.django_db


def test_a_price_that_was_charged_stays_and_a_new_version_is_added():
    populate.programme()
    populate.everything(range(1))
    price = Price.objects.get(plan__product__code="site-plus")
    client = browser(staff("finance"))
    sent = {
        "plan": price.plan_id,
        "currency": "USD",
        "amount": "1.00",
        "new_from": "2026-01-01",
        "existing_from": "2026-01-01",
    }

    response = client.post(f"/admin/billing/price/{price.pk}/change/", sent)
    later = sent | {"new_from": "2026-09-01", "existing_from": "2026-10-01"}
    client.post("/admin/billing/price/add/", later)

    price.refresh_from_db()
    assert "This price has been charged." in response.content.decode()
    assert price.amount == Decimal(144)
    assert Price.objects.filter(plan=price.plan).count() == 2


def test_a_price_nobody_was_charged_can_be_corrected():
    plan = plan_of("plus")
    price = plan.prices.get()
    sent = {
        "plan": plan.pk,
        "currency": "USD",
        "amount": "99.00",
        "new_from": "2026-01-01",
        "existing_from": "2026-01-01",
    }

    browser(staff("finance")).post(f"/admin/billing/price/{price.pk}/change/", sent)

    price.refresh_from_db()
    assert price.amount == Decimal(99)


def test_a_nonprofit_is_verified_under_the_name_of_who_adds_it():
    erin, other = staff("finance", name="Erin"), staff("finance", name="Other")
    account = populate.account("Food Bank", "hello@foodbank.example")

    browser(erin).post(
        "/admin/billing/nonprofitverification/add/",
        {
            "account": account.pk,
            "verified_on": "2026-06-15",
            "verified_by": other.pk,
            "reason": "Charity 1105 in the register",
        },
    )

    verification = NonprofitVerification.objects.get(account=account)
    assert verification.verified_by == erin
    assert verification.verified_on == date(2026, 6, 15)
    assert verification.reason == "Charity 1105 in the register"


def test_nobody_is_verified_without_a_reason():
    account = populate.account("Food Bank", "hello@foodbank.example")

    asked = browser(staff("finance")).post(
        "/admin/billing/nonprofitverification/add/",
        {"account": account.pk, "verified_on": "2026-06-15", "reason": ""},
    )

    assert "This field is required" in asked.text
    assert not NonprofitVerification.objects.exists()


def test_a_verification_is_neither_changed_nor_taken_back():
    account = populate.account("Food Bank", "hello@foodbank.example")
    given = NonprofitVerification.objects.create(account=account, verified_on=date(2026, 6, 15))
    client, base = browser(staff()), "/admin/billing/nonprofitverification"

    assert client.post(f"{base}/{given.pk}/change/", {}).status_code == 403
    assert client.post(f"{base}/{given.pk}/delete/", {"post": "yes"}).status_code == 403


def park(name: str) -> ParkedAccount:
    account = populate.account(name, f"{name}@example.org")
    return ParkedAccount.objects.create(
        account=account, parked_at=clock.now(), reason="NoPriceError: plan 4, EUR"
    )


def test_parked_accounts_are_taken_up_again_after_asking():
    parked = [park("one"), park("two")]
    erin = staff("finance", name="Erin")
    client, address = browser(erin), "/admin/billing/parkedaccount/"
    chosen = {"action": "take_up_again", "_selected_action": [row.pk for row in parked]}

    page = client.post(address, chosen, follow=True)
    assert "NoPriceError: plan 4, EUR" in page.content.decode()
    assert ParkedAccount.objects.count() == 2
    client.post(page.wsgi_request.get_full_path(), {"why": "They have a price now"})

    assert not ParkedAccount.objects.exists()
    assert Account.objects.count() == 2
    gone = apps.get_model("billing.ParkedAccountHistory").objects.filter(pgh_label="delete")
    kept = [row.pgh_context.metadata for row in gone]
    assert [(told["user"], told["why"]) for told in kept] == [
        (erin.pk, "They have a price now")
    ] * 2


def test_an_account_taken_up_meanwhile_is_no_error():
    parked, client = park("one"), browser(staff())
    address = f"/admin/billing/parkedaccount/taking-up/?row={parked.pk}"
    client.post(address, {"why": "They have a price now"})

    assert client.post(address, {"why": "Again"}, follow=True).status_code == 200


def test_support_sees_parked_accounts_and_leaves_them_parked():
    parked, client = park("one"), browser(staff("support"))

    assert client.get("/admin/billing/parkedaccount/").status_code == 200
    assert (
        client.post(
            f"/admin/billing/parkedaccount/taking-up/?row={parked.pk}", {"why": "Why not"}
        ).status_code
        == 403
    )
    assert ParkedAccount.objects.exists()
