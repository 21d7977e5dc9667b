"""What was announced: a renewal that costs more than the period before it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

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
