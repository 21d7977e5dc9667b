"""How that gateway speaks of payments, refunds, disputes and cards, in the portal's words."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from billing.gateways.decline_codes import outcome_of
from billing.gateways.protocol import Card, DisputeTold, Reply
from billing.models.disputes import DisputeState
from billing.rules import Outcome
from portal.lib.money import from_minor

BRANDS = {"amex": "American Express", "diners": "Diners Club", "jcb": "JCB", "unionpay": "UnionPay"}
CODE_LENGTH = 64
REFUNDS = {
    "succeeded": Outcome.SUCCEEDED,
    "failed": Outcome.HARD_DECLINE,
    "canceled": Outcome.HARD_DECLINE,
}
# An inquiry ("warning") that is closed has taken no money.
DISPUTES = {
    "needs_response": DisputeState.OPEN,
    "under_review": DisputeState.OPEN,
    "warning_needs_response": DisputeState.OPEN,
    "warning_under_review": DisputeState.OPEN,
    "warning_closed": DisputeState.WON,
    "won": DisputeState.WON,
    "lost": DisputeState.LOST,
}


def reply_from(intent: Mapping[str, Any]) -> Reply:
    """What became of a payment. Each is confirmed once, as it is made: its end is its end."""
    ref, error = intent["id"], intent.get("last_payment_error") or {}
    match intent["status"]:
        case "succeeded":
            return Reply(outcome=Outcome.SUCCEEDED, provider_ref=ref)
        case "requires_action":
            return decline("authentication_required", ref)
        case "canceled":
            return decline(intent.get("cancellation_reason") or "canceled", ref)
        case "requires_payment_method" if error:
            return decline(error.get("decline_code") or error.get("code") or "", ref)
    return Reply(outcome=Outcome.UNKNOWN, provider_ref=ref)


def decline(code: str, provider_ref: str = "") -> Reply:
    code = (code or "generic_decline")[:CODE_LENGTH]
    return Reply(outcome=outcome_of(code), decline_code=code, provider_ref=provider_ref)


def outcome_of_refund(refund: Mapping[str, Any]) -> Reply:
    return Reply(
        outcome=REFUNDS.get(refund["status"], Outcome.UNKNOWN),
        decline_code=(refund.get("failure_reason") or "")[:CODE_LENGTH],
        provider_ref=refund["id"],
    )


def dispute_from(dispute: Mapping[str, Any]) -> DisputeTold | None:
    """How a dispute stands; None for a status nobody here knows what to do about."""
    state = DISPUTES.get(dispute["status"])
    if state is None:
        return None
    currency = str(dispute["currency"]).upper()
    return DisputeTold(
        provider_ref=str(dispute["id"]),
        charge_ref=str(dispute.get("payment_intent") or dispute["charge"]),
        amount=from_minor(int(dispute["amount"]), currency),
        currency=currency,
        reason=str(dispute.get("reason") or "")[:CODE_LENGTH],
        opened_at=datetime.fromtimestamp(dispute["created"], UTC),
        state=state,
    )


def card_from(method: Mapping[str, Any]) -> Card:
    card = method["card"]
    return Card(
        provider_ref=method["id"],
        customer_ref=method.get("customer") or "",
        brand=BRANDS.get(card["brand"], card["brand"].replace("_", " ").title()),
        last4=card["last4"],
        expires_month=card["exp_month"],
        expires_year=card["exp_year"],
    )
