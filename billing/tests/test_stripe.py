"""The real gateway's library, over HTTP, against a server that keeps its own books."""

from dataclasses import replace
from decimal import Decimal

import pytest

from billing import gateways
from billing.gateways import ChargeRequest, GatewaySilentError, RefundRequest
from billing.gateways.decline_codes import HARD, SOFT
from billing.gateways.stripe import StripeGateway
from billing.rules import Outcome
from billing.tests.fault_proxy import BROKEN, BUSY, HANG, LOSE_REPLY, LOSE_REQUEST, FaultProxy

pytestmark = pytest.mark.xdist_group("stripe server")


@pytest.fixture
def customer(proxy) -> str:
    return proxy.new_customer()


@pytest.fixture
def request_(proxy, customer) -> ChargeRequest:
    return ChargeRequest(
        idempotency_key="abc-1",
        method_ref=proxy.new_card(customer=customer),
        amount=Decimal("19.90"),
        currency="USD",
        customer_ref=customer,
        invoice_number="FW-2026-000001",
    )


def charge(request: ChargeRequest):
    return gateways.current().charge(request)


def look_up(request: ChargeRequest):
    return gateways.current().look_up(request)


# --- Charging ------------------------------------------------------------------------------------


def test_charge_takes_the_amount_in_minor_units_and_says_what_it_is_for(proxy, request_) -> None:
    reply = charge(request_)

    (made,) = proxy.charges()
    assert (reply.outcome, reply.provider_ref) == (Outcome.SUCCEEDED, made["id"])
    assert (made["amount"], made["currency"], made["customer"]) == (
        1990,
        "usd",
        request_.customer_ref,
    )
    assert made["metadata"] == {"attempt": "abc-1", "invoice": "FW-2026-000001"}


def test_currency_without_minor_units_is_charged_as_it_is(proxy, request_) -> None:
    charge(replace(request_, amount=Decimal(1500), currency="JPY"))

    assert proxy.charges()[0]["amount"] == 1500


def test_the_same_key_gets_the_same_answer_and_takes_nothing_more(proxy, request_) -> None:
    first = charge(request_)

    assert charge(request_) == first
    assert proxy.keys_paid() == ["abc-1"]


def test_the_holder_of_an_imported_card_is_found_out(proxy, request_) -> None:
    reply = charge(replace(request_, customer_ref=""))

    assert reply.outcome is Outcome.SUCCEEDED
    assert proxy.charges()[0]["customer"] == request_.customer_ref


def test_a_card_the_gateway_does_not_hold_any_more_is_a_hard_decline(proxy, request_) -> None:
    reply = charge(replace(request_, method_ref="pm_gone", customer_ref=""))

    assert (reply.outcome, reply.decline_code) == (Outcome.HARD_DECLINE, "no_such_card")


# --- Declines ------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", sorted(SOFT))
def test_soft_declines_are_soft(proxy, request_, code) -> None:
    proxy.faults.append(code)

    reply = charge(request_)

    assert (reply.outcome, reply.decline_code) == (Outcome.SOFT_DECLINE, code)
    assert look_up(request_) == reply


@pytest.mark.parametrize("code", sorted(HARD))
def test_hard_declines_are_hard(proxy, request_, code) -> None:
    proxy.faults.append(code)

    reply = charge(request_)

    assert (reply.outcome, reply.decline_code) == (Outcome.HARD_DECLINE, code)
    assert reply.provider_ref == proxy.charges()[0]["id"]


def test_decline_of_a_kind_nobody_knows_is_soft(proxy, request_) -> None:
    proxy.faults.append("made_up_yesterday")

    assert charge(request_).outcome is Outcome.SOFT_DECLINE


def test_decline_of_the_servers_own_is_understood(proxy, customer, request_) -> None:
    refused = proxy.new_card(customer=customer, number="4000000000000341")

    reply = charge(replace(request_, method_ref=refused))

    assert (reply.outcome, reply.decline_code) == (Outcome.SOFT_DECLINE, "card_declined")


def test_card_that_wants_its_holder_is_a_hard_decline(proxy, customer, request_) -> None:
    wants = proxy.new_card(customer=customer, number="4000002500003155")

    reply = charge(replace(request_, method_ref=wants))

    assert reply.outcome is Outcome.HARD_DECLINE
    assert reply.decline_code == "authentication_required"


def test_no_code_is_both_soft_and_hard() -> None:
    assert not SOFT.keys() & HARD.keys()


# --- No answer -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("fault", "paid"), [(LOSE_REQUEST, []), (LOSE_REPLY, ["abc-1"])])
def test_a_lost_answer_is_unknown_whether_money_moved_or_not(proxy, request_, fault, paid) -> None:
    proxy.faults.append(fault)

    assert charge(request_).outcome is Outcome.UNKNOWN
    assert proxy.keys_paid() == paid


def test_an_answer_that_takes_too_long_is_unknown(proxy, request_) -> None:
    proxy.faults.append(HANG)

    reply = StripeGateway(read_seconds=0.2).charge(request_)

    assert reply.outcome is Outcome.UNKNOWN
    assert proxy.keys_paid() == ["abc-1"]


def test_an_error_of_the_gateways_own_is_unknown(proxy, request_) -> None:
    proxy.faults.append(BROKEN)

    assert charge(request_).outcome is Outcome.UNKNOWN


def test_refused_connections_are_an_outage(proxy, request_) -> None:
    with proxy.away():
        assert charge(request_).outcome is Outcome.OUTAGE


def test_a_gateway_that_is_too_busy_is_an_outage(proxy, request_) -> None:
    proxy.faults.append(BUSY)

    assert charge(request_).outcome is Outcome.OUTAGE
    assert proxy.charges() == []


def test_a_key_that_is_refused_is_an_outage(proxy, request_, settings) -> None:
    settings.STRIPE_SECRET_KEY = ""
    proxy.forward = lambda *args: (401, {"error": {"type": "invalid_request_error"}})
    try:
        gateways.forget()
        assert charge(request_).outcome is Outcome.OUTAGE
    finally:
        del proxy.forward


def test_the_library_does_not_try_again_by_itself(proxy, request_) -> None:
    proxy.faults.append(BROKEN)

    charge(request_)

    assert proxy.charges_asked == ["abc-1"]


# --- Looking up ----------------------------------------------------------------------------------


def test_what_was_paid_in_silence_is_found_without_charging(proxy, request_) -> None:
    proxy.faults.append(LOSE_REPLY)
    charge(request_)

    assert look_up(request_).outcome is Outcome.SUCCEEDED
    assert proxy.charges_asked == ["abc-1"]


def test_what_never_arrived_was_never_heard_of(proxy, request_) -> None:
    proxy.faults.append(LOSE_REQUEST)
    charge(request_)

    assert look_up(request_).outcome is Outcome.OUTAGE
    assert proxy.charges() == []


def test_a_gateway_that_is_away_cannot_say_what_became_of_a_key(proxy, request_) -> None:
    with proxy.away():
        assert look_up(request_).outcome is Outcome.UNKNOWN


def test_a_payment_is_found_behind_hundreds_of_others(proxy: FaultProxy, request_) -> None:
    charge(request_)
    for number in range(101):
        proxy.forward(
            "POST",
            "/v1/payment_intents",
            f"amount=1&currency=usd&customer={request_.customer_ref}&metadata[attempt]=x{number}",
        )

    assert look_up(request_).outcome is Outcome.SUCCEEDED


# --- Paying back ---------------------------------------------------------------------------------


def test_a_refund_is_made_once_for_a_key(proxy, request_) -> None:
    paid = charge(request_)
    back = RefundRequest(
        idempotency_key="refund-1",
        charge_key="abc-1",
        charge_ref=paid.provider_ref,
        amount=Decimal("9.90"),
        currency="USD",
    )

    first = gateways.current().refund(back)

    assert first.outcome is Outcome.SUCCEEDED
    assert gateways.current().refund(back) == first
    refunds = proxy.forward("GET", "/v1/refunds?limit=100")[1]["data"]
    assert [refund["amount"] for refund in refunds] == [990]


# --- Cards ---------------------------------------------------------------------------------------


def test_a_card_is_described_with_its_holder(proxy, request_) -> None:
    card = gateways.current().describe(request_.method_ref)

    assert card
    assert (card.brand, card.last4, card.customer_ref) == ("Visa", "4242", request_.customer_ref)
    assert (card.expires_month, card.expires_year) == (12, 2034)


def test_a_card_nobody_knows_is_nothing(proxy) -> None:
    assert gateways.current().describe("pm_nonsense") is None


def test_a_gateway_that_is_away_describes_nothing(proxy) -> None:
    with proxy.away(), pytest.raises(GatewaySilentError):
        gateways.current().describe("pm_any")
