"""Refunds: staff pay a line back, whole or in part, with a reason; and the credit notes of it."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget

from billing.actions.credit import left_to_credit
from billing.actions.refund import refund
from billing.actions.refund_requests import ask_for_refund
from billing.errors import (
    AlreadyAskedError,
    CreditTooLargeError,
    InvoiceNotPaidError,
    LeftChangedError,
    SecondPersonNeededError,
)
from billing.models import CouponBatch, CreditNote, CreditNoteLine, Dispute, InvoiceLine, Refund
from billing.models.disputes import DisputeState
from billing.rules import Outcome
from portal.lib import clock
from portal.lib.money import in_words
from portal.models import User
from portal.staff.admins import ReadOnlyAdmin, ReadOnlyInline, link_to
from portal.staff.decisions import DecidingAdmin, Decision, RefusedError
from portal.staff.site import admin_site

REASON_LENGTH = 300


class RefundForm(forms.Form):
    """How much goes back, and why."""

    amount = forms.DecimalField(
        label=_("Amount of each line"),
        help_text=_("Empty: all that is left. A line whose money is all back ends today."),
        required=False,
        min_value=Decimal("0.001"),
        widget=UnfoldAdminDecimalFieldWidget,
    )
    reason = forms.CharField(
        label=_("Why is it paid back?"),
        help_text=_("The payer reads it on the credit note. Kept with your name."),
        max_length=REASON_LENGTH,
        widget=UnfoldAdminTextInputWidget,
    )


class PayingBack(Decision):
    """Refund lines of paid invoices: each by itself, never more than is left of it."""

    name = "refund"
    permission = "billing.add_refund"
    title = _("Pay back")
    words = _(
        "The money goes back to the card it came from, as a credit note. A line whose money is all"
        " back ends today, and its points are taken back; of coupons, those not used become void."
        " More than one person may pay back of an invoice waits for a second person."
    )
    button = _("Pay back")
    form_class = RefundForm
    confirms_identity = True
    select_related = ("invoice", "subscription", "coupon_batch")

    def describe(self, row: InvoiceLine) -> str:
        left = in_words(left_to_credit(row.invoice)[row.pk], row.invoice.currency)
        about = {"number": row.invoice, "line": row.description, "left": left}
        disputes = Dispute.objects.filter(attempt__invoice=row.invoice, state=DisputeState.OPEN)
        if disputes.exists():
            said = _now("%(number)s – %(line)s: %(left)s left (disputed: its bank may take it too)")
        else:
            said = _now("%(number)s – %(line)s: %(left)s left")
        words = said % about
        return f"{words}. {_about_coupons(row.coupon_batch)}" if row.coupon_batch else words

    def ready(self, row: InvoiceLine) -> bool:
        return row.invoice.state == "paid" and bool(left_to_credit(row.invoice)[row.pk])

    def seen(self, row: InvoiceLine) -> str:
        return str(left_to_credit(row.invoice)[row.pk])

    def decide(self, request: HttpRequest, row: InvoiceLine, cleaned: dict[str, Any]) -> str:
        left = left_to_credit(row.invoice)[row.pk]
        if cleaned["seen"] != str(left):
            raise RefusedError(_changed(row, left))
        try:
            return _pay_back_or_ask(
                row,
                cleaned["amount"] or left,
                left=left,
                reason=cleaned["reason"],
                by=request.user,  # type: ignore[arg-type]
            )
        except LeftChangedError as refusal:
            raise RefusedError(_changed(row, left_to_credit(row.invoice)[row.pk])) from refusal
        except InvoiceNotPaidError as refusal:
            words = _now("%(number)s is not paid, so there is nothing to pay back.")
            raise RefusedError(words % {"number": row.invoice}) from refusal
        except CreditTooLargeError as refusal:
            words = _now("%(line)s: that is more than is left of it.")
            raise RefusedError(words % {"line": row.description}) from refusal
        except AlreadyAskedError as refusal:
            words = _now("%(line)s: a refund of it waits for a second person already.")
            raise RefusedError(words % {"line": row.description}) from refusal


def _changed(line: InvoiceLine, left: Decimal) -> str:
    """Paid back in part since the page was shown: by somebody else, or by a second click."""
    return _now(
        "%(line)s: something was taken back since this page was opened, and %(left)s is left now."
        " Nothing more was paid back; open the page again if it should be."
    ) % {"line": line.description, "left": in_words(left, line.invoice.currency)}


def _pay_back_or_ask(
    line: InvoiceLine, amount: Decimal, *, left: Decimal, reason: str, by: User
) -> str:
    """Pay it back alone, or have it wait for a second person; says which."""
    at = clock.now()
    try:
        made = refund(
            line.invoice, {line.pk: amount}, left={line.pk: left}, reason=reason, by=by, at=at
        )
    except SecondPersonNeededError:
        asked = ask_for_refund(line, amount, reason=reason, by=by, at=at)
        return _now("%(asked)s: nothing is paid back yet; a second person decides.") % {
            "asked": asked
        }
    return what_came_of(made)


def _about_coupons(batch: CouponBatch) -> str:
    """How many were used, and what becomes of the rest."""
    used = batch.coupons.filter(redemption__isnull=False).count()
    left = batch.coupons.filter(redemption=None, void=None).count()
    return _now(
        "%(used)s used, %(left)s not used. Paid back whole, those not used become void; a part"
        " makes none void. What was used stays as it is."
    ) % {"used": used, "left": left}


def what_came_of(made: Refund) -> str:
    """Whether the money is back yet, in words."""
    about = {"amount": in_words(made.amount, made.currency), "note": made.credit_note}
    if made.outcome == Outcome.SUCCEEDED.value:
        return _now("%(amount)s paid back, credit note %(note)s.") % about
    if made.settled_at is None:
        return _now("%(amount)s on its way back (%(note)s); the gateway has not answered yet.") % (
            about
        )
    return _now("The gateway refused to pay back %(amount)s (%(note)s): look into it.") % about


class LineAmounts:
    """A line's amounts beside their currency; fetch its invoice with it."""

    @display(description=_("net"))
    def net(self, line: InvoiceLine) -> str:
        return in_words(line.amount, line.invoice.currency)

    @display(description=_("tax"))
    def tax(self, line: InvoiceLine) -> str:
        if not line.tax_amount:
            return "–"
        return f"{in_words(line.tax_amount, line.invoice.currency)} ({line.tax_in_words})"

    @display(description=_("total"))
    def gross(self, line: InvoiceLine) -> str:
        return in_words(line.gross_amount, line.invoice.currency)


@admin.register(InvoiceLine, site=admin_site)
class InvoiceLineAdmin(LineAmounts, DecidingAdmin, ReadOnlyAdmin):
    list_display = ("description", "of_invoice", "starts_on", "ends_on", "net", "tax", "gross")
    list_select_related = ("invoice",)
    search_fields = ("invoice__number__exact", "subscription__ref__exact")
    ordering = ("-id",)
    fields = (
        ("invoice", "subscription", "coupon_batch"),
        "description",
        ("net", "tax", "gross"),
        ("starts_on", "ends_on"),
        ("price", "price_reason"),
    )
    readonly_fields = ("net", "tax", "gross")
    actions = ("pay_back",)
    paying_back = PayingBack()
    decisions = (paying_back,)

    @display(description=_("invoice"))
    def of_invoice(self, line: InvoiceLine) -> str:
        return link_to(line.invoice)

    def has_refund_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PayingBack.permission)

    @admin.action(description=_("Pay back"), permissions=["refund"])
    def pay_back(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse:
        return self.paying_back.ask(self, request, chosen)


class NoteAmount:
    """What a credit note takes back, beside its currency."""

    @display(description=_("amount"))
    def in_currency(self, note: CreditNote) -> str:
        return in_words(note.amount, note.currency)


class CreditNoteInline(NoteAmount, ReadOnlyInline):
    """The credit notes of an invoice, on its page."""

    model = CreditNote
    by = "invoice"
    show_change_link = True
    fields = ("number", "kind", "reason", "in_currency", "issued_at", "issued_by")
    readonly_fields = fields
    ordering = ("issued_at", "id")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        notes: QuerySet = super().get_queryset(request)
        return notes.select_related("issued_by")


class CreditNoteLineInline(ReadOnlyInline):
    model = CreditNoteLine
    fields = ("invoice_line", "net", "tax", "gross")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        lines: QuerySet = super().get_queryset(request)
        return lines.select_related("invoice_line", "credit_note")

    @display(description=_("net"))
    def net(self, line: CreditNoteLine) -> str:
        return in_words(line.net_amount, line.credit_note.currency)

    @display(description=_("tax"))
    def tax(self, line: CreditNoteLine) -> str:
        if not line.tax_amount:
            return "–"
        amount = in_words(line.tax_amount, line.credit_note.currency)
        return f"{amount} ({line.invoice_line.tax_in_words})"

    @display(description=_("total"))
    def gross(self, line: CreditNoteLine) -> str:
        return in_words(line.amount, line.credit_note.currency)


class RefundInline(ReadOnlyInline):
    """Every try to bring the money of a credit note back."""

    model = Refund
    by = "credit_note"
    show_change_link = True
    fields = ("created_at", "settled_at", "decline_code", "note")
    readonly_fields = fields
    ordering = ("id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        refunds: QuerySet = super().get_queryset(request)
        return refunds.select_related("credit_note")


@admin.register(CreditNote, site=admin_site)
class CreditNoteAdmin(NoteAmount, ReadOnlyAdmin):
    list_display = ("number", "of_invoice", "kind", "in_currency", "issued_at", "issued_by")
    list_select_related = ("invoice", "issued_by")
    list_filter = ("kind",)
    search_fields = ("number__exact", "invoice__number__exact")
    ordering = ("-issued_at", "-id")
    fields = (
        ("number", "invoice", "kind"),
        "in_currency",
        "reason",
        ("issued_at", "issued_by"),
    )
    readonly_fields = ("in_currency",)
    inlines = (CreditNoteLineInline, RefundInline)

    @display(description=_("invoice"))
    def of_invoice(self, note: CreditNote) -> str:
        return link_to(note.invoice)
