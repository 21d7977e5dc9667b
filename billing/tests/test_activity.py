"""What people do with the account's money is in its activity log, by name."""

from datetime import date

import pytest

from billing.actions.cancel import cancel, take_back
from billing.actions.cards import add_card, set_default
from billing.actions.change_plan import ask_for_change, withdraw_change
from billing.actions.charge_to import charge_to
from billing.actions.invoice_address import set_invoice_address
from billing.actions.purchase import buy
from billing.actions.remove_card import remove_card
from billing.actions.revive import revive
from billing.errors import NotRenewingError, PaymentDeclinedError
from billing.models import PaymentMethod, Subscription
from billing.models.subscriptions import SubscriptionState
from billing.rules import Cycle, Kind
from partners.activities import in_words
from partners.models import Account, Activity
from portal.lib import clock
from portal.models import User
from portal.testing import builders as make
from portal.testing.builders import TODAY, noon

pytestmark = pytest.mark.django_db

AT = noon(TODAY)


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


@pytest.fixture
def alice() -> User:
    return make.person(name="Alice")


@pytest.fixture
def yearly() -> Subscription:
    """A site plan of the studio's, paid until next January."""
    return make.subscription_bought(account=make.studio(), on=date(2026, 1, 10))


def log(account: Account) -> list[str]:
    """Who did what, oldest first."""
    return [f"{one.by} {in_words(one)}" for one in Activity.objects.filter(account=account)[::-1]]


@pytest.fixture
def other(yearly) -> PaymentMethod:
    return make.card(account=yearly.account, test_card="sim_ok_mastercard", is_default=False)


@pytest.fixture
def monthly_plan(yearly):
    plan = make.plan(cycle=Cycle.MONTHLY)
    make.price(plan=plan)
    return plan


def test_cancelling_and_taking_it_back(alice, yearly) -> None:
    cancel(yearly, by=alice, at=AT)
    take_back(yearly, by=alice, on=TODAY, at=AT)

    what = yearly.in_words
    assert log(yearly.account) == [
        f"Alice cancelled {what}",
        f"Alice took back the cancellation of {what}",
    ]


def test_asking_for_another_plan_and_taking_it_back(alice, yearly, monthly_plan) -> None:
    ask_for_change(yearly, monthly_plan, by=alice, at=AT)
    withdraw_change(yearly, by=alice, at=AT)

    what = yearly.in_words
    assert log(yearly.account) == [
        f"Alice asked to change {what} to {monthly_plan} with the next renewal",
        f"Alice took back the change of {what}",
    ]


def test_cards_added_made_the_default_and_removed(alice, yearly, other) -> None:
    added = add_card(yearly.account, method_ref="sim_ok:new", by=alice, on=TODAY)
    set_default(other, by=alice, on=TODAY)
    remove_card(added, by=alice, on=TODAY, at=AT)

    assert log(yearly.account) == [
        f"Alice added {added}",
        f"Alice made {other} the default card",
        f"Alice removed {added}",
    ]


def test_a_card_made_the_default_again_is_told_once(alice, yearly, other) -> None:
    set_default(other, by=alice, on=TODAY)
    set_default(other, by=alice, on=TODAY)

    assert len(log(yearly.account)) == 1


def test_a_card_the_gateway_tells_of_is_nobodys_deed(yearly) -> None:
    added = add_card(yearly.account, method_ref="sim_ok:new", by=None, on=TODAY)

    assert log(yearly.account) == [f"None added {added}"]


def test_which_card_a_subscription_is_charged_to(alice, yearly, other) -> None:
    charge_to(yearly, other, by=alice, on=TODAY)
    charge_to(yearly, None, by=alice, on=TODAY)

    assert log(yearly.account) == [
        f"Alice had {yearly.in_words} charged to {other}",
        f"Alice had {yearly.in_words} charged to the default card",
    ]


def test_a_purchase(alice, yearly) -> None:
    plan = make.plan(kind=Kind.STUDIO_PLAN)
    make.price(plan=plan)

    bought = buy(yearly.account, plan, subject=None, currency="USD", by=alice, on=TODAY)

    assert log(yearly.account) == [f"Alice ordered {bought.in_words}"]


def test_a_purchase_that_was_declined_was_ordered_all_the_same(alice, yearly) -> None:
    make.card(account=yearly.account, test_card="sim_lost")
    plan = make.plan(kind=Kind.STUDIO_PLAN)
    make.price(plan=plan)

    with pytest.raises(PaymentDeclinedError):
        buy(yearly.account, plan, subject=None, currency="USD", by=alice, on=TODAY)

    assert len(log(yearly.account)) == 1


def test_coupons_bought_and_used(yearly) -> None:
    batch = make.coupons_bought(account=yearly.account, quantity=3)
    used = make.coupon_used(batch=batch)

    assert log(yearly.account) == [
        f"Alice ordered 3 coupons for {batch.plan}",
        f"Alice used a coupon for {used.in_words}",
    ]


def test_reviving(alice, yearly) -> None:
    Subscription.objects.filter(pk=yearly.pk).update(
        state=SubscriptionState.EXPIRED, next_charge_on=None
    )
    on = date(2027, 1, 12)

    with clock.frozen(on):
        revive(yearly, by=alice, at=noon(on))

    assert log(yearly.account) == [f"Alice revived {yearly.in_words}"]


def test_another_invoice_address(alice, yearly) -> None:
    yearly.account.invoice_email = "books@alder-ash.example"

    set_invoice_address(yearly.account, by=alice, at=AT)

    assert log(yearly.account) == ["Alice had invoices sent to books@alder-ash.example"]


def test_what_was_refused_is_not_in_the_log(alice, yearly) -> None:
    cancel(yearly, by=alice, at=AT)

    with pytest.raises(NotRenewingError):
        cancel(yearly, by=alice, at=AT)

    assert len(log(yearly.account)) == 1
