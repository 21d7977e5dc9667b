"""Renewals through the real library at a server that is slow, away, or heard only half."""

from datetime import timedelta

import pytest

from billing.actions.charge import LEFT_BEHIND_AFTER, resolve_left_behind
from billing.models import Subscription
from billing.models.invoices import InvoiceState
from billing.tests.fault_proxy import BROKEN, LOSE_REPLY, LOSE_REQUEST
from billing.tests.real_cards import CHARGED, keys_settled_as_paid, monthly_plan, renew, renewal
from portal.lib import clock
from portal.testing import builders as make

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("stripe server")]


@pytest.fixture
def monthly(proxy) -> Subscription:
    """Bought and paid; its first renewal is charged on 15 July."""
    return monthly_plan(proxy, make.studio())


def resolve() -> None:
    at = make.noon(CHARGED) + LEFT_BEHIND_AFTER + timedelta(seconds=1)
    with clock.frozen(at):
        resolve_left_behind(on=CHARGED, at=at)


def test_a_renewal_is_paid_and_the_two_books_agree(monthly, proxy) -> None:
    renew()

    assert renewal().state == InvoiceState.PAID
    assert proxy.keys_paid() == keys_settled_as_paid()
    assert len(proxy.keys_paid()) == 2


def test_many_renewals_at_once_are_each_paid_once(proxy) -> None:
    for owner in ("Alice", "Bob", "Charlie"):
        monthly_plan(proxy, make.account(owner=owner))

    renew()

    assert proxy.keys_paid() == keys_settled_as_paid()
    assert len(proxy.keys_paid()) == 6


@pytest.mark.parametrize("fault", [LOSE_REQUEST, LOSE_REPLY, BROKEN])
def test_silence_before_or_after_the_money_moved_ends_in_one_charge(monthly, proxy, fault) -> None:
    proxy.faults.append(fault)
    renew()
    in_doubt = renewal().attempts.get().outcome

    resolve()

    assert (in_doubt, renewal().state) == ("unknown", InvoiceState.PAID)
    assert renewal().attempts.count() == 1
    assert proxy.keys_paid() == keys_settled_as_paid()
    assert len(proxy.charges()) == 2


def test_a_soft_decline_is_tried_again_by_the_days(monthly, proxy) -> None:
    proxy.faults.append("insufficient_funds")

    renew()

    assert renewal().attempts.get().decline_code == "insufficient_funds"
    assert renewal().next_attempt_on == CHARGED + timedelta(days=1)


def test_an_outage_costs_no_attempt(monthly, proxy) -> None:
    with proxy.away():
        renew()
    down = renewal().attempts.get().outcome

    resolve()

    assert (down, renewal().state) == ("outage", InvoiceState.PAID)
    assert renewal().attempts.get().ordinal == 1
    assert len(proxy.charges()) == 2


def test_an_outage_while_asking_leaves_the_question_open(monthly, proxy) -> None:
    proxy.faults.append(LOSE_REPLY)
    renew()

    with proxy.away():
        resolve()
    still = renewal().attempts.get().outcome
    resolve()

    assert (still, renewal().state) == ("unknown", InvoiceState.PAID)
    assert len(proxy.charges_asked) == 2
    assert len(proxy.charges()) == 2


def test_the_card_wants_its_holder_and_waits_for_another_card(monthly, proxy) -> None:
    proxy.faults.append("authentication_required")

    renew()

    assert renewal().attempts.get().outcome == "hard_decline"
    assert renewal().next_attempt_on is None
