"""Disputes as the gateway tells them: signed events that come in any order, twice, or too early."""

from itertools import permutations
from typing import Any

import pytest

from billing.gateways.stripe_words import dispute_from
from billing.models import CreditNote, Dispute, GatewayEvent, Invoice, PaymentAttempt, PeriodEnd
from billing.models.disputes import DisputeState
from billing.models.invoices import InvoiceState
from billing.tests.fault_proxy import LOSE_REPLY, event
from billing.tests.real_cards import monthly_plan, renew, renewal
from billing.tests.telling import deliver, delivered
from partners.models import EventVoid
from portal.mail.models import Message
from portal.testing import builders as make
from portal.testing.races import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("stripe server")]


@pytest.fixture
def paid(proxy) -> PaymentAttempt:
    """The payment of a monthly plan, made through the gateway's own library."""
    return monthly_plan(proxy, make.studio()).invoice_lines.get().invoice.attempts.get()


def dispute(intent: str, **about: Any) -> dict[str, Any]:
    """A dispute of a payment as the gateway describes it."""
    return {
        "id": "dp_1MtJUT2eZvKYlo2CNaw2HvEv",
        "object": "dispute",
        "amount": 1000,
        "balance_transactions": [],
        "charge": "ch_1AZtxr2eZvKYlo2CJDX8whov",
        "created": 1781600000,
        "currency": "usd",
        "evidence_details": {"due_by": 1782700000, "has_evidence": False},
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": intent,
        "reason": "fraudulent",
        "status": "needs_response",
    } | about


def told(kind: str, paid: PaymentAttempt, status: str, **about: Any) -> dict[str, Any]:
    return event(f"charge.dispute.{kind}", dispute(paid.provider_ref, status=status, **about))


def life_of_a_lost_one(paid: PaymentAttempt) -> list[dict[str, Any]]:
    return [
        told("created", paid, "needs_response"),
        told("funds_withdrawn", paid, "needs_response"),
        told("updated", paid, "under_review"),
        told("closed", paid, "lost"),
    ]


def open_events() -> list[str]:
    """The notes of what waits for staff."""
    waiting = GatewayEvent.objects.filter(settled_at__isnull=True)
    return list(waiting.values_list("note", flat=True))


# --- What each event says ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["created", "updated", "funds_withdrawn"])
def test_whichever_event_comes_first_records_the_dispute(paid, kind) -> None:
    delivered(told(kind, paid, "needs_response"))

    recorded = Dispute.objects.get()
    assert (recorded.attempt, recorded.state) == (paid, DisputeState.OPEN)
    assert f"{recorded.amount:.2f} {recorded.currency}" == "10.00 USD"
    assert (recorded.gateway, recorded.reason) == ("stripe", "fraudulent")
    assert int(recorded.opened_at.timestamp()) == 1781600000
    assert open_events() == []
    assert not CreditNote.objects.exists()


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("warning_needs_response", DisputeState.OPEN),
        ("warning_under_review", DisputeState.OPEN),
        ("warning_closed", DisputeState.WON),
        ("under_review", DisputeState.OPEN),
        ("won", DisputeState.WON),
        ("lost", DisputeState.LOST),
    ],
)
def test_every_status_is_one_of_ours(paid, status, state) -> None:
    delivered(told("updated", paid, status))

    assert Dispute.objects.get().state == state


def test_funds_that_are_reinstated_close_it_as_won(paid) -> None:
    delivered(told("created", paid, "needs_response"), told("funds_reinstated", paid, "won"))

    assert Dispute.objects.get().state == DisputeState.WON
    assert not CreditNote.objects.exists()


def test_a_lost_one_takes_the_money_back(paid) -> None:
    delivered(*life_of_a_lost_one(paid))

    assert Dispute.objects.get().state == DisputeState.LOST
    assert CreditNote.objects.get().amount == 10
    assert PeriodEnd.objects.count() == EventVoid.objects.count() == 1
    assert open_events() == []


def test_amounts_are_in_the_currencys_own_minor_unit() -> None:
    yen = dispute_from(dispute("pi_1", amount=1000, currency="jpy"))
    pounds = dispute_from(dispute("pi_1", amount=1050, currency="gbp"))

    assert yen
    assert pounds
    assert f"{yen.amount} {yen.currency}" == "1000 JPY"
    assert f"{pounds.amount} {pounds.currency}" == "10.50 GBP"


# --- Any order, any number of times --------------------------------------------------------------


def test_in_whatever_order_they_come_the_end_is_the_same(proxy) -> None:
    for order in permutations(range(4)):
        paid = monthly_plan(proxy, make.account()).invoice_lines.get().invoice.attempts.get()
        events = life_of_a_lost_one(paid)
        named = [
            event(one["type"], one["data"]["object"] | {"id": f"dp_{paid.pk}"}) for one in events
        ]

        delivered(*(named[place] for place in order))

        note = CreditNote.objects.get(invoice=paid.invoice_id)
        assert note.amount == 10
        assert paid.disputes.get().state == DisputeState.LOST
    assert open_events() == []


def test_told_again_and_again_nothing_is_taken_twice(paid) -> None:
    events = life_of_a_lost_one(paid)

    delivered(*events, *reversed(events), *events)

    assert Dispute.objects.count() == CreditNote.objects.count() == 1
    assert Message.objects.filter(kind="billing/charged_back").count() == 1
    assert GatewayEvent.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_ten_ends_delivered_at_once_count_once(proxy) -> None:
    paid = monthly_plan(proxy, make.studio()).invoice_lines.get().invoice.attempts.get()
    ends = [told("closed", paid, "lost", metadata={"n": str(n)}) for n in range(10)]

    answers = at_once(*[lambda end=end: deliver(end).status_code for end in ends])

    assert answers == [200] * 10
    assert CreditNote.objects.count() == Dispute.objects.count() == 1
    assert Message.objects.filter(kind="billing/charged_back").count() == 1


# --- Before the payment is settled ---------------------------------------------------------------


def test_a_dispute_that_comes_before_its_payments_end_is_to_be_sent_again(paid, proxy) -> None:
    proxy.faults.append(LOSE_REPLY)
    renew()
    [payment] = [
        one
        for one in proxy.events()
        if one["data"]["object"]["metadata"]["attempt"] == renewal().attempts.get().idempotency_key
    ]
    lost = event("charge.dispute.closed", dispute(payment["data"]["object"]["id"], status="lost"))

    too_early = deliver(lost).status_code
    before = (renewal().state, Dispute.objects.count())
    delivered(payment, lost)

    assert too_early == 503
    assert before == (InvoiceState.OPEN, 0)
    assert renewal().state == InvoiceState.PAID
    assert renewal().credit_notes.get().amount == 10
    assert open_events() == []


# --- For staff -----------------------------------------------------------------------------------


def test_a_payment_nobody_knows_is_left_to_staff(paid, caplog) -> None:
    unknown = event("charge.dispute.closed", dispute("pi_of_another_shop", status="lost"))

    delivered(unknown, unknown)

    assert open_events() == ["for staff to look at: the payment it disputes is not known here"]
    assert "not known here" in caplog.text
    assert not Dispute.objects.exists()
    assert not CreditNote.objects.exists()


def test_a_payment_without_an_intent_is_left_to_staff(paid) -> None:
    delivered(event("charge.dispute.created", dispute("") | {"payment_intent": None}))

    assert len(open_events()) == 1


def test_a_status_nobody_knows_is_left_to_staff(paid) -> None:
    delivered(told("closed", paid, "prevented"))

    assert open_events() == ["for staff to look at"]
    assert not Dispute.objects.exists()


def test_an_end_that_contradicts_the_one_before_is_left_to_staff(paid, caplog) -> None:
    delivered(told("closed", paid, "lost"), told("funds_reinstated", paid, "won"))

    assert open_events() == ["for staff to look at: the dispute was closed as lost before"]
    assert Dispute.objects.get().state == DisputeState.LOST
    assert CreditNote.objects.count() == 1


def test_what_had_been_paid_back_before_it_was_lost_is_left_to_staff(paid, caplog) -> None:
    line = Invoice.objects.get(pk=paid.invoice_id).lines.get()
    make.paid_back(line=line, amount=4)

    delivered(told("closed", paid, "lost"))

    assert open_events() == [
        "for staff to look at: 4.00 USD of what was lost had been paid back before"
    ]
    assert Dispute.objects.get().state == DisputeState.LOST
    assert CreditNote.objects.get(kind="chargeback").amount == 6


# --- Who is believed -----------------------------------------------------------------------------


@pytest.mark.parametrize("forged", [{"secret": "whsec_another"}, {"age": 301}])
def test_a_dispute_nobody_signed_takes_nothing(paid, forged) -> None:
    response = deliver(told("closed", paid, "lost"), **forged)

    assert response.status_code == 400
    assert not Dispute.objects.exists()
    assert not CreditNote.objects.exists()


@pytest.mark.parametrize(
    "nonsense",
    [
        {"amount": "all of it"},
        {"currency": "shells"},
        {"created": None},
        {"status": ["lost"]},
    ],
)
def test_a_dispute_that_makes_no_sense_is_kept_and_takes_nothing(paid, nonsense) -> None:
    delivered(event("charge.dispute.closed", dispute(paid.provider_ref, status="lost") | nonsense))

    assert GatewayEvent.objects.get().note == "makes no sense"
    assert not Dispute.objects.exists()
