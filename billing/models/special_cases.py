"""Accounts that billing treats apart: non-profits, and those left out until staff have looked."""

from datetime import date
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from partners.models import Account
from portal.lib.history import tracked
from portal.lib.triggers import never_changes


class NonprofitVerificationQuerySet(models.QuerySet["NonprofitVerification"]):
    def covers(self, account: Account, *, on: date) -> bool:
        """Whether the account counts as a non-profit on that day."""
        return self.filter(account=account, verified_on__lte=on).exists()


class NonprofitVerification(models.Model):
    """Staff's word that an account is a non-profit: its premium plans are invoiced at zero."""

    account = models.OneToOneField(
        Account, on_delete=models.PROTECT, related_name="nonprofit_verification"
    )
    verified_on = models.DateField(_("verified on"))
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )

    reason = models.CharField(
        _("how do you know?"),
        max_length=300,
        blank=True,
        db_default="",
        help_text=_("For example the number in its country’s register. Kept with your name."),
    )

    objects: ClassVar[NonprofitVerificationQuerySet] = NonprofitVerificationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("non-profit verification")
        verbose_name_plural = _("non-profit verifications")
        triggers = never_changes()

    def __str__(self) -> str:
        return str(self.account)


@tracked()
class ParkedAccount(models.Model):
    """An account whose data broke a billing run: left out until staff put it right."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="parked")
    parked_at = models.DateTimeField(_("parked at"))
    reason = models.TextField(_("reason"))

    class Meta:
        verbose_name = _("parked account")
        verbose_name_plural = _("parked accounts")
        ordering = ("parked_at",)

    def __str__(self) -> str:
        return str(self.account)
