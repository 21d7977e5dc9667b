"""What became of a mail, as staff see it: in a column, and as a filter of the list."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.lib import clock
from portal.mail.models import MailEventKind, MailState, Message
from portal.mail.rules import BOUNCES_SHOWN, NEVER_ARRIVED, life_of

LIFE_COLOURS = {
    MailState.QUEUED: "info",
    MailState.SENDING: "info",
    MailState.SENT: "success",
    MailState.FAILED: "danger",
    MailState.UNKNOWN: "warning",
    MailEventKind.DELIVERED: "success",
    MailEventKind.DEFERRED: "info",
    MailEventKind.SOFT_BOUNCED: "warning",
    MailEventKind.BOUNCED: "danger",
    MailEventKind.REJECTED: "danger",
    MailEventKind.COMPLAINED: "danger",
}
WORDS: dict[str, Any] = {**dict(MailState.choices), **dict(MailEventKind.choices)}
TROUBLE, CAME_BACK = "trouble", "came_back"


def life(message: Message) -> tuple[str, Any]:
    """What became of it and the words for that; its events have been fetched."""
    became = life_of(message.state, {event.kind for event in message.events.all()})
    return became, WORDS[became]


def came_back() -> QuerySet[Message]:
    """What never arrived, told lately enough for somebody to do something about it."""
    since = clock.now() - BOUNCES_SHOWN
    return Message.objects.that_were(*NEVER_ARRIVED).filter(events__at__gte=since).distinct()


def age_of(message: Message) -> timedelta | None:
    """How long ago it came back."""
    told = [event.at for event in message.events.all() if event.kind in NEVER_ARRIVED]
    return clock.now() - min(told) if told else None


class LifeFilter(admin.SimpleListFilter):
    """By what became of a mail."""

    title = _("what became of it")
    parameter_name = "life"

    def lookups(self, request: HttpRequest, _model_admin: Any) -> list[tuple[str, Any]]:
        shown = (
            MailEventKind.DELIVERED,
            MailEventKind.BOUNCED,
            MailEventKind.SOFT_BOUNCED,
            MailEventKind.REJECTED,
            MailEventKind.COMPLAINED,
        )
        return [
            (TROUBLE, _("did not get out")),
            (CAME_BACK, _("came back lately")),
            *((kind.value, kind.label) for kind in shown),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        wanted = self.value()
        if wanted == TROUBLE:
            return queryset.filter(pk__in=Message.objects.in_trouble().values("pk"))
        if wanted == CAME_BACK:
            return queryset.filter(pk__in=came_back().values("pk"))
        if wanted:
            return queryset.filter(pk__in=Message.objects.that_were(wanted).values("pk"))
        return queryset
