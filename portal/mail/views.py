"""Where the mail provider tells what became of a mail. Nobody signs in: each call has a secret."""

import hashlib
import logging
from datetime import datetime
from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType
from anymail.webhooks.base import AnymailCoreWebhookView
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from portal.lib import clock
from portal.mail.actions.note_event import MailEventTold, note_event
from portal.mail.models import MailEvent, MailEventKind
from portal.mail.providers import OUR_REF, Provider, provider_in_use

log = logging.getLogger(__name__)

KINDS = {
    EventType.DELIVERED: MailEventKind.DELIVERED,
    EventType.DEFERRED: MailEventKind.DEFERRED,
    EventType.BOUNCED: MailEventKind.BOUNCED,
    EventType.REJECTED: MailEventKind.REJECTED,
    EventType.FAILED: MailEventKind.REJECTED,
    EventType.COMPLAINED: MailEventKind.COMPLAINED,
    EventType.UNKNOWN: MailEventKind.OTHER,
}


@csrf_exempt
@login_not_required
@require_POST
def provider_events(request: HttpRequest, provider: str) -> HttpResponse:
    """Keep what is told. 400 without the secret; 404 for a provider that is not in use."""
    teller = provider_in_use(provider)
    if teller is None:
        raise Http404
    view = _receiver(teller, provider).as_view()
    response: HttpResponse = view(request)
    return response


def _receiver(teller: Provider, name: str) -> type[AnymailCoreWebhookView]:
    """Anymail's view of this provider, which checks the secret and reads the events; we keep them.

    What it cannot read is kept as well, and answered: told again, it would be as unreadable.
    """
    checked: type[Any] = import_string(teller.view)

    class Receiver(checked):
        def parse_events(self, request: HttpRequest) -> list[AnymailTrackingEvent]:
            try:
                return list(super().parse_events(request))
            except Exception as error:  # whatever is wrong with it, it is not ours to mend
                log.exception("an event of %s cannot be read", name)
                return [_unreadable(request.body, error)]

        def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            self.run_validators(request)
            for event in self.parse_events(request):
                _note(event, teller, name)
            return HttpResponse()

    return Receiver


def _unreadable(body: bytes, error: Exception) -> AnymailTrackingEvent:
    return AnymailTrackingEvent(
        event_type=EventType.UNKNOWN,
        event_id=hashlib.sha256(body).hexdigest(),
        description=type(error).__name__,
    )


def _note(event: AnymailTrackingEvent, teller: Provider, name: str) -> None:
    """Of what a reader does with a mail (opens it, follows its links) nothing is kept."""
    kind = KINDS.get(event.event_type)
    if kind is None:
        return
    told_as = event.esp_event if isinstance(event.esp_event, dict) else {}
    if kind == MailEventKind.BOUNCED and teller.is_soft(told_as):
        kind = MailEventKind.SOFT_BOUNCED
    named = event.metadata if isinstance(event.metadata, dict) else {}
    told = MailEventTold(
        provider=name,
        kind=kind,
        mail_ref=_text(named.get(OUR_REF), "told_of"),
        message_id=_text(event.message_id, "told_of"),
        event_ref=_text(event.event_id, "event_ref"),
        address=_text(event.recipient, "address"),
        description=_text(event.description or event.mta_response, "description"),
        at=_instant(event.timestamp),
    )
    note_event(told, received_at=clock.now())


def _text(told: Any, field: str) -> str:
    """What can be kept in this field of it."""
    sound = str(told or "").replace("\x00", "").encode("utf-8", "replace").decode()
    column: Any = MailEvent._meta.get_field(field)  # noqa: SLF001 (Django's own way to it)
    return sound[: column.max_length]


def _instant(told: Any) -> datetime | None:
    """Its instant, where it told a whole one."""
    return told if isinstance(told, datetime) and timezone.is_aware(told) else None
