"""Charges through the gateway whose library is `stripe`; chosen with PAYMENT_GATEWAY=stripe.

The library's own retries are off: what is not known is asked about by the portal, in the open.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

import stripe
from django.conf import settings
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from billing.gateways.protocol import (
    BadSignatureError,
    Card,
    ChargeRequest,
    GatewaySilentError,
    Notice,
    RefundRequest,
    Reply,
)
from billing.gateways.stripe_notices import read_notice
from billing.gateways.stripe_words import card_from, decline, outcome_of_refund, reply_from
from billing.rules import Outcome
from portal.lib.money import to_minor

Answer = TypeVar("Answer")

CONNECT_SECONDS, READ_SECONDS = 5.0, 30.0
SIGNATURE_SECONDS = 300  # older than this, a signature may be somebody's recording

# Answers that say: nothing was done. A charge can be sent again, under its own key.
NOTHING_DONE = (stripe.RateLimitError, stripe.AuthenticationError, stripe.PermissionError)


class StripeGateway:
    """See the module's words."""

    name = "stripe"
    concurrency = 32  # it waits about a second for each
    card_page_origin = "https://checkout.stripe.com"

    def __init__(self, *, read_seconds: float = READ_SECONDS) -> None:
        client = stripe.StripeClient(
            settings.STRIPE_SECRET_KEY or "unset",
            base_addresses={"api": settings.STRIPE_API_BASE},
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, read_seconds)),
        )
        self._api = client.v1

    # --- Charging -------------------------------------------------------------------------------

    def charge(self, request: ChargeRequest) -> Reply:
        try:
            return self._charge(request)
        except stripe.CardError as refusal:
            return _refused(refusal)
        except stripe.InvalidRequestError as error:
            if error.param in {"payment_method", "customer"}:  # gone, or somebody else's
                return decline("no_such_card")
            raise
        except NOTHING_DONE:
            return Reply(outcome=Outcome.OUTAGE)
        except stripe.APIConnectionError as error:
            return Reply(outcome=Outcome.OUTAGE if _never_sent(error) else Outcome.UNKNOWN)
        except stripe.APIError:  # the gateway's own error: it may have come after the money moved
            return Reply(outcome=Outcome.UNKNOWN)

    def _charge(self, request: ChargeRequest) -> Reply:
        customer = self._customer_of(request)
        if customer is None:
            return decline("no_such_card")
        intent = self._api.payment_intents.create(
            {
                "amount": to_minor(request.amount, request.currency),
                "currency": request.currency.lower(),
                "customer": customer,
                "payment_method": request.method_ref,
                # The card is named, so nobody is there to be sent elsewhere to confirm.
                "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
                "confirm": True,
                "off_session": True,
                "metadata": {
                    "attempt": request.idempotency_key,
                    "invoice": request.invoice_number,
                },
            },
            {"idempotency_key": request.idempotency_key},
        )
        return reply_from(intent.to_dict())

    def look_up(self, request: ChargeRequest) -> Reply:
        """What became of a key, found in the list of the customer's payments; charges nothing.

        Three ways were weighed. Sending the charge again under its key gets the first answer, but
        only for as long as keys are kept (24 hours at least): later it would charge anew. The
        search by metadata lags behind by a minute, on bad days by hours, so that a payment that is
        there may not be found. The list is never behind, has no end in time, and is short: what one
        account ever paid. So a key that is not in it was never heard of (OUTAGE), and the charge
        may be sent again under that key; should the first one still be on its way, the kept key
        makes the two one. Whatever keeps the list from being read is UNKNOWN, never OUTAGE.
        """
        try:
            customer = self._customer_of(request)
            if customer is None:
                return Reply(outcome=Outcome.UNKNOWN)
            made = self._api.payment_intents.list({"customer": customer, "limit": 100})
            for intent in made.auto_paging_iter():
                told = intent.to_dict()
                if (told.get("metadata") or {}).get("attempt") == request.idempotency_key:
                    return reply_from(told)
        except stripe.StripeError:
            return Reply(outcome=Outcome.UNKNOWN)
        return Reply(outcome=Outcome.OUTAGE)

    def refund(self, request: RefundRequest) -> Reply:
        """Pay back; a refund made before under this key is found by it in the charge's list."""
        try:
            return self._refund(request)
        except stripe.InvalidRequestError as error:
            return Reply(outcome=Outcome.HARD_DECLINE, decline_code=(error.code or "refused")[:64])
        except stripe.APIConnectionError as error:
            return Reply(outcome=Outcome.OUTAGE if _never_sent(error) else Outcome.UNKNOWN)
        except stripe.StripeError:
            return Reply(outcome=Outcome.UNKNOWN)

    def _refund(self, request: RefundRequest) -> Reply:
        made = self._api.refunds.list({"payment_intent": request.charge_ref, "limit": 100})
        for known in made.auto_paging_iter():
            told = known.to_dict()
            if (told.get("metadata") or {}).get("refund") == request.idempotency_key:
                return outcome_of_refund(told)
        refund = self._api.refunds.create(
            {
                "payment_intent": request.charge_ref,
                "amount": to_minor(request.amount, request.currency),
                "metadata": {"refund": request.idempotency_key},
            },
            {"idempotency_key": request.idempotency_key},
        )
        return outcome_of_refund(refund.to_dict())

    # --- Cards ----------------------------------------------------------------------------------

    def describe(self, method_ref: str) -> Card | None:
        method = _asked(lambda: self._method(method_ref))
        return card_from(method) if method and method.get("type") == "card" else None

    def detach(self, method_ref: str, customer_ref: str) -> None:
        """Forgets it only as that customer's; imported, whose it is may not be known."""
        method = _asked(lambda: self._method(method_ref))
        holder = method.get("customer") if method else None
        if holder and holder == (customer_ref or holder):
            _asked(lambda: self._api.payment_methods.detach(method_ref))

    def new_customer(self, *, account_ref: str, name: str, email: str) -> str:
        made = _asked(
            lambda: self._api.customers.create(
                {"name": name, "email": email, "metadata": {"account": account_ref}},
                {"idempotency_key": f"customer-{account_ref}"},
            )
        )
        return made.id

    def open_card_page(
        self, *, customer_ref: str, account_ref: str, return_url: str, back_url: str
    ) -> str:
        page = _asked(
            lambda: self._api.checkout.sessions.create(
                {
                    "mode": "setup",
                    "customer": customer_ref,
                    "client_reference_id": account_ref,
                    "allowed_payment_method_types": ["card"],
                    "success_url": f"{return_url}?page={{CHECKOUT_SESSION_ID}}",
                    "cancel_url": back_url,
                }
            )
        )
        return page.url or back_url

    def card_of_page(self, page_ref: str, *, customer_ref: str, account_ref: str) -> str | None:
        try:
            page = _asked(
                lambda: self._api.checkout.sessions.retrieve(
                    page_ref, {"expand": ["setup_intent"]}
                ).to_dict()
            )
        except stripe.InvalidRequestError:
            return None
        is_theirs = (page["client_reference_id"], page["customer"]) == (account_ref, customer_ref)
        if not is_theirs or page["status"] != "complete" or not page["setup_intent"]:
            return None
        method: str | None = page["setup_intent"]["payment_method"]
        return method

    def _customer_of(self, request: ChargeRequest) -> str | None:
        """Whose the method is: a gateway charges a kept card only with its holder named."""
        if request.customer_ref:
            return request.customer_ref
        method = self._method(request.method_ref)
        return card_from(method).customer_ref or None if method else None

    def _method(self, method_ref: str) -> dict[str, Any] | None:
        try:
            return self._api.payment_methods.retrieve(method_ref).to_dict()
        except stripe.InvalidRequestError as error:
            if error.http_status == HTTPStatus.NOT_FOUND:
                return None
            raise

    # --- What it tells by itself ----------------------------------------------------------------

    def authenticate(self, body: bytes, headers: Mapping[str, str]) -> None:
        try:
            stripe.WebhookSignature.verify_header(
                body,
                headers.get("Stripe-Signature"),
                settings.STRIPE_WEBHOOK_SECRET,
                SIGNATURE_SECONDS,
            )
        except (stripe.SignatureVerificationError, UnicodeDecodeError) as error:
            raise BadSignatureError from error

    def read(self, payload: Mapping[str, Any]) -> Notice:
        return read_notice(payload)


def _asked(question: Callable[[], Answer]) -> Answer:
    """The answer, however the gateway failed to give one. Nonsense in the question is let through.

    Raises GatewaySilentError.
    """
    try:
        return question()
    except stripe.InvalidRequestError:
        raise
    except stripe.StripeError as error:
        raise GatewaySilentError(str(error)) from error


def _refused(refusal: stripe.CardError) -> Reply:
    """What a refused charge says, with the payment it was, if one was made."""
    told: dict[str, Any] = refusal.error.to_dict() if refusal.error else {}
    intent = told.get("payment_intent") or {}
    return decline(told.get("decline_code") or refusal.code or "", intent.get("id", ""))


def _never_sent(error: stripe.APIConnectionError) -> bool:
    """Whether no connection was made, so that nothing can have arrived."""
    inner = next(iter(getattr(error.__cause__, "args", ())), None)
    reason = getattr(inner, "reason", None)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)
