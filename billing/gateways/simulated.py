"""A gateway that moves no money and answers as its test cards ask.

A method's reference is `<card>:<anything>`, so that many accounts can hold the same test card. Its
book (`SimulatedCharge`) is its own: the portal reads it only to be checked against it.
"""

from django.db import transaction
from django.db.models import Sum

from billing.gateways.protocol import Card, ChargeRequest, RefundRequest, Reply
from billing.gateways.simulated_cards import TEST_CARDS, TestCard, Trouble
from billing.models import SimulatedCharge, SimulatedRenewal
from billing.rules import Outcome
from portal.lib import clock

# Charges the gateway itself knows nothing of.
NEVER_ARRIVED = {Outcome.UNKNOWN.value, Outcome.OUTAGE.value}

RENEWED_FOR_YEARS = 5


class SimulatedGateway:
    """See the module's words."""

    name = "simulated"
    concurrency = 1  # it computes rather than waits

    def charge(self, request: ChargeRequest) -> Reply:
        card = _test_card(request.method_ref)
        booked, is_new = SimulatedCharge.objects.get_or_create(
            idempotency_key=request.idempotency_key,
            defaults={
                "method_ref": request.method_ref,
                "amount": request.amount,
                "currency": request.currency,
                "charged_at": clock.now(),
                **_comes_to(card, request.method_ref),
            },
        )
        if not is_new and _arrives_now(booked):
            booked.outcome, booked.charged_at = Outcome.SUCCEEDED.value, clock.now()
            booked.save(update_fields=["outcome", "charged_at"])
        if is_new and card.trouble is Trouble.REPLY_LOST:
            return Reply(outcome=Outcome.UNKNOWN)
        return _reply(booked)

    def look_up(self, request: ChargeRequest) -> Reply:
        booked = SimulatedCharge.objects.filter(pk=request.idempotency_key).first()
        if booked is None or booked.outcome in NEVER_ARRIVED:
            return Reply(outcome=Outcome.OUTAGE)
        return _reply(booked)

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
        renewed = SimulatedRenewal.objects.filter(pk=method_ref).first()
        month, year = card.expires_in(clock.today())
        return Card(
            provider_ref=method_ref,
            brand=card.brand,
            last4=renewed.last4 if renewed else card.last4,
            expires_month=renewed.expires_month if renewed else month,
            expires_year=renewed.expires_year if renewed else year,
        )

    def detach(self, method_ref: str, customer_ref: str) -> None:
        """It keeps no cards: a reference says all there is to know."""

    def renew(self, method_ref: str, *, last4: str) -> Card | None:
        """The card's network sends new last digits and a later expiry; the card as it is then.

        None if the gateway does not know it.
        """
        before = self.describe(method_ref)
        if before is None:
            return None
        SimulatedRenewal.objects.update_or_create(
            method_ref=method_ref,
            defaults={
                "last4": last4,
                "expires_month": before.expires_month,
                "expires_year": max(before.expires_year, clock.today().year) + RENEWED_FOR_YEARS,
            },
        )
        return self.describe(method_ref)


def _test_card(method_ref: str) -> TestCard:
    return TEST_CARDS[method_ref.partition(":")[0]]


def _comes_to(card: TestCard, method_ref: str) -> dict[str, str]:
    """What a charge that is sent the first time comes to."""
    match card.trouble:
        case Trouble.REQUEST_LOST:
            return {"outcome": Outcome.UNKNOWN.value}
        case Trouble.DOWN_TODAY:
            return {"outcome": Outcome.OUTAGE.value}
        case Trouble.OUT_OF_DATE if SimulatedRenewal.objects.filter(pk=method_ref).exists():
            return {"outcome": Outcome.SUCCEEDED.value}
    return {"outcome": card.outcome.value, "decline_code": card.decline_code}


def _arrives_now(booked: SimulatedCharge) -> bool:
    """Whether a charge that did not arrive does so when it comes again: after an outage, the next
    day.
    """
    if booked.outcome == Outcome.OUTAGE.value:
        return clock.date_of(booked.charged_at) < clock.today()
    return booked.outcome == Outcome.UNKNOWN.value


def _reply(booked: SimulatedCharge) -> Reply:
    return Reply(
        outcome=Outcome(booked.outcome),
        decline_code=booked.decline_code,
        provider_ref=f"sim_{booked.idempotency_key}",
    )
