"""A run of renewals: gapless numbers, one customer's broken data, and many customers at once."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.actions import renew
from billing.actions.renew import renew_due
from billing.models import (
    Invoice,
    ParkedAccount,
    Period,
    Subscription,
)
from billing.models.invoices import InvoiceState
from billing.rules import Cycle
from billing.tests.renewing import renewed_on
from partners.models import Account
from portal.testing import builders as make
from portal.testing.assertions import insert_like

pytestmark = pytest.mark.django_db

BOUGHT = date(2026, 6, 15)
A_DAY = timedelta(days=1)


# --- Numbers -------------------------------------------------------------------------------------


def test_invoice_numbers_have_no_gaps_across_batches(monkeypatch) -> None:
    monkeypatch.setattr(renew, "ACCOUNTS_A_BATCH", 2)
    for owner in ("Alice", "Bob", "Carol", "Charlie", "Dora"):
        make.subscription_bought(account=make.account(owner=owner), on=BOUGHT)

    invoices = renewed_on(date(2027, 6, 1))

    numbers = [invoice.number for invoice in invoices]
    assert numbers == [f"FW-2027-{n:06d}" for n in range(1, 6)]


def test_a_broken_batch_leaves_no_gap(monkeypatch) -> None:
    broken = make.subscription_bought(account=make.account(owner="Alice"), on=BOUGHT)
    Subscription.objects.filter(pk=broken.pk).update(currency="KWD")
    for owner in ("Bob", "Carol"):
        make.subscription_bought(account=make.account(owner=owner), on=BOUGHT)

    invoices = renewed_on(date(2027, 6, 1))

    assert [invoice.number for invoice in invoices] == ["FW-2027-000001", "FW-2027-000002"]


def test_numbers_are_of_the_year_the_invoice_is_issued_in() -> None:
    make.subscription_bought(cycle=Cycle.MONTHLY, on=date(2026, 11, 20))

    renewed_on(date(2027, 1, 25))

    numbers = Invoice.objects.order_by("id").values_list("number", flat=True)
    assert list(numbers) == ["FW-2026-000001", "FW-2027-000001", "FW-2027-000002"]


# --- A broken customer ---------------------------------------------------------------------------


@pytest.fixture
def broken() -> Subscription:
    """Bought by Alice; its currency has no price."""
    bought = make.subscription_bought(account=make.studio(), on=BOUGHT)
    Subscription.objects.filter(pk=bought.pk).update(currency="KWD")
    return bought


def test_a_customer_without_a_price_is_parked_and_the_rest_go_on(broken) -> None:
    sound = make.subscription_bought(account=make.account(owner="Charlie"), on=BOUGHT)

    [invoice] = renewed_on(date(2027, 6, 1))

    assert invoice.account == sound.account
    parked = ParkedAccount.objects.get()
    assert parked.account == broken.account
    assert "KWD" in parked.reason


def test_a_parked_customer_is_left_alone(broken) -> None:
    renewed_on(date(2027, 6, 1))

    assert not renewed_on(date(2027, 6, 2))
    assert ParkedAccount.objects.count() == 1
    broken.refresh_from_db()
    assert (broken.state, broken.next_charge_on) == ("active", date(2027, 6, 1))


def test_a_customer_put_right_is_charged_under_the_day_it_was_due(broken) -> None:
    renewed_on(date(2027, 6, 1))
    Subscription.objects.update(currency="USD")
    ParkedAccount.objects.all().delete()

    [invoice] = renewed_on(date(2027, 6, 5))

    assert invoice.due_on == date(2027, 6, 1)


def test_nothing_of_a_parked_customer_is_half_drawn_up(broken) -> None:
    make.subscription_bought(account=broken.account, on=BOUGHT)

    assert not renewed_on(date(2027, 6, 1))
    assert not Period.objects.filter(ordinal=1).exists()


# --- Many ----------------------------------------------------------------------------------------


def many_due(count: int, *, on: date) -> None:
    """So many accounts with a yearly plan each that is charged on that day."""
    site = make.site()
    model = make.subscription_bought(site=site, on=BOUGHT)
    for n in range(count):
        account = Account.objects.create(
            name=f"Account {n}", email="a@b.example", country="GB", currency="USD"
        )
        insert_like(
            model,
            ref=f"{on:%d}-{n}",
            account_id=account.pk,
            site_id=None,
            exclusive_key="",
            next_charge_on=on,
        )
        make.card(account=account)
    Subscription.objects.filter(pk=model.pk).update(next_charge_on=None)


def test_a_batch_costs_the_same_for_many_accounts_as_for_a_few(gateway) -> None:
    many_due(5, on=date(2027, 6, 1))
    many_due(50, on=date(2027, 6, 2))

    with CaptureQueriesContext(connection) as few:
        renew_due(on=date(2027, 6, 1))
    with CaptureQueriesContext(connection) as many:
        renew_due(on=date(2027, 6, 2))

    assert gateway.money_taken() == 2 + 55
    assert len(many) == len(few)


def test_batches_are_asked_about_while_others_are_drawn_up_each_account_once(
    gateway, monkeypatch
) -> None:
    monkeypatch.setattr(renew, "ACCOUNTS_A_BATCH", 2)
    monkeypatch.setattr(gateway, "concurrency", 3)
    many_due(11, on=date(2027, 6, 1))

    charged = renew_due(on=date(2027, 6, 1))

    assert charged == {"succeeded": 11}
    assert gateway.money_taken() == 1 + 11
    assert len({request.idempotency_key for request in gateway.asked}) == len(gateway.asked)
    assert not Invoice.objects.exclude(state=InvoiceState.PAID)
