"""The gateway of the benches: says yes to every charge, at once or after a while."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from django.conf import settings

from billing import gateways
from billing.gateways import Card, ChargeRequest, RefundRequest, Reply
from billing.rules import Outcome

NAME = "bench"


class AgreeableGateway:
    """Waits as a client of a distant gateway does: idle, so that others can work meanwhile."""

    name = NAME

    def __init__(self) -> None:
        self.seconds = 0.0
        self.concurrency = 1

    def charge(self, request: ChargeRequest) -> Reply:
        if self.seconds:
            time.sleep(self.seconds)
        return self.look_up(request)

    def look_up(self, request: ChargeRequest) -> Reply:
        return Reply(outcome=Outcome.SUCCEEDED, provider_ref=f"bench_{request.idempotency_key}")

    def refund(self, request: RefundRequest) -> Reply:
        return Reply(outcome=Outcome.SUCCEEDED, provider_ref=f"bench_{request.idempotency_key}")

    def describe(self, method_ref: str) -> Card | None:
        return Card(
            provider_ref=method_ref, brand="Visa", last4="4242", expires_month=12, expires_year=2034
        )


@contextmanager
def agreeable_gateway(*, seconds: float = 0, concurrency: int = 1) -> Iterator[None]:
    """Inside, this process charges through it: so many at once, each taking so long."""
    before = settings.PAYMENT_GATEWAY
    gateways.GATEWAYS[NAME] = f"{__name__}.{AgreeableGateway.__name__}"
    settings.PAYMENT_GATEWAY = NAME
    gateway = cast("AgreeableGateway", gateways.current())
    gateway.seconds, gateway.concurrency = seconds, concurrency
    try:
        yield
    finally:
        settings.PAYMENT_GATEWAY = before
        del gateways.GATEWAYS[NAME]
        gateways.forget()
