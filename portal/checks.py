"""System checks that refuse unsafe production settings."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, register

from portal.mail.providers import PROVIDERS, missing_secrets

NAMED = {
    "WEBHOOK_SECRET": "MAIL_EVENTS_SECRET",
    "MAILGUN_WEBHOOK_SIGNING_KEY": "MAIL_EVENTS_SIGNING_KEY",
}


def _unset() -> dict[str, bool]:
    """Each setting production needs, and whether it is missing."""
    return {
        "DATABASE_URL": not settings.DATABASE_URL,
        "SECRET_KEY": settings.SECRET_KEY == settings.REHEARSAL_SECRET_KEY,
        "SITE_URL": not settings.SITE_URL.startswith("https://"),
        "EMAIL_URL": settings.EMAIL_BACKEND.endswith("dummy.EmailBackend"),
        "PAYMENT_GATEWAY": settings.PAYMENT_GATEWAY == "simulated",
        "CACHE_URL": "locmem" in settings.CACHES["default"]["BACKEND"],
        "CELERY_BROKER_URL": settings.CELERY_BROKER_URL.startswith("sqla+"),
    }


@register()
def production_is_configured(**_: Any) -> list[Error]:
    """Production refuses to run on what is only fit for rehearsal."""
    if not settings.PRODUCTION:
        return []
    return [
        Error(
            f"{name} must be set for production (see .env.example).",
            id=f"portal.{name}",
        )
        for name, is_missing in _unset().items()
        if is_missing
    ]


@register()
def mail_provider_is_known(**_: Any) -> list[Error]:
    """A provider of mail comes with the secrets its events are checked with."""
    if not settings.MAIL_PROVIDER:
        return []
    provider = PROVIDERS.get(settings.MAIL_PROVIDER)
    if provider is None:
        known = ", ".join(PROVIDERS)
        return [Error(f"MAIL_PROVIDER must be one of: {known}.", id="portal.MAIL_PROVIDER")]
    return [
        Error(f"{NAMED[name]} must be set for this MAIL_PROVIDER.", id=f"portal.{NAMED[name]}")
        for name in missing_secrets(provider)
    ]
