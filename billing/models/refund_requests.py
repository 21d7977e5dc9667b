"""Refunds that are more than one person may give: what is asked for, and the second one's word."""

from typing import ClassVar, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.credits import CreditNote
from billing.models.lines import InvoiceLine
from portal.lib.money import AmountField, CurrencyField, in_words, is_currency
from portal.lib.triggers import never_changes


class RefundRequestQuerySet(models.QuerySet["RefundRequest"]):
    def awaiting_second_person(self) -> Self:
        """Nobody has decided on them yet."""
        return self.filter(decision__isnull=True)


class RefundRequest(models.Model):
    """Money that somebody of staff wants paid back, and may not alone."""

    line = models.ForeignKey(
        InvoiceLine,
        on_delete=models.PROTECT,
        related_name="refund_requests",
        verbose_name=_("invoice line"),
    )
    amount = AmountField(verbose_name=_("amount"), help_text=_("tax included"))
    currency = CurrencyField(verbose_name=_("currency"))
    reason = models.CharField(_("reason"), max_length=300)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("asked for by"),
    )
    requested_at = models.DateTimeField(_("asked for at"))

    objects: ClassVar[RefundRequestQuerySet] = RefundRequestQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("refund asked for")
        verbose_name_plural = _("refunds asked for")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_request_positive"),
            models.CheckConstraint(condition=is_currency(), name="refund_request_currency_is_iso"),
            models.CheckConstraint(condition=~Q(reason=""), name="refund_request_says_why"),
        ]
        triggers = never_changes()

    def __str__(self) -> str:
        return f"{self.line} · {in_words(self.amount, self.currency)}"


class RefundVerdict(models.TextChoices):
    APPROVED = "approved", _("approved")
    DECLINED = "declined", _("declined")


class RefundDecision(models.Model):
    """The second person's word, once. Approved, there is the credit note it became."""

    request = models.OneToOneField(RefundRequest, on_delete=models.PROTECT, related_name="decision")
    verdict = models.CharField(_("decision"), max_length=16, choices=RefundVerdict.choices)
    why = models.CharField(_("why"), max_length=300)
    credit_note = models.OneToOneField(
        CreditNote, on_delete=models.PROTECT, related_name="approval", null=True, blank=True
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("decision on a refund")
        verbose_name_plural = _("decisions on refunds")
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict=RefundVerdict.APPROVED, credit_note__isnull=False)
                | Q(verdict=RefundVerdict.DECLINED, credit_note__isnull=True),
                name="refund_approved_has_its_note",
            ),
            models.CheckConstraint(condition=~Q(why=""), name="refund_decided_for_a_reason"),
        ]
        triggers = [
            *never_changes(),
            pgtrigger.Trigger(
                name="by_a_second_person",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NOT EXISTS (SELECT FROM billing_refundrequest asked
                                    WHERE asked.id = NEW.request_id
                                      AND asked.requested_by_id <> NEW.decided_by_id) THEN
                        RAISE EXCEPTION 'a second person decides on a refund';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request} · {self.get_verdict_display()}"
