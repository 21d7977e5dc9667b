"""The gateway calls the portal: events as it signs and sends them, to the portal's own address."""

import json
from typing import Any

from django.test import Client

from billing.tests.fault_proxy import FaultProxy, signature
from billing.tests.real_cards import renewal

ADDRESS, SECRET = "/billing/webhooks/stripe/", "whsec_test"


def deliver(told: Any, *, secret: str = SECRET, age: int = 0, body: bytes = b"") -> Any:
    """Send an event (or any body) with the signature of a secret, made so many seconds ago."""
    body = body or json.dumps(told).encode()
    return Client(enforce_csrf_checks=True).post(
        ADDRESS,
        body,
        content_type="application/json",
        headers={"Stripe-Signature": signature(body, secret, age=age)},
    )


def delivered(*told: dict[str, Any]) -> None:
    """Send each, and see it accepted."""
    for one in told:
        assert deliver(one).status_code == 200


def the_payments_end(proxy: FaultProxy) -> dict[str, Any]:
    """What the server tells of the latest renewal's one payment."""
    key = renewal().attempts.get().idempotency_key
    (told,) = [one for one in proxy.events() if one["data"]["object"]["metadata"]["attempt"] == key]
    return told
