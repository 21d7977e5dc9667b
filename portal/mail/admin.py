"""Mail as it was sent: to whom, when, in which words, and what became of it."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from portal.mail.models import MailState, Message
from portal.staff.admins import ReadOnlyAdmin, Section, list_url
from portal.staff.site import Queue, admin_site

STATE_COLOURS = {
    MailState.QUEUED: "info",
    MailState.SENDING: "info",
    MailState.SENT: "success",
    MailState.FAILED: "danger",
    MailState.UNKNOWN: "warning",
}
NEEDS_A_LOOK = (MailState.FAILED, MailState.UNKNOWN)


@admin.register(Message, site=admin_site)
class MessageAdmin(ReadOnlyAdmin):
    """Every mail is a row, kept as it was sent."""

    list_display = ("to", "kind", "subject_or_none", "state_label", "queued_at", "sent_at")
    list_filter = ("state",)
    search_fields = ("to__iexact", "account_ref__exact", "ref__exact", "key__startswith")
    date_hierarchy = "queued_at"
    ordering = ("-queued_at", "-id")
    fields = (
        ("to", "reply_to"),
        ("subject", "kind"),
        ("state", "tries", "last_error"),
        ("queued_at", "handed_over_at", "sent_at"),
        ("message_id", "key", "language"),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """In lists without the words themselves, which are long."""
        messages = super().get_queryset(request)
        match = request.resolver_match
        is_list = match is not None and str(match.url_name).endswith("_changelist")
        return messages.defer("text", "html", "arguments", "attachments") if is_list else messages

    @display(description=_("subject"), empty_value="–")
    def subject_or_none(self, message: Message) -> str | None:
        return message.subject or None

    @display(description=_("state"), label=STATE_COLOURS)
    def state_label(self, message: Message) -> tuple[str, str]:
        return message.state, message.get_state_display()

    def get_sections(self, request: HttpRequest, row: Message) -> list[Section]:
        """The message itself, and what was attached to it."""
        files = [(file, self._page_of(request, file.get("row"))) for file in row.attachments]
        told = {"message": row, "attachments": files}
        return [Section(_("The message"), "staff/mail.html", told)]

    @staticmethod
    def _page_of(request: HttpRequest, row: tuple[str, int] | None) -> str:
        """The page of what a file was made of, for staff who may see it."""
        if not row or not request.user.has_perm(row[0].replace(".", ".view_")):
            return ""
        return reverse(f"admin:{row[0].replace('.', '_')}_change", args=[row[1]])


admin_site.queues.append(
    Queue(
        title=_("Mail that did not get out"),
        words=_("Refused by the mail server, or nobody knows whether it arrived."),
        permission="mail.view_message",
        url=partial(list_url, "mail.message", query="state__in=failed,unknown"),
        waiting=partial(Message.objects.filter, state__in=NEEDS_A_LOOK),
    )
)
