"""Credit notes and refunds: how what was invoiced or paid is taken back, without editing either."""

from decimal import Decimal
from typing import ClassVar, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Sum
from django.utils.translation import gettext_lazy as _

from billing.models.invoices import OUTCOMES, Invoice, PaymentAttempt
from billing.models.lines import InvoiceLine
from billing.models.subscriptions import Period
from billing.rules import Outcome
from partners.models import Account
from portal.lib import clock
from portal.lib.money import AmountField, CurrencyField, is_currency
from portal.lib.refs import RefField
from portal.lib.triggers import fixed_once_written, never_changes


class CreditKind(models.TextChoices):
    REFUND = "refund", _("refund")
    ADJUSTMENT = "adjustment", _("no longer wanted")
    UNCOLLECTED = "uncollected", _("could not be collected")
    CHARGEBACK = "chargeback", _("taken back by the bank")


class CreditNoteQuerySet(models.QuerySet["CreditNote"]):
    def in_account(self, account: Account) -> Self:
        return self.filter(invoice__account=account)

    def in_order(self) -> Self:
        """As they were issued."""
        return self.order_by("issued_at", "id")

    def given_alone(self, invoice: Invoice) -> Decimal:
        """What of an invoice was paid back without a second person's word."""
        alone = self.filter(invoice=invoice, kind=CreditKind.REFUND, approval__isnull=True)
        total: Decimal | None = alone.aggregate(total=Sum("amount"))["total"]
        return total or Decimal(0)


class CreditNote(models.Model):
    """What is taken off an invoice, and why: paid back, or no longer to be paid."""

    ref = RefField()
    number = models.CharField(_("number"), max_length=32, unique=True)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="credit_notes")
    kind = models.CharField(_("kind"), max_length=16, choices=CreditKind.choices)
    reason = models.CharField(_("reason"), max_length=300)
    amount = AmountField(verbose_name=_("amount"))
    currency = CurrencyField(verbose_name=_("currency"))
    issued_at = models.DateTimeField(_("issued at"), default=clock.now)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    objects: ClassVar[CreditNoteQuerySet] = CreditNoteQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("credit note")
        verbose_name_plural = _("credit notes")
        ordering = ("-issued_at", "-id")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="credit_note_positive"),
            models.CheckConstraint(condition=is_currency(), name="credit_note_currency_is_iso"),
            models.CheckConstraint(condition=~Q(reason=""), name="credit_note_has_a_reason"),
        ]
        triggers = never_changes()

    def __str__(self) -> str:
        return self.number

    @property
    def in_words(self) -> str:
        """Why it was issued: what kind it is, and the reason given."""
        return f"{self.get_kind_display()} – {self.reason}"


class CreditNoteLineQuerySet(models.QuerySet["CreditNoteLine"]):
    def explained(self) -> Self:
        """In order, with the lines of the invoice they take back."""
        return self.select_related("invoice_line").order_by("credit_note", "id")


class CreditNoteLine(models.Model):
    """How much of an invoice's line is taken back; never more than the line."""

    credit_note = models.ForeignKey(CreditNote, on_delete=models.PROTECT, related_name="lines")
    invoice_line = models.ForeignKey(InvoiceLine, on_delete=models.PROTECT, related_name="credits")
    amount = AmountField(verbose_name=_("amount"), help_text=_("tax included"))
    tax_amount = AmountField(verbose_name=_("tax in it"), default=0, db_default=0)

    objects: ClassVar[CreditNoteLineQuerySet] = CreditNoteLineQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("credit note line")
        verbose_name_plural = _("credit note lines")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="credit_line_positive"),
            models.CheckConstraint(
                condition=Q(tax_amount__gte=0, tax_amount__lte=F("amount")),
                name="credit_line_tax_within_it",
            ),
            models.UniqueConstraint(
                fields=["credit_note", "invoice_line"], name="credit_line_once_a_note"
            ),
        ]
        triggers = [
            *never_changes(),
            pgtrigger.Trigger(
                name="never_more_than_the_line",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_credits"),
                func="""
                    IF EXISTS (SELECT FROM billing_creditnoteline credited
                                 JOIN billing_invoiceline line ON line.id = credited.invoice_line_id
                                WHERE line.id IN (SELECT invoice_line_id FROM new_credits)
                                GROUP BY line.id, line.amount, line.tax_amount
                               HAVING sum(credited.amount) > line.amount + line.tax_amount) THEN
                        RAISE EXCEPTION 'no more can be credited than was invoiced';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.credit_note} · {self.invoice_line}"

    @property
    def net_amount(self) -> Decimal:
        """What of it is not tax."""
        return self.amount - self.tax_amount


class RefundQuerySet(models.QuerySet["Refund"]):
    def refused(self) -> Self:
        """Refused for good, and not taken up by anybody since."""
        later = Refund.objects.filter(credit_note=OuterRef("credit_note"), pk__gt=OuterRef("pk"))
        return self.filter(~Exists(later), outcome=Outcome.HARD_DECLINE.value)


class Refund(models.Model):
    """Money on its way back. Committed with its key before the gateway hears of it.

    Refused for good, it can be tried again as a row of its own, or settled by staff outside the
    gateway: a row, too (`settled_by`). The note says why, or how.
    """

    credit_note = models.ForeignKey(CreditNote, on_delete=models.PROTECT, related_name="refunds")
    attempt = models.ForeignKey(PaymentAttempt, on_delete=models.PROTECT, related_name="refunds")
    idempotency_key = models.CharField(max_length=64, unique=True)
    amount = AmountField(verbose_name=_("amount"))
    currency = CurrencyField(verbose_name=_("currency"))
    created_at = models.DateTimeField(default=clock.now, editable=False)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("asked for by"),
    )
    outcome = models.CharField(_("outcome"), max_length=16, choices=OUTCOMES, blank=True)
    decline_code = models.CharField(_("why not"), max_length=64, blank=True)
    provider_ref = models.CharField(_("gateway's reference"), max_length=128, blank=True)
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("paid back another way by"),
    )
    note = models.CharField(_("note"), max_length=300, blank=True)

    objects: ClassVar[RefundQuerySet] = RefundQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        constraints = [
            models.UniqueConstraint(
                fields=["credit_note"],
                condition=~Q(outcome=Outcome.HARD_DECLINE.value),
                name="one_refund_a_credit_note",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_positive"),
            models.CheckConstraint(condition=is_currency(), name="refund_currency_is_iso"),
            models.CheckConstraint(
                condition=Q(settled_by__isnull=True) | ~Q(note=""),
                name="refund_settled_by_hand_says_how",
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"], condition=Q(settled_at__isnull=True), name="refund_in_flight"
            )
        ]
        triggers = [
            *fixed_once_written(
                "credit_note",
                "attempt",
                "idempotency_key",
                "amount",
                "currency",
                "asked_by",
                "note",
            ),
            pgtrigger.Protect(
                name="settled_stays_settled",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__settled_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.credit_note)


class PeriodEnd(models.Model):
    """A period that ended before its time, because its money went back."""

    period = models.OneToOneField(Period, on_delete=models.PROTECT, related_name="end")
    ended_on = models.DateField(_("ended on"))

    class Meta:
        verbose_name = _("ended period")
        verbose_name_plural = _("ended periods")
        triggers = never_changes()

    def __str__(self) -> str:
        return str(self.period)
