"""Payment gateways behind one protocol; which one is in use is a setting."""

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from billing.gateways.protocol import ChargeRequest, Gateway, Reply

__all__ = ["ChargeRequest", "Gateway", "Reply", "current"]

GATEWAYS = {"simulated": "billing.gateways.simulated.SimulatedGateway"}


@cache
def _build(name: str) -> Gateway:
    gateway: Gateway = import_string(GATEWAYS[name])()
    return gateway


def current() -> Gateway:
    """The gateway this portal charges through."""
    return _build(settings.PAYMENT_GATEWAY)
