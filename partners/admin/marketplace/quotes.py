"""Requests for quotes, those held back among them."""

from django.contrib import admin
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from partners.models import QuoteRequest
from portal.staff.admins import ReadOnlyAdmin, link_to
from portal.staff.site import admin_site


@admin.register(QuoteRequest, site=admin_site)
class QuoteRequestAdmin(ReadOnlyAdmin):
    """What visitors asked partners, and what was kept from them as the work of machines."""

    list_display = ("name", "email", "to_account", "received_at", "was_held")
    list_select_related = ("account",)
    list_filter = ("held_for",)
    search_fields = (
        "ref__exact",
        "email__iexact",
        "name__icontains",
        "account__name__icontains",
        "account__ref__exact",
    )
    ordering = ("-received_at", "-id")
    fields = (
        "account",
        ("name", "email", "budget"),
        "needs",
        ("received_at", "ip_address", "held_for"),
        "ref",
    )

    @display(description=_("to"))
    def to_account(self, request: QuoteRequest) -> str:
        return link_to(request.account)

    @display(description=_("held back"), label={"held": "warning", "sent": "success"})
    def was_held(self, request: QuoteRequest) -> tuple[str, str]:
        is_held = bool(request.held_for)
        return ("held", _now("held back")) if is_held else ("sent", _now("sent"))
