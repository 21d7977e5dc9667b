"""What gateways told: kept as it came, and open while somebody has to look at it."""

import json

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from billing.models import GatewayEvent
from portal.staff.admins import ReadOnlyAdmin
from portal.staff.site import admin_site


@admin.register(GatewayEvent, site=admin_site)
class GatewayEventAdmin(ReadOnlyAdmin):
    """Every event a gateway sent, each once."""

    list_display = ("received_at", "kind", "settled_at", "note")
    list_filter = (("settled_at", admin.EmptyFieldListFilter),)
    search_fields = ("event_ref__exact", "kind__iexact")
    ordering = ("-received_at", "-id")
    fields = (
        ("gateway", "kind"),
        ("received_at", "settled_at"),
        "note",
        "event_ref",
        "as_told",
    )
    readonly_fields = ("as_told",)

    @display(description=_("what was told"))
    def as_told(self, event: GatewayEvent) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(event.payload, indent=2, sort_keys=True))
