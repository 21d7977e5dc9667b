"""What the portal asks of a gateway, whoever it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol, runtime_checkable

from billing.models.disputes import DisputeState
from billing.rules import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRequest:
    """One charge to make. The same key asks for the same charge, however often it is sent."""

    idempotency_key: str
    method_ref: str
    amount: Decimal
    currency: str
    customer_ref: str = ""  # whose method it is at the gateway; empty: the gateway finds out
    invoice_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """Money to pay back of one charge. The same key asks for the same refund."""

    idempotency_key: str
    charge_key: str  # the idempotency key of the charge
    charge_ref: str  # what the gateway calls the charge
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
    customer_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeTold:
    """How a dispute stood when the gateway spoke of it; `amount` is what the bank wants back."""

    provider_ref: str
    charge_ref: str  # what the gateway calls the charge
    amount: Decimal
    currency: str
    reason: str
    opened_at: datetime
    state: DisputeState


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a gateway said by itself. At most one of the things it can be about is set."""

    event_ref: str
    kind: str
    payment: tuple[str, Reply] | None = None  # what became of an idempotency key
    updated_method_ref: str = ""  # its card has new details
    detached_method_ref: str = ""  # it is not kept any more
    finished_page: tuple[str, str] | None = None  # an account's card page (refs)
    dispute: DisputeTold | None = None
    is_for_staff: bool = False
    makes_sense: bool = True


class BadSignatureError(Exception):
    """Whoever sent this is not the gateway, or sent it long ago."""


class GatewaySilentError(Exception):
    """The gateway could not be asked now."""


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

    def refund(self, request: RefundRequest) -> Reply:
        """Pay back, once for a key; asking again tells what became of it."""
        ...

    def describe(self, method_ref: str) -> Card | None:
        """What may be shown of a method; None if the gateway does not know it.

        Raises GatewaySilentError.
        """
        ...

    def detach(self, method_ref: str, customer_ref: str) -> None:
        """Forget a method of that customer; one it does not keep (any more) is forgotten already.

        Raises GatewaySilentError.
        """
        ...


@runtime_checkable
class CardPages(Protocol):
    """A gateway that asks for cards on pages of its own. Its calls raise GatewaySilentError."""

    card_page_origin: str

    def new_customer(self, *, account_ref: str, name: str, email: str) -> str:
        """Open a customer for an account, one however often it is asked; its reference."""
        ...

    def open_card_page(
        self, *, customer_ref: str, account_ref: str, return_url: str, back_url: str
    ) -> str:
        """The address to send a person to. They come back with `?page=<reference>`."""
        ...

    def card_of_page(self, page_ref: str, *, customer_ref: str, account_ref: str) -> str | None:
        """The method given on that page by this account; None if none was, or another's."""
        ...


@runtime_checkable
class Notifies(Protocol):
    """A gateway that calls the portal when something happened."""

    def authenticate(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Raise BadSignatureError unless the gateway itself sent this, lately."""
        ...

    def read(self, payload: Mapping[str, Any]) -> Notice:
        """What an event says. Raises LookupError, TypeError or ValueError for nonsense."""
        ...
