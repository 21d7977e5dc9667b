"""Plans bought in bulk: volume prices, batches of coupons, and what became of each coupon."""

from datetime import date, timedelta
from typing import ClassVar, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from billing.models.catalogue import Plan
from billing.models.invoices import InvoiceState
from billing.models.subscriptions import Subscription
from partners.models import Account, Site
from portal.lib.history import tracked
from portal.lib.money import AmountField, CurrencyField, in_words, is_currency
from portal.lib.refs import RefField
from portal.lib.triggers import never_changes


def never_both(other_table: str) -> pgtrigger.Trigger:
    """Refuses a row for a coupon that stands in the other table: it is used or void, not both.

    The coupon is locked, so that of two at the same moment the second sees the first.
    """
    return pgtrigger.Trigger(
        name="used_or_void_never_both",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=f"""
            PERFORM FROM billing_coupon WHERE id = NEW.coupon_id FOR NO KEY UPDATE;
            IF EXISTS (SELECT FROM {other_table} WHERE coupon_id = NEW.coupon_id) THEN
                RAISE EXCEPTION 'a coupon is used or void, never both';
            END IF;
            RETURN NEW;
        """,
    )


def _number(coupons: "models.QuerySet[Coupon]") -> Coalesce:
    """How many coupons, inside a query of batches."""
    counted = coupons.order_by().values("batch").annotate(n=Count("pk"))
    return Coalesce(Subquery(counted.values("n")), 0)


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

    def bought(self) -> Self:
        """Paid for, or being paid; an order whose payment was declined bought nothing."""
        return self.filter(invoice_line__invoice__state__in=[InvoiceState.OPEN, InvoiceState.PAID])

    def counted(self, on: date) -> Self:
        """With how many of their coupons are `used`, `void` and `left`, and whether it `is_over`.

        Those left are unused, and have expired if it is over.
        """
        of_batch = Coupon.objects.filter(batch=OuterRef("pk"))
        return self.annotate(
            used=_number(of_batch.filter(redemption__isnull=False)),
            void=_number(of_batch.filter(void__isnull=False)),
            left=F("quantity") - F("used") - F("void"),
            is_over=Case(
                When(expires_on__lte=on, then=Value(value=True)), default=Value(value=False)
            ),
        )


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

    @property
    def in_words(self) -> str:
        """What it is, as an invoice says it."""
        text = ngettext(
            "%(n)s coupon for %(plan)s, at %(each)s",
            "%(n)s coupons for %(plan)s, at %(each)s each",
            self.quantity,
        )
        each = in_words(self.unit_amount, self.currency)
        return text % {"n": self.quantity, "plan": self.plan, "each": each}

    @property
    def last_on(self) -> date:
        """The last day on which its coupons can be used."""
        return self.expires_on - timedelta(days=1)


class CouponState(models.TextChoices):
    """What became of a coupon; it follows from other rows and the day, and is stored nowhere."""

    UNUSED = "unused", _("unused")
    USED = "used", _("used")
    EXPIRED = "expired", _("expired")
    VOID = "void", _("paid back")


class CouponQuerySet(models.QuerySet["Coupon"]):
    def with_state(self, on: date) -> Self:
        """With their `state` on that day."""
        return self.annotate(
            state=Case(
                When(redemption__isnull=False, then=Value(CouponState.USED)),
                When(void__isnull=False, then=Value(CouponState.VOID)),
                When(batch__expires_on__lte=on, then=Value(CouponState.EXPIRED)),
                default=Value(CouponState.UNUSED),
                output_field=models.CharField(),
            )
        )


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
        triggers = [*never_changes(), never_both("billing_couponvoid")]

    def __str__(self) -> str:
        return f"{self.coupon} · {self.site}"


class CouponVoid(models.Model):
    """A coupon that can no longer be used, because its money went back."""

    coupon = models.OneToOneField(Coupon, on_delete=models.PROTECT, related_name="void")
    voided_at = models.DateTimeField(_("void since"))

    class Meta:
        verbose_name = _("void coupon")
        verbose_name_plural = _("void coupons")
        triggers = [*never_changes(), never_both("billing_redemption")]

    def __str__(self) -> str:
        return str(self.coupon)
