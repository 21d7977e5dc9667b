"""Mail providers that tell what became of a mail. The settings name one, or none.

Mail goes out by SMTP, whatever the provider. A header gives each mail our reference, which comes
back with whatever is told of it; what is told is read and its sender checked by django-anymail.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

OUR_REF = "mail_ref"  # the name under which our reference travels


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider: who reads its events, how our reference goes out, what is a soft bounce."""

    view: str
    headers: Callable[[str], dict[str, str]]
    is_soft: Callable[[Mapping[str, Any]], bool]
    secrets: tuple[str, ...] = ("WEBHOOK_SECRET",)


PROVIDERS = {
    "brevo": Provider(
        view="anymail.webhooks.brevo.BrevoTrackingWebhookView",
        headers=lambda ref: {"X-Mailin-custom": json.dumps({OUR_REF: ref})},
        is_soft=lambda told: told.get("event") == "soft_bounce",
    ),
    # Temporary failures are called deferred already where they are read.
    "mailgun": Provider(
        view="anymail.webhooks.mailgun.MailgunTrackingWebhookView",
        headers=lambda ref: {"X-Mailgun-Variables": json.dumps({OUR_REF: ref})},
        is_soft=lambda _told: False,
        secrets=("WEBHOOK_SECRET", "MAILGUN_WEBHOOK_SIGNING_KEY"),
    ),
    "postmark": Provider(
        view="anymail.webhooks.postmark.PostmarkTrackingWebhookView",
        headers=lambda ref: {f"X-PM-Metadata-{OUR_REF}": ref},
        is_soft=lambda told: told.get("Type") == "SoftBounce",
    ),
}


def provider_in_use(name: str) -> Provider | None:
    """The provider of that name, if the settings name it with every secret it needs."""
    provider = PROVIDERS.get(name) if name == settings.MAIL_PROVIDER else None
    return provider if provider and not missing_secrets(provider) else None


def missing_secrets(provider: Provider) -> list[str]:
    """Without these anybody could tell us anything."""
    return [name for name in provider.secrets if not settings.ANYMAIL.get(name)]


def reference_headers(ref: str) -> dict[str, str]:
    """What a mail carries so that its provider tells of it by our reference."""
    provider = PROVIDERS.get(settings.MAIL_PROVIDER)
    return provider.headers(ref) if provider else {}
