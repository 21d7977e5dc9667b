"""A gateway that moves no money and answers as its test cards ask.

A method's reference is `<card>:<anything>`, so that many accounts can hold the same test card. Its
book (`SimulatedCharge`) is its own: the portal reads it only to be checked against it.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Sum

from billing.gateways.protocol import Card, ChargeRequest, RefundRequest, Reply
from billing.models import SimulatedCharge
from billing.rules import Outcome
from portal.lib import clock


@dataclass(frozen=True, slots=True)
class TestCard:
    """How a test card looks, and what charging it comes to."""

    brand: str
    last4: str
    outcome: Outcome
    decline_code: str = ""


TEST_CARDS: dict[str, TestCard] = {
    "sim_ok": TestCard("Visa", "4242", Outcome.SUCCEEDED),
    "sim_ok_mastercard": TestCard("Mastercard", "4444", Outcome.SUCCEEDED),
    "sim_soft": TestCard("Visa", "9995", Outcome.SOFT_DECLINE, "insufficient_funds"),
    "sim_lost": TestCard("Visa", "9987", Outcome.HARD_DECLINE, "lost_card"),
    "sim_authentication": TestCard("Visa", "3184", Outcome.HARD_DECLINE, "authentication_required"),
}
EXPIRES_MONTH, EXPIRES_YEAR = 12, 2034


class SimulatedGateway:
    """See the module's words."""

    name = "simulated"
    concurrency = 1  # it computes rather than waits

    def charge(self, request: ChargeRequest) -> Reply:
        card = TEST_CARDS[request.method_ref.partition(":")[0]]
        booked, _ = SimulatedCharge.objects.get_or_create(
            idempotency_key=request.idempotency_key,
            defaults={
                "method_ref": request.method_ref,
                "amount": request.amount,
                "currency": request.currency,
                "outcome": card.outcome.value,
                "decline_code": card.decline_code,
                "charged_at": clock.now(),
            },
        )
        return self._reply(booked)

    def look_up(self, request: ChargeRequest) -> Reply:
        booked = SimulatedCharge.objects.filter(pk=request.idempotency_key).first()
        return self._reply(booked) if booked else Reply(outcome=Outcome.OUTAGE)

    @transaction.atomic
    def refund(self, request: RefundRequest) -> Reply:
        charge = SimulatedCharge.objects.select_for_update().get(pk=request.charge_key)
        if not charge.refunds.filter(pk=request.idempotency_key).exists():
            back = charge.refunds.aggregate(total=Sum("amount"))["total"] or 0
            if charge.outcome != Outcome.SUCCEEDED.value or back + request.amount > charge.amount:
                return Reply(outcome=Outcome.HARD_DECLINE, decline_code="nothing_left_to_refund")
            charge.refunds.create(
                idempotency_key=request.idempotency_key,
                amount=request.amount,
                refunded_at=clock.now(),
            )
        return Reply(outcome=Outcome.SUCCEEDED, provider_ref=f"sim_{request.idempotency_key}")

    def describe(self, method_ref: str) -> Card | None:
        card = TEST_CARDS.get(method_ref.partition(":")[0])
        if card is None:
            return None
        return Card(
            provider_ref=method_ref,
            brand=card.brand,
            last4=card.last4,
            expires_month=EXPIRES_MONTH,
            expires_year=EXPIRES_YEAR,
        )

    @staticmethod
    def _reply(booked: SimulatedCharge) -> Reply:
        return Reply(
            outcome=Outcome(booked.outcome),
            decline_code=booked.decline_code,
            provider_ref=f"sim_{booked.idempotency_key}",
        )
