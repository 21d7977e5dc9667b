"""What a gateway tells by itself: believed if signed, once, in any order, or never."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from billing.actions.charge import retry_due
from billing.actions.forget_cards import forget_removed
from billing.actions.remove_card import remove_card
from billing.models import GatewayEvent, Invoice, PaymentAttempt
from billing.models.invoices import InvoiceState
from billing.tests.fault_proxy import LOSE_REPLY, event, signature
from billing.tests.real_cards import CHARGED, keys_settled_as_paid, monthly_plan, renew, renewal
from billing.tests.telling import ADDRESS, SECRET, deliver, delivered, the_payments_end
from partners.models import QualifyingEvent
from portal.lib import clock
from portal.mail.models import Message
from portal.testing import builders as make
from portal.testing.races import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("stripe server")]


@pytest.fixture
def monthly(proxy):
    """Bought and paid; the answer to its first renewal is lost, so only a webhook tells of it."""
    made = monthly_plan(proxy, make.studio())
    proxy.faults.append(LOSE_REPLY)
    return made


# --- Payments ------------------------------------------------------------------------------------


def test_a_payment_is_settled_by_its_webhook_alone(monthly, proxy) -> None:
    renew()

    delivered(the_payments_end(proxy))

    assert renewal().state == InvoiceState.PAID
    event = GatewayEvent.objects.get()
    assert (event.kind, event.note) == ("payment_intent.succeeded", "")
    assert event.settled_at
    assert proxy.keys_paid() == keys_settled_as_paid()


def test_a_decline_is_settled_by_its_webhook_alone(proxy) -> None:
    monthly_plan(proxy, make.studio())
    proxy.faults.append("insufficient_funds")
    renew()
    before = PaymentAttempt.objects.latest("id")

    delivered(the_payments_end(proxy))

    before.refresh_from_db()
    assert before.decline_code == "insufficient_funds"
    assert Message.objects.filter(kind="billing/payment_failed").count() == 1


def test_told_again_nothing_changes(monthly, proxy) -> None:
    renew()
    told = the_payments_end(proxy)

    delivered(told, told, told)

    assert GatewayEvent.objects.count() == 1
    assert QualifyingEvent.objects.count() == 2
    assert Message.objects.filter(kind="billing/receipt").count() == 2


def test_events_in_reverse_order_come_to_the_same(proxy) -> None:
    monthly_plan(proxy, make.studio())
    proxy.faults.append("insufficient_funds")
    renew()
    proxy.faults.append(LOSE_REPLY)
    with clock.frozen(CHARGED + timedelta(days=1)):
        retry_due(on=CHARGED + timedelta(days=1))

    delivered(*reversed(proxy.events()))

    assert renewal().state == InvoiceState.PAID
    outcomes = renewal().attempts.order_by("ordinal").values_list("outcome", flat=True)
    assert list(outcomes) == ["soft_decline", "succeeded"]
    assert proxy.keys_paid() == keys_settled_as_paid()


def test_money_taken_for_an_attempt_settled_as_declined_waits_for_staff(proxy, caplog) -> None:
    monthly_plan(proxy, make.studio())
    proxy.faults.append("insufficient_funds")
    renew()
    told = the_payments_end(proxy)["data"]["object"]

    delivered(event("payment_intent.succeeded", told | {"status": "succeeded"}))

    kept = GatewayEvent.objects.filter(settled_at__isnull=True).get()
    assert "money was taken" in kept.note
    assert renewal().attempts.get().outcome == "soft_decline"
    assert "was declined, and yet money was taken" in caplog.text


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_a_webhook_that_is_faster_than_the_answer(self, proxy) -> None:
        monthly_plan(proxy, make.studio())
        said = []

        def tell_first() -> None:
            said.append(deliver(the_payments_end(proxy)).status_code)
            connection.close()  # this thread's own

        proxy.before_reply = tell_first
        renew()

        assert said == [200]
        assert renewal().state == InvoiceState.PAID
        assert proxy.keys_paid() == keys_settled_as_paid()
        assert Message.objects.filter(kind="billing/receipt").count() == 2

    def test_ten_deliveries_at_once_count_once(self, proxy) -> None:
        monthly_plan(proxy, make.studio())
        proxy.faults.append(LOSE_REPLY)
        renew()
        told = the_payments_end(proxy)

        answers = at_once(*[lambda: deliver(told).status_code] * 10)

        assert answers == [200] * 10
        assert GatewayEvent.objects.count() == 1
        assert QualifyingEvent.objects.count() == 2
        assert Message.objects.filter(kind="billing/receipt").count() == 2

    def test_ten_card_updates_at_once_are_told_once(self, proxy) -> None:
        card = monthly_plan(proxy, make.studio()).account.payment_methods.get()
        told = proxy.renew_card(card.provider_ref, last4="1881", year=2039)

        answers = at_once(*[lambda: deliver(told).status_code] * 10)

        assert answers == [200] * 10
        assert Message.objects.filter(kind="billing/card_updated").count() == 1


# --- Who is believed -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "forged",
    [{"secret": "whsec_another"}, {"secret": ""}, {"age": 301}, {"body": b"\xff\xfe"}],
    ids=["another secret", "empty secret", "stale", "no text"],
)
def test_what_is_not_signed_lately_by_the_gateway_is_refused_and_not_kept(
    monthly, proxy, forged
) -> None:
    renew()

    response = deliver(the_payments_end(proxy), **forged)

    assert response.status_code == 400
    assert not GatewayEvent.objects.exists()
    assert renewal().state == InvoiceState.OPEN


@pytest.mark.parametrize("header", [{}, {"Stripe-Signature": ""}, {"Stripe-Signature": "t=,v1"}])
def test_what_is_not_signed_at_all_is_refused(proxy, header) -> None:
    response = Client().post(ADDRESS, b"{}", content_type="application/json", headers=header)

    assert response.status_code == 400


def test_a_signature_is_good_for_five_minutes(monthly, proxy) -> None:
    renew()

    assert deliver(the_payments_end(proxy), age=290).status_code == 200


def test_a_signature_belongs_to_its_body(monthly, proxy) -> None:
    renew()
    body = json.dumps(the_payments_end(proxy)).encode()

    response = Client().post(
        ADDRESS,
        body + b" ",
        content_type="application/json",
        headers={"Stripe-Signature": signature(body, SECRET)},
    )

    assert response.status_code == 400


@pytest.mark.parametrize("gateway", ["simulated", "nobody", "stripe"])
def test_a_gateway_that_is_not_set_up_has_no_address(db, settings, gateway) -> None:
    settings.STRIPE_WEBHOOK_SECRET = ""

    assert Client().post(f"/billing/webhooks/{gateway}/").status_code == 404


# --- Nonsense ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"{not json",
        b"[]",
        b'"words"',
        b"{}",
        b'{"id": "evt_1", "type": "payment_intent.succeeded", "data": null}',
        b'{"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": {"id": "pi_1"}}}',
        b'{"id": "evt_1", "type": "payment_method.updated", "data": {"object": []}}',
    ],
)
def test_nonsense_is_kept_and_not_asked_for_again(proxy, body) -> None:
    answers = [deliver(None, body=body).status_code for _ in range(2)]

    assert answers == [200, 200]
    kept = GatewayEvent.objects.get()
    assert (kept.note, kept.settled_at is None) == ("makes no sense", False)


def test_a_payment_of_somebody_else_is_kept_and_left_alone(monthly, proxy) -> None:
    renew()
    about = the_payments_end(proxy)["data"]["object"] | {"metadata": {"attempt": "theirs-1"}}

    delivered(event("payment_intent.succeeded", about))

    assert GatewayEvent.objects.get().note == "no such attempt"
    assert renewal().state == InvoiceState.OPEN


def test_what_needs_somebody_stays_open_for_staff(proxy) -> None:
    told = event("charge.refunded", {"id": "ch_1"})

    delivered(told, told)

    assert GatewayEvent.objects.filter(settled_at__isnull=True).get().kind == "charge.refunded"


def test_a_kind_nobody_asked_for_is_kept_and_that_is_all(proxy) -> None:
    delivered(event("customer.created", {"id": "cus_1"}))

    assert GatewayEvent.objects.get().note == "nothing to do"


# --- Cards ---------------------------------------------------------------------------------------


@pytest.fixture
def card(proxy):
    return monthly_plan(proxy, make.studio()).account.payment_methods.get()


def test_a_renewed_card_shows_its_new_details_and_its_holder_is_told_both(card, proxy) -> None:
    delivered(proxy.renew_card(card.provider_ref, last4="1881", year=2039))

    card.refresh_from_db()
    assert (card.last4, card.expires_month, card.expires_year) == ("1881", 12, 2039)
    message = Message.objects.get(kind="billing/card_updated")
    assert (message.arguments["before"]["last4"], message.arguments["now"]["last4"]) == (
        "4242",
        "1881",
    )
    assert card.history.count() == 2  # as it was, and as it is


def test_updates_in_reverse_order_leave_the_card_as_it_is_now(card, proxy) -> None:
    first = proxy.renew_card(card.provider_ref, last4="1881", year=2039)
    second = proxy.renew_card(card.provider_ref, last4="0341", year=2044)

    delivered(second, first)

    card.refresh_from_db()
    assert (card.last4, card.expires_year) == ("0341", 2044)
    assert Message.objects.filter(kind="billing/card_updated").count() == 1


def test_what_a_card_could_not_pay_is_due_at_once_when_it_is_renewed(card, proxy) -> None:
    proxy.faults.append("expired_card")
    renew()
    waiting = renewal().next_attempt_on

    delivered(proxy.renew_card(card.provider_ref, last4="4242", year=2039))
    retry_due(on=clock.today())

    assert waiting is None
    assert Invoice.objects.filter(state=InvoiceState.OPEN).count() == 0
    assert renewal().attempts.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_card_renewed_while_it_was_being_refused_is_tried_again(proxy) -> None:
    card = monthly_plan(proxy, make.studio()).account.payment_methods.get()
    told = proxy.renew_card(card.provider_ref, last4="1881", year=2039)

    def renew_meanwhile() -> None:
        deliver(told)
        connection.close()  # this thread's own

    proxy.faults.append("expired_card")
    proxy.before_reply = renew_meanwhile
    renew()

    assert renewal().next_attempt_on == CHARGED


def test_an_update_of_a_card_not_on_file_changes_nothing(card, proxy) -> None:
    stranger = proxy.new_card(customer=card.customer_ref)

    delivered(proxy.renew_card(stranger, last4="1881", year=2039))

    card.refresh_from_db()
    assert card.last4 == "4242"
    assert not Message.objects.filter(kind="billing/card_updated").exists()


def test_an_update_that_cannot_be_asked_about_is_to_be_sent_again(card, proxy) -> None:
    told = proxy.renew_card(card.provider_ref, last4="1881", year=2039)
    with proxy.away():
        away = deliver(told).status_code
    kept = GatewayEvent.objects.get().settled_at

    delivered(told)

    assert (away, kept) == (503, None)
    card.refresh_from_db()
    assert card.last4 == "1881"


# --- Cards that are gone -------------------------------------------------------------------------


def test_a_card_detached_at_the_gateway_is_removed_here_and_another_takes_over(card, proxy) -> None:
    other = make.card(account=card.account, is_default=False)

    delivered(proxy.detach_card(card.provider_ref))

    card.refresh_from_db()
    other.refresh_from_db()
    assert (card.removed_at, card.detached_at) == (card.detached_at, card.removed_at)
    assert card.removed_at
    assert other.is_default


def test_what_a_detached_card_could_not_pay_is_due_at_once_on_another(card, proxy) -> None:
    proxy.faults.append("lost_card")
    renew()
    other = proxy.new_card(customer=card.customer_ref)
    make.card(account=card.account, is_default=False)
    card.account.payment_methods.exclude(pk=card.pk).update(gateway="stripe", provider_ref=other)

    delivered(proxy.detach_card(card.provider_ref))
    retry_due(on=clock.today())

    assert renewal().state == InvoiceState.PAID


def test_told_that_our_own_removal_is_done_nothing_else_happens(card, proxy) -> None:
    removed_at = make.noon(CHARGED)
    remove_card(card, even_if_last=True, by=make.person(), on=CHARGED, at=removed_at)

    delivered(proxy.detach_card(card.provider_ref))

    card.refresh_from_db()
    assert card.removed_at == removed_at
    assert card.detached_at
    assert forget_removed(at=removed_at) == 0


def test_a_card_the_gateway_still_keeps_is_not_removed_by_an_event(card, proxy) -> None:
    told = event("payment_method.detached", {"id": card.provider_ref})

    delivered(told)

    card.refresh_from_db()
    assert card.removed_at is None
    assert GatewayEvent.objects.get().note == "the gateway keeps this card still"


def test_a_detached_card_that_is_not_on_file_is_noted(card, proxy) -> None:
    stranger = proxy.new_card(customer=card.customer_ref)

    delivered(proxy.detach_card(stranger))

    assert GatewayEvent.objects.get().note == "no card on file"
    card.refresh_from_db()
    assert card.removed_at is None
