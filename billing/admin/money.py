"""Subscriptions, invoices and attempts: facts, shown and never edited."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from billing.admin.coming import ComingCharges
from billing.admin.disputes import DisputeInline
from billing.admin.refunds import CreditNoteInline, LineAmounts, PayingBack
from billing.models import (
    Cancellation,
    Invoice,
    InvoiceLine,
    PaymentAttempt,
    PaymentMethod,
    Period,
    Subscription,
)
from billing.models.invoices import InvoiceState
from billing.models.subscriptions import SubscriptionState
from billing.rules import Outcome
from portal.lib.money import in_words
from portal.staff.admins import ReadOnlyAdmin, ReadOnlyInline, link_to
from portal.staff.site import admin_site

BY_ACCOUNT = ("account__name__icontains", "account__email__iexact", "account__ref__exact")
SUBSCRIPTION_COLOURS = {
    SubscriptionState.STARTING: "info",
    SubscriptionState.ACTIVE: "success",
    SubscriptionState.ENDING: "warning",
}
INVOICE_COLOURS = {
    InvoiceState.OPEN: "warning",
    InvoiceState.PAID: "success",
    InvoiceState.UNCOLLECTED: "danger",
    InvoiceState.CREDITED: "info",
}
OUTCOME_COLOURS = {
    Outcome.SUCCEEDED.value: "success",
    Outcome.SOFT_DECLINE.value: "warning",
    Outcome.HARD_DECLINE.value: "danger",
    Outcome.UNKNOWN.value: "info",
    Outcome.OUTAGE.value: "info",
}


class PeriodInline(ReadOnlyInline):
    model = Period
    fields = ("ordinal", "starts_on", "ends_on", "invoice", "opened_at")
    readonly_fields = fields
    ordering = ("-ordinal",)
    per_page = 24

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        periods: QuerySet = super().get_queryset(request)
        return periods.select_related("line__invoice")

    @display(description=_("invoice"))
    def invoice(self, period: Period) -> str:
        return link_to(period.line.invoice) if period.line else str(_("paid before the portal"))


class CancellationInline(ReadOnlyInline):
    model = Cancellation
    by = "subscription"
    fields = ("cancelled_at", "cancelled_by", "withdrawn_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        cancellations: QuerySet = super().get_queryset(request)
        return cancellations.select_related("cancelled_by")


@admin.register(Subscription, site=admin_site)
class SubscriptionAdmin(ReadOnlyAdmin):
    """What was agreed, and where it stands."""

    list_display = (
        "plan",
        "of_site",
        "of_account",
        "state_label",
        "paid_through",
        "next_charge_on",
    )
    list_select_related = ("plan__product", "site", "account")
    list_filter = ("state",)
    search_fields = (
        *BY_ACCOUNT,
        "site__address__icontains",
        "label__icontains",
        "ref__exact",
        "platform_ref__exact",
    )
    ordering = ("-id",)
    fields = (
        ("account", "site", "label"),
        ("plan", "currency", "payment_method"),
        ("purchased_on", "bought_by", "anchor_on"),
        ("sale_offer", "sale_amount"),
        ("state", "paid_through", "next_ordinal", "next_charge_on"),
        ("ref", "platform_ref", "created_at"),
    )
    inlines = (PeriodInline, CancellationInline)

    def get_urls(self) -> list[URLPattern]:
        return [*ComingCharges().urls(self), *super().get_urls()]

    @display(description=_("account"))
    def of_account(self, subscription: Subscription) -> str:
        return link_to(subscription.account)

    @display(description=_("for"))
    def of_site(self, subscription: Subscription) -> str:
        return link_to(subscription.site) if subscription.site else subscription.what_for or "–"

    @display(description=_("state"), label=SUBSCRIPTION_COLOURS)
    def state_label(self, subscription: Subscription) -> tuple[str, str]:
        return subscription.state, subscription.get_state_display()


class InvoiceLineInline(LineAmounts, ReadOnlyInline):
    model = InvoiceLine
    fields = (
        "description",
        "starts_on",
        "ends_on",
        "net",
        "tax",
        "gross",
        "price_reason",
        "is_for",
    )
    readonly_fields = fields
    per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        lines: QuerySet = super().get_queryset(request)
        return lines.select_related(
            "invoice",
            "subscription__plan__product",
            "subscription__site",
            "subscription__account",
            "coupon_batch__plan__product",
        )

    @display(description=_("for"))
    def is_for(self, line: InvoiceLine) -> str:
        return link_to(line.subscription or line.coupon_batch)


class AttemptInline(ReadOnlyInline):
    model = PaymentAttempt
    show_change_link = True
    fields = ("ordinal", "attempted_on", "payment_method", "outcome", "decline_code", "settled_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        attempts: QuerySet = super().get_queryset(request)
        return attempts.select_related("invoice", "payment_method")


class _InCurrency:
    """The row's amount beside its currency, as the reader writes it."""

    amount_field = "amount"

    @display(description=_("amount"))
    def in_currency(self, row: Any) -> str:
        return in_words(getattr(row, self.amount_field), row.currency)


@admin.register(Invoice, site=admin_site)
class InvoiceAdmin(_InCurrency, ReadOnlyAdmin):
    """What was charged as one, line by line, and every try to collect it."""

    amount_field = "total_amount"
    list_display = ("number", "of_account", "in_currency", "state_label", "due_on", "paid_at")
    list_select_related = ("account",)
    list_filter = ("state",)
    actions_detail = ("pay_back",)
    search_fields = ("number__iexact", "ref__exact", *BY_ACCOUNT)
    ordering = ("-id",)
    fields = (
        ("number", "account"),
        ("in_currency", "state", "paid_at"),
        ("issued_at", "due_on"),
        ("next_attempt_on", "collect_until"),
        ("payment_method", "ref"),
    )
    readonly_fields = ("in_currency",)
    inlines = (InvoiceLineInline, CreditNoteInline, AttemptInline)

    @display(description=_("account"))
    def of_account(self, invoice: Invoice) -> str:
        return link_to(invoice.account)

    @display(description=_("state"), label=INVOICE_COLOURS)
    def state_label(self, invoice: Invoice) -> tuple[str, str]:
        return invoice.state, invoice.get_state_display()

    def has_refund_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may pay back; for one invoice, whether it is paid at all."""
        may = request.user.has_perm("billing.add_refund")
        if not (may and object_id):
            return may
        return Invoice.objects.filter(pk=object_id, state=InvoiceState.PAID).exists()

    @action(description=_("Pay back"), permissions=["refund"], icon="undo")
    def pay_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Every line of the invoice, on the page that asks how much of each."""
        lines = InvoiceLine.objects.filter(invoice__pk=object_id)
        return PayingBack().ask(admin_site.get_model_admin(InvoiceLine), request, lines)


@admin.register(PaymentAttempt, site=admin_site)
class PaymentAttemptAdmin(_InCurrency, ReadOnlyAdmin):
    """Every try at the gateway."""

    list_display = (
        "attempted_on",
        "of_invoice",
        "of_account",
        "in_currency",
        "outcome_label",
        "decline_code",
    )
    list_select_related = ("invoice__account", "payment_method")
    list_filter = ("outcome",)
    search_fields = (
        "invoice__number__iexact",
        "provider_ref__exact",
        "idempotency_key__exact",
        *(f"invoice__{lookup}" for lookup in BY_ACCOUNT),
    )
    ordering = ("-id",)
    fields = (
        ("invoice", "ordinal"),
        ("in_currency", "payment_method"),
        ("attempted_on", "outcome", "decline_code"),
        ("settled_at", "created_at"),
        ("provider_ref", "idempotency_key"),
    )
    readonly_fields = ("in_currency",)
    inlines = (DisputeInline,)

    @display(description=_("invoice"))
    def of_invoice(self, attempt: PaymentAttempt) -> str:
        return link_to(attempt.invoice)

    @display(description=_("account"))
    def of_account(self, attempt: PaymentAttempt) -> str:
        return link_to(attempt.invoice.account)

    @display(description=_("outcome"), label=OUTCOME_COLOURS)
    def outcome_label(self, attempt: PaymentAttempt) -> tuple[str, str]:
        return attempt.outcome, attempt.get_outcome_display() or str(_("under way"))


@admin.register(PaymentMethod, site=admin_site)
class PaymentMethodAdmin(ReadOnlyAdmin):
    """Cards on file at the gateway, as far as they may be shown."""

    list_display = ("__str__", "of_account", "expires", "is_default", "removed_at")
    list_select_related = ("account",)
    search_fields = ("last4__exact", "ref__exact", *BY_ACCOUNT)
    ordering = ("-id",)
    fields = (
        ("account", "gateway"),
        ("brand", "last4", "expires"),
        ("is_default", "added_at", "updated_at"),
        ("removed_at", "detached_at"),
        "ref",
    )
    readonly_fields = ("expires",)

    @display(description=_("account"))
    def of_account(self, method: PaymentMethod) -> str:
        return link_to(method.account)

    @display(description=_("expires"))
    def expires(self, method: PaymentMethod) -> str:
        return f"{method.expires_month:02d}/{method.expires_year}"
