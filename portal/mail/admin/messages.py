"""Mail as it was sent: to whom, when, in which words, and what became of it."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display

from portal.lib import clock
from portal.mail.admin.life import (
    CAME_BACK,
    LIFE_COLOURS,
    TROUBLE,
    WORDS,
    LifeFilter,
    age_of,
    came_back,
    life,
)
from portal.mail.models import MailEvent, Message
from portal.staff.admins import ReadOnlyAdmin, Section, list_url
from portal.staff.finding import Findable
from portal.staff.site import Queue, admin_site


@admin.register(Message, site=admin_site)
class MessageAdmin(ReadOnlyAdmin):
    """Every mail is a row, kept as it was sent."""

    list_display = ("to", "kind", "subject_or_none", "became", "queued_at", "sent_at")
    came_back_display = ("to", "kind", "subject_or_none", "became", "age", "in_its_words")
    list_filter = (LifeFilter, "state")
    search_fields = ("to__iexact", "account_ref__exact", "ref__exact", "key__startswith")
    date_hierarchy = "queued_at"
    ordering = ("-queued_at", "-id")
    fields = (
        ("to", "reply_to"),
        ("subject", "kind"),
        ("became", "tries", "last_error"),
        ("queued_at", "handed_over_at", "sent_at"),
        ("message_id", "key", "language"),
    )
    readonly_fields = ("became",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """In lists without the words themselves, which are long."""
        messages = super().get_queryset(request).prefetch_related("events")
        match = request.resolver_match
        is_list = match is not None and str(match.url_name).endswith("_changelist")
        return messages.defer("text", "html", "arguments", "attachments") if is_list else messages

    @display(description=_("subject"), empty_value="–")
    def subject_or_none(self, message: Message) -> str | None:
        return message.subject or None

    @display(description=_("what became of it"), label=LIFE_COLOURS)
    def became(self, message: Message) -> tuple[str, Any]:
        return life(message)

    @display(description=_("came back"), empty_value="–")
    def age(self, message: Message) -> str | None:
        gone_by = age_of(message)
        if gone_by is None:
            return None
        return ngettext("%(n)d day ago", "%(n)d days ago", gone_by.days) % {"n": gone_by.days}

    @display(description=_("why"), empty_value="–")
    def in_its_words(self, message: Message) -> str | None:
        return next(
            (event.description for event in message.events.all() if event.description), None
        )

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        is_queue = request.GET.get("life") == CAME_BACK
        return self.came_back_display if is_queue else self.list_display

    def get_sections(self, request: HttpRequest, row: Message) -> list[Section]:
        """The message itself and what was attached to it, and what became of it."""
        files = [(file, self._page_of(request, file.get("row"))) for file in row.attachments]
        told = {"message": row, "attachments": files}
        moments = {"moments": [_moment(event) for event in row.events.order_by("at", "id")]}
        sections = [Section(_("The message"), "staff/mail.html", told)]
        if moments["moments"]:
            sections.append(Section(_("What became of it"), "staff/timeline.html", moments))
        return sections

    @staticmethod
    def _page_of(request: HttpRequest, row: tuple[str, int] | None) -> str:
        """The page of what a file was made of, for staff who may see it."""
        if not row or not request.user.has_perm(row[0].replace(".", ".view_")):
            return ""
        return reverse(f"admin:{row[0].replace('.', '_')}_change", args=[row[1]])


def _moment(event: MailEvent) -> dict[str, Any]:
    """An event as the timeline shows it."""
    return {"at": event.at, "what": WORDS[event.kind], "detail": event.description}


admin_site.queues.append(
    Queue(
        title=_("Mail that did not get out"),
        words=_("Refused by the mail server, or nobody knows whether it arrived."),
        permission="mail.view_message",
        url=partial(list_url, "mail.message", query=f"life={TROUBLE}"),
        waiting=Message.objects.in_trouble,
        since="queued_at",
    )
)
admin_site.queues.append(
    Queue(
        title=_("Mail that came back"),
        words=_("Its address takes no mail. Is there another, in the account or from its people?"),
        permission="mail.view_message",
        url=partial(list_url, "mail.message", query=f"life={CAME_BACK}"),
        waiting=came_back,
        since="queued_at",
    )
)
admin_site.findable.append(
    Findable(
        title=_("Mail"),
        model=Message,
        ways=lambda term: [Q(to=term), Q(to=term.lower()), Q(ref=term)],
        words=lambda message: message.subject or message.kind,
        detail=lambda message: f"{message.to} · {date_format(clock.date_of(message.queued_at))}",
    )
)
