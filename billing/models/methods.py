"""Payment methods: what the gateway keeps for us, and what may be shown of it."""

from datetime import date
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.rules import card_expires_on
from partners.models import Account
from portal.lib import clock
from portal.lib.history import tracked
from portal.lib.refs import RefField


class PaymentMethodQuerySet(models.QuerySet["PaymentMethod"]):
    def in_account(self, account: Account) -> Self:
        return self.filter(account=account)

    def usable(self) -> Self:
        """Not removed. An expired-looking card stays usable: the network may have renewed it."""
        return self.filter(removed_at__isnull=True)

    def to_forget(self) -> Self:
        """Removed, and kept by the gateway still as far as anyone knows."""
        return self.filter(removed_at__isnull=False, detached_at__isnull=True)


@tracked(inserts=False, exclude=["provider_ref", "customer_ref"])
class PaymentMethod(models.Model):
    """A card on file at the gateway. No card number ever reaches the portal."""

    ref = RefField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="payment_methods")
    gateway = models.CharField(_("gateway"), max_length=32)
    provider_ref = models.CharField(_("gateway's reference"), max_length=128)
    customer_ref = models.CharField(_("its holder there"), max_length=128, blank=True)
    brand = models.CharField(_("brand"), max_length=32)
    last4 = models.CharField(_("last four digits"), max_length=4)
    expires_month = models.PositiveSmallIntegerField(_("expiry month"))
    expires_year = models.PositiveSmallIntegerField(_("expiry year"))
    is_default = models.BooleanField(_("default"), default=False)
    added_at = models.DateTimeField(default=clock.now, editable=False)
    updated_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text=_("when the network sent new details")
    )
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    detached_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text=_("when the gateway forgot it")
    )

    objects: ClassVar[PaymentMethodQuerySet] = PaymentMethodQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("payment method")
        verbose_name_plural = _("payment methods")
        ordering = ("account", "-is_default", "-added_at")
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(is_default=True, removed_at__isnull=True),
                name="one_default_method",
            ),
            models.UniqueConstraint(
                fields=["gateway", "provider_ref"], name="method_provider_ref_unique"
            ),
            models.CheckConstraint(
                condition=Q(detached_at__isnull=True) | Q(removed_at__isnull=False),
                name="only_removed_methods_are_detached",
            ),
            models.CheckConstraint(
                condition=Q(expires_month__gte=1, expires_month__lte=12),
                name="method_month_in_year",
            ),
            models.CheckConstraint(
                condition=Q(last4__regex=r"^[0-9]{4}$"), name="method_last4_digits"
            ),
        ]
        indexes = [
            models.Index(
                fields=["removed_at"],
                condition=Q(removed_at__isnull=False, detached_at__isnull=True),
                name="method_to_detach",
            ),
            models.Index(
                fields=["expires_year", "expires_month"],
                condition=Q(removed_at__isnull=True),
                name="method_by_expiry",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.brand} •••• {self.last4}"

    @property
    def expires_on(self) -> date:
        """Its last day, as far as the portal knows: the network may renew it."""
        return card_expires_on(month=self.expires_month, year=self.expires_year)
