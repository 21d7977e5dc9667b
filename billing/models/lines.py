"""What invoices are made of."""

from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing.models.catalogue import Price
from billing.models.coupons import CouponBatch
from billing.models.invoices import Invoice
from billing.models.subscriptions import Subscription
from billing.rules import PriceReason
from portal.lib.money import AmountField, PercentField, tax_in_words
from portal.lib.triggers import never_changes

PRICE_REASONS = [
    (PriceReason.STANDARD.value, _("standard price")),
    (PriceReason.SALE.value, _("sale price, first year")),
    (PriceReason.NONPROFIT.value, _("free for non-profits")),
    (PriceReason.COUPON.value, _("paid for by a coupon")),
    (PriceReason.VOLUME.value, _("volume price")),
]


class InvoiceLineQuerySet(models.QuerySet["InvoiceLine"]):
    def explained(self) -> Self:
        """In order, with what says why each costs what it costs."""
        return self.select_related("price", "period").order_by("invoice", "id")


class InvoiceLine(models.Model):
    """What an invoice is made of: its price, why that price, and the tax on it.

    It is for one subscription's period, or for coupons (then its dates are those they can be used
    on). `amount` is without the tax.
    """

    invoice = models.ForeignKey(
        Invoice, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="invoice_lines", null=True
    )
    coupon_batch = models.OneToOneField(
        CouponBatch, on_delete=models.PROTECT, related_name="invoice_line", null=True
    )
    description = models.CharField(_("description"), max_length=300)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    amount = AmountField(verbose_name=_("amount"))
    price = models.ForeignKey(Price, on_delete=models.PROTECT, related_name="+", null=True)
    price_reason = models.CharField(_("why this price"), max_length=16, choices=PRICE_REASONS)
    tax_name = models.CharField(_("tax"), max_length=40, blank=True, db_default="")
    tax_percent = PercentField(verbose_name=_("tax rate"), default=0, db_default=0)
    tax_amount = AmountField(verbose_name=_("tax amount"), default=0, db_default=0)

    objects: ClassVar[InvoiceLineQuerySet] = InvoiceLineQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("invoice line")
        verbose_name_plural = _("invoice lines")
        ordering = ("invoice", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["invoice", "subscription", "starts_on"],
                name="line_once_an_invoice",
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="line_not_negative"),
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")), name="line_dates_in_order"
            ),
            models.CheckConstraint(
                condition=Q(price_reason__in=[r.value for r in PriceReason]),
                name="line_price_reason_known",
            ),
            models.CheckConstraint(
                condition=Q(subscription__isnull=False, coupon_batch__isnull=True)
                | Q(subscription__isnull=True, coupon_batch__isnull=False),
                name="line_for_a_subscription_or_coupons",
            ),
            models.CheckConstraint(
                condition=Q(tax_amount__gte=0, tax_percent__gte=0), name="line_tax_not_negative"
            ),
        ]
        triggers = never_changes()

    def __str__(self) -> str:
        return self.description

    @property
    def gross_amount(self) -> Decimal:
        """What is paid for it: the price and the tax on it."""
        return self.amount + self.tax_amount

    @property
    def tax_in_words(self) -> str:
        """Its tax and the rate of it; empty where there is none."""
        return tax_in_words(self.tax_name, self.tax_percent) if self.tax_amount else ""

    @property
    def last_on(self) -> date:
        """The last day of what it pays for."""
        return self.ends_on - timedelta(days=1)

    @property
    def why(self) -> str:
        """Why it costs what it costs; a standard price says since when it is one.

        Reads `price` and `period`: fetch lines with `explained()`.
        """
        period = getattr(self, "period", None)  # gone with an invoice that was given up
        is_told = period or self.coupon_batch_id
        if self.price_reason != PriceReason.STANDARD.value or not self.price or not is_told:
            return self.get_price_reason_display()
        is_renewal = period is not None and period.ordinal > 0
        since = self.price.existing_from if is_renewal else self.price.new_from
        return gettext("standard price since %(date)s") % {
            "date": date_format(since, "DATE_FORMAT")
        }
