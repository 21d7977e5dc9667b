"""What the mail provider told, each event once."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from portal.mail.models import MailEvent
from portal.staff.admins import ReadOnlyAdmin, link_to
from portal.staff.site import admin_site


@admin.register(MailEvent, site=admin_site)
class MailEventAdmin(ReadOnlyAdmin):
    """Every event, also what belongs to no mail of ours or made no sense."""

    list_display = ("received_at", "kind", "address", "of_message", "description")
    list_filter = ("kind", ("message", admin.EmptyFieldListFilter))
    list_select_related = ("message",)
    search_fields = ("address__iexact", "message__ref__exact", "told_of__exact")
    ordering = ("-received_at", "-id")
    fields = (
        ("kind", "provider"),
        ("address", "of_message"),
        "description",
        ("at", "received_at"),
        ("told_of", "event_ref"),
    )
    readonly_fields = ("of_message",)

    @display(description=_("message"))
    def of_message(self, event: MailEvent) -> str:
        message = event.message
        return link_to(message, message.subject or message.kind) if message else "–"
