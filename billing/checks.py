"""System checks of how payments are set up."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, register

from billing.gateways import GATEWAYS, NEEDS


@register()
def gateway_is_configured(**_: Any) -> list[Error]:
    """Production refuses a gateway nobody knows, and one whose keys are missing."""
    name = settings.PAYMENT_GATEWAY
    if name not in GATEWAYS:
        known = ", ".join(sorted(GATEWAYS))
        return [Error(f"PAYMENT_GATEWAY is {name!r}; known are: {known}.", id="billing.gateway")]
    return [*_missing(name), *_unsafe()] if settings.PRODUCTION else []


def _missing(name: str) -> list[Error]:
    return [
        Error(
            f"{key} must be set for PAYMENT_GATEWAY={name} (see .env.example).",
            id=f"billing.{key}",
        )
        for key in NEEDS.get(name, ())
        if not getattr(settings, key)
    ]


def _unsafe() -> list[Error]:
    if settings.STRIPE_API_BASE.startswith("https://"):
        return []
    return [Error("STRIPE_API_BASE must begin with https://.", id="billing.STRIPE_API_BASE")]
