"""What the portal asks of a gateway, whoever it is."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from billing.rules import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRequest:
    """One charge to make. The same key asks for the same charge, however often it is sent."""

    idempotency_key: str
    method_ref: str
    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the gateway said."""

    outcome: Outcome
    decline_code: str = ""
    provider_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What may be shown of a card, and the gateway's reference to it."""

    provider_ref: str
    brand: str
    last4: str
    expires_month: int
    expires_year: int


class Gateway(Protocol):
    """A payment gateway. No call raises for a decline or an outage: that is a Reply."""

    name: str
    concurrency: int  # charges worth having under way at once

    def charge(self, request: ChargeRequest) -> Reply:
        """Take the money, once for a key."""
        ...

    def look_up(self, request: ChargeRequest) -> Reply:
        """What became of a key; UNKNOWN while the gateway cannot say, OUTAGE if it never heard."""
        ...

    def describe(self, method_ref: str) -> Card | None:
        """What may be shown of a method; None if the gateway does not know it."""
        ...
