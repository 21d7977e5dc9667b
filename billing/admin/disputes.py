"""Disputes: shown as the gateway tells of them, and open while staff have to answer there."""

from functools import partial

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from billing.models import Dispute
from billing.models.disputes import DisputeState
from portal.lib.money import in_words
from portal.staff.admins import ReadOnlyAdmin, ReadOnlyInline, link_to, list_url
from portal.staff.site import Queue, admin_site

COLOURS = {
    DisputeState.OPEN: "warning",
    DisputeState.WON: "success",
    DisputeState.LOST: "danger",
}


class _DisputedAmount:
    """What the bank wants back, beside its currency."""

    @display(description=_("amount"))
    def in_currency(self, dispute: Dispute) -> str:
        return in_words(dispute.amount, dispute.currency)


class DisputeInline(_DisputedAmount, ReadOnlyInline):
    """The disputes of a payment, on its page."""

    model = Dispute
    by = "attempt"
    show_change_link = True
    fields = ("provider_ref", "in_currency", "reason", "state", "opened_at", "closed_at")
    readonly_fields = fields


@admin.register(Dispute, site=admin_site)
class DisputeAdmin(_DisputedAmount, ReadOnlyAdmin):
    """Charges a payer's bank wants back, and how it ended."""

    list_display = (
        "provider_ref",
        "of_invoice",
        "of_account",
        "in_currency",
        "reason",
        "state_label",
        "opened_at",
        "closed_at",
    )
    list_select_related = ("attempt__invoice__account",)
    list_filter = ("state", "gateway")
    search_fields = (
        "provider_ref__exact",
        "attempt__provider_ref__exact",
        "attempt__invoice__number__iexact",
        "attempt__invoice__account__name__icontains",
        "attempt__invoice__account__email__iexact",
        "attempt__invoice__account__ref__exact",
    )
    fields = (
        ("of_invoice", "of_account", "attempt"),
        ("in_currency", "reason"),
        ("state", "opened_at", "closed_at"),
        ("gateway", "provider_ref"),
    )
    readonly_fields = ("of_invoice", "of_account", "in_currency")

    @display(description=_("invoice"))
    def of_invoice(self, dispute: Dispute) -> str:
        return link_to(dispute.attempt.invoice)

    @display(description=_("account"))
    def of_account(self, dispute: Dispute) -> str:
        return link_to(dispute.attempt.invoice.account)

    @display(description=_("state"), label=COLOURS)
    def state_label(self, dispute: Dispute) -> tuple[str, str]:
        return dispute.state, dispute.get_state_display()


admin_site.queues.append(
    Queue(
        title=_("Open disputes"),
        words=_("A bank wants a payer's money back. Answer at the gateway, before its deadline."),
        permission="billing.view_dispute",
        url=partial(list_url, "billing.dispute", query="state__exact=open"),
        waiting=partial(Dispute.objects.filter, state=DisputeState.OPEN),
        since="opened_at",
    )
)
