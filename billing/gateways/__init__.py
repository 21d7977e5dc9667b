"""Payment gateways behind one protocol; which one is in use is a setting."""

from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from billing.gateways.protocol import (
    BadSignatureError,
    Card,
    CardPages,
    ChargeRequest,
    DisputeTold,
    Gateway,
    GatewaySilentError,
    Notice,
    Notifies,
    RefundRequest,
    Reply,
)

__all__ = [
    "BadSignatureError",
    "Card",
    "CardPages",
    "ChargeRequest",
    "DisputeTold",
    "Gateway",
    "GatewaySilentError",
    "Notice",
    "Notifies",
    "RefundRequest",
    "Reply",
    "card_pages",
    "current",
    "forget",
    "named",
    "notifying",
    "set_up",
]

GATEWAYS = {
    "simulated": "billing.gateways.simulated.SimulatedGateway",
    "stripe": "billing.gateways.stripe.StripeGateway",
}

# The settings a gateway cannot do without.
NEEDS = {"stripe": ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET")}


@cache
def _build(name: str) -> Gateway:
    gateway: Gateway = import_string(GATEWAYS[name])()
    return gateway


def forget() -> None:
    """Build gateways anew: their settings have changed."""
    _build.cache_clear()


def current() -> Gateway:
    """The gateway this portal charges through."""
    return _build(settings.PAYMENT_GATEWAY)


def named(name: str) -> Gateway:
    """A gateway that is or was in use. Raises KeyError."""
    return _build(name)


def card_pages() -> CardPages | None:
    """The gateway in use, if it asks for cards on pages of its own."""
    gateway = current()
    return gateway if isinstance(gateway, CardPages) else None


def set_up() -> list[str]:
    """The names of the gateways whose settings are there, in use or not."""
    return [n for n in GATEWAYS if all(getattr(settings, key) for key in NEEDS.get(n, ()))]


def notifying(name: str) -> Notifies | None:
    """The gateway of that name, if it calls the portal and is set up to be believed."""
    if name not in set_up():
        return None
    gateway = _build(name)
    return gateway if isinstance(gateway, Notifies) else None
