"""Plans bought in bulk: volume prices, batches of coupons, and what became of each coupon."""

from datetime import date
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models.catalogue import Plan
from billing.models.subscriptions import Subscription
from partners.models import Account, Site
from portal.lib.history import tracked
from portal.lib.money import AmountField, CurrencyField, is_currency
from portal.lib.refs import RefField
from portal.lib.triggers import never_changes


@tracked()
class VolumePrice(models.Model):
    """What one plan costs, from a day on, when at least so many are bought at once."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="volume_prices")
    currency = CurrencyField(verbose_name=_("currency"))
    min_quantity = models.PositiveIntegerField(_("from how many"))
    amount = AmountField(verbose_name=_("amount each"))
    from_on = models.DateField(_("from"))

    class Meta:
        verbose_name = _("volume price")
        verbose_name_plural = _("volume prices")
        ordering = ("plan", "currency", "min_quantity", "-from_on")
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "currency", "min_quantity", "from_on"], name="volume_price_once"
            ),
            models.CheckConstraint(
                condition=Q(min_quantity__gte=2), name="volume_price_of_more_than_one"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="volume_price_not_negative"),
            models.CheckConstraint(condition=is_currency(), name="volume_price_currency_is_iso"),
        ]

    def __str__(self) -> str:
        return f"{self.min_quantity} × {self.plan}: {self.amount:f} {self.currency}"


class CouponBatchQuerySet(models.QuerySet["CouponBatch"]):
    def in_account(self, account: Account) -> Self:
        return self.filter(account=account)


class CouponBatch(models.Model):
    """So many coupons for a plan, bought together. The coupons are there once they are paid for."""

    ref = RefField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="coupon_batches")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField(_("how many"))
    unit_amount = AmountField(verbose_name=_("amount each"))
    currency = CurrencyField(verbose_name=_("currency"))
    bought_on = models.DateField(_("bought on"))
    bought_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )
    expires_on = models.DateField(_("expires on"), help_text=_("first day they are not valid"))

    objects: ClassVar[CouponBatchQuerySet] = CouponBatchQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("coupon batch")
        verbose_name_plural = _("coupon batches")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="coupon_batch_not_empty"),
            models.CheckConstraint(
                condition=Q(unit_amount__gte=0), name="coupon_batch_not_negative"
            ),
            models.CheckConstraint(condition=is_currency(), name="coupon_batch_currency_is_iso"),
            models.CheckConstraint(
                condition=Q(expires_on__gt=F("bought_on")), name="coupon_batch_dates_in_order"
            ),
        ]
        triggers = never_changes()

    def __str__(self) -> str:
        return f"{self.quantity} × {self.plan}"


class CouponQuerySet(models.QuerySet["Coupon"]):
    def usable(self, on: date) -> Self:
        """Neither used nor void nor expired."""
        return self.filter(redemption__isnull=True, void__isnull=True, batch__expires_on__gt=on)


class Coupon(models.Model):
    """A plan paid for in advance; whoever has the code can use it once, on a site of theirs."""

    batch = models.ForeignKey(CouponBatch, on_delete=models.PROTECT, related_name="coupons")
    code = models.CharField(_("code"), max_length=32, unique=True)

    objects: ClassVar[CouponQuerySet] = CouponQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")
        ordering = ("batch", "id")
        triggers = never_changes()

    def __str__(self) -> str:
        return self.code


class Redemption(models.Model):
    """A coupon used: by whom, when, and for which site's plan."""

    coupon = models.OneToOneField(Coupon, on_delete=models.PROTECT, related_name="redemption")
    subscription = models.OneToOneField(
        Subscription, on_delete=models.PROTECT, related_name="redemption"
    )
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    redeemed_at = models.DateTimeField(_("used at"))
    redeemed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True
    )

    class Meta:
        verbose_name = _("redemption")
        verbose_name_plural = _("redemptions")
        triggers = never_changes()

    def __str__(self) -> str:
        return f"{self.coupon} · {self.site}"


class CouponVoid(models.Model):
    """A coupon that can no longer be used, because its money went back."""

    coupon = models.OneToOneField(Coupon, on_delete=models.PROTECT, related_name="void")
    voided_at = models.DateTimeField(_("void since"))

    class Meta:
        verbose_name = _("void coupon")
        verbose_name_plural = _("void coupons")
        triggers = never_changes()

    def __str__(self) -> str:
        return str(self.coupon)
