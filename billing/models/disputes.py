"""Disputes: money a payer's bank takes back over our head."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.invoices import PaymentAttempt
from portal.lib.money import AmountField, CurrencyField, is_currency
from portal.lib.triggers import fixed_once_written


class DisputeState(models.TextChoices):
    OPEN = "open", _("open")
    WON = "won", _("won")
    LOST = "lost", _("lost")


class Dispute(models.Model):
    """A payer's bank disputes a charge; lost, its money is gone as by a refund."""

    attempt = models.ForeignKey(PaymentAttempt, on_delete=models.PROTECT, related_name="disputes")
    gateway = models.CharField(_("gateway"), max_length=32)
    provider_ref = models.CharField(_("gateway's reference"), max_length=128)
    amount = AmountField(verbose_name=_("amount"))
    currency = CurrencyField(verbose_name=_("currency"))
    reason = models.CharField(_("reason"), max_length=64, blank=True)
    opened_at = models.DateTimeField(_("opened at"))
    state = models.CharField(
        _("state"), max_length=8, choices=DisputeState.choices, default=DisputeState.OPEN
    )
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("dispute")
        verbose_name_plural = _("disputes")
        ordering = ("-opened_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "provider_ref"], name="dispute_provider_ref_unique"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="dispute_positive"),
            models.CheckConstraint(condition=is_currency(), name="dispute_currency_is_iso"),
            models.CheckConstraint(
                condition=Q(state=DisputeState.OPEN, closed_at__isnull=True)
                | (~Q(state=DisputeState.OPEN) & Q(closed_at__isnull=False)),
                name="dispute_closed_has_time",
            ),
        ]
        triggers = [
            *fixed_once_written(
                "attempt", "gateway", "provider_ref", "amount", "currency", "opened_at"
            ),
            pgtrigger.Protect(
                name="closed_stays_closed",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__closed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.provider_ref
