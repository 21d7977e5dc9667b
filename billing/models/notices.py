"""What was announced: renewals to come, those that cost more, and cards about to expire."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from billing.models.methods import PaymentMethod
from billing.models.subscriptions import Subscription
from portal.lib.money import AmountField, CurrencyField, is_currency
from portal.lib.triggers import never_changes


class PriceNotice(models.Model):
    """A renewal that costs more than what was paid before, told before it is charged.

    A sale price ends, a coupon paid for the first period, or the price rose. Once for a period.
    """

    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="price_notices"
    )
    starts_on = models.DateField(_("for the period from"))
    charge_on = models.DateField(_("charged on"))
    amount_before = AmountField(verbose_name=_("before"))
    amount_after = AmountField(verbose_name=_("after"))
    currency = CurrencyField(verbose_name=_("currency"))
    was_sale = models.BooleanField(_("a sale price ends"))
    was_prepaid = models.BooleanField(
        _("a coupon paid for the period before"), default=False, db_default=False
    )
    announced_on = models.DateField(_("announced on"))

    class Meta:
        verbose_name = _("price notice")
        verbose_name_plural = _("price notices")
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "starts_on"], name="price_notice_once_a_period"
            ),
            models.CheckConstraint(
                condition=Q(amount_after__gt=F("amount_before")), name="price_notice_of_a_rise"
            ),
            models.CheckConstraint(condition=is_currency(), name="price_notice_currency_is_iso"),
        ]
        triggers = never_changes()

    def __str__(self) -> str:
        return f"{self.subscription} · {self.starts_on:%Y-%m-%d}"


class RenewalNotice(models.Model):
    """A renewal told of before it is charged, once for a period, where it costs what it did."""

    # No index of its own: the constraint begins with it.
    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="renewal_notices", db_index=False
    )
    starts_on = models.DateField(_("for the period from"))
    charge_on = models.DateField(_("charged on"))
    amount = AmountField(verbose_name=_("amount"))
    currency = CurrencyField(verbose_name=_("currency"))
    announced_on = models.DateField(_("announced on"))

    class Meta:
        verbose_name = _("renewal notice")
        verbose_name_plural = _("renewal notices")
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "starts_on"], name="renewal_notice_once_a_period"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="renewal_notice_of_a_charge"),
            models.CheckConstraint(condition=is_currency(), name="renewal_notice_currency_is_iso"),
        ]
        triggers = never_changes()

    def __str__(self) -> str:
        return f"{self.subscription} · {self.starts_on:%Y-%m-%d}"


class CardNotice(models.Model):
    """A card told of before the last day on it; once, unless its network gives it a new one."""

    # No index of its own: the constraint begins with it.
    method = models.ForeignKey(
        PaymentMethod, on_delete=models.PROTECT, related_name="notices", db_index=False
    )
    expires_on = models.DateField(_("last day"))
    announced_on = models.DateField(_("announced on"))

    class Meta:
        verbose_name = _("card notice")
        verbose_name_plural = _("card notices")
        constraints = [
            models.UniqueConstraint(
                fields=["method", "expires_on"], name="card_notice_once_an_expiry"
            ),
        ]
        triggers = never_changes()

    def __str__(self) -> str:
        return f"{self.method} · {self.expires_on:%Y-%m-%d}"
