"""The catalogue: products, plans, prices from a date, and sales between two dates."""

from datetime import date
from typing import ClassVar, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from billing.rules import Cycle, Kind
from portal.lib.history import tracked
from portal.lib.money import AmountField, CurrencyField, in_words, is_currency
from portal.lib.ranges import DateSpan, Same, SameTextOrAny

KINDS = [
    (Kind.SITE_PLAN.value, _("site premium plan")),
    (Kind.STUDIO_PLAN.value, _("studio plan")),
    (Kind.MARKETING_SUITE.value, _("marketing suite")),
    (Kind.DOMAIN.value, _("domain")),
    (Kind.BUSINESS_EMAIL.value, _("business e-mail")),
    (Kind.APP.value, _("third-party app")),
]
CYCLES = [
    (Cycle.MONTHLY.value, _("monthly")),
    (Cycle.YEARLY.value, _("yearly")),
    (Cycle.TWO_YEAR.value, _("every 2 years")),
    (Cycle.THREE_YEAR.value, _("every 3 years")),
]


CYCLE_NAMES = dict(CYCLES)


def plan_name(product: str, cycle: str) -> str:
    """What a plan is called: its product's name and its cycle."""
    return f"{product}, {CYCLE_NAMES[cycle]}"


@tracked()
class Product(models.Model):
    """What is sold. Its kind decides when renewals are charged and whether they earn points."""

    code = models.SlugField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=24, choices=KINDS)
    description = models.CharField(_("description"), max_length=240, blank=True)
    tier = models.PositiveSmallIntegerField(_("tier"), default=1, help_text=_("order on pages"))

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("kind", "tier", "code")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[k.value for k in Kind]), name="product_kind_known"
            )
        ]

    def __str__(self) -> str:
        return self.name


@tracked()
class Plan(models.Model):
    """A product on a cycle."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="plans")
    cycle = models.CharField(_("cycle"), max_length=16, choices=CYCLES)
    is_sold = models.BooleanField(_("on sale to new subscribers"), default=True)

    class Meta:
        verbose_name = _("plan")
        verbose_name_plural = _("plans")
        ordering = ("product", "id")
        constraints = [
            models.UniqueConstraint(fields=["product", "cycle"], name="plan_unique"),
            models.CheckConstraint(
                condition=Q(cycle__in=[c.value for c in Cycle]), name="plan_cycle_known"
            ),
        ]

    def __str__(self) -> str:
        return plan_name(self.product.name, self.cycle)

    @property
    def cycle_rule(self) -> Cycle:
        return Cycle(self.cycle)


@tracked()
class Price(models.Model):
    """A version of a plan's standard price in a currency.

    It binds purchases from `new_from`, and renewals charged on or after `existing_from`.
    """

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="prices")
    currency = CurrencyField(verbose_name=_("currency"))
    amount = AmountField(verbose_name=_("amount"))
    new_from = models.DateField(_("for new subscribers from"))
    existing_from = models.DateField(_("for existing subscribers from"))

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        ordering = ("plan", "currency", "-new_from")
        constraints = [
            models.UniqueConstraint(fields=["plan", "currency", "new_from"], name="price_new_once"),
            models.UniqueConstraint(
                fields=["plan", "currency", "existing_from"], name="price_existing_once"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="price_not_negative"),
            models.CheckConstraint(condition=is_currency(), name="price_currency_is_iso"),
        ]

    def __str__(self) -> str:
        return f"{self.plan}: {self.amount:f} {self.currency}"


@tracked()
class Sale(models.Model):
    """A named campaign of temporary prices; what it offers, and when, is its offers."""

    code = models.SlugField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=120)

    class Meta:
        verbose_name = _("sale")
        verbose_name_plural = _("sales")
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.name


class SaleOfferQuerySet(models.QuerySet["SaleOffer"]):
    def running(self, on: date) -> Self:
        """The offers a purchase on that day can take up."""
        return self.filter(starts_on__lte=on, ends_on__gte=on)


@tracked()
class SaleOffer(models.Model):
    """A temporary price of one plan: a fixed amount in a currency, or a percentage off.

    Bought between `starts_on` and `ends_on` (both inclusive), it holds for the first year of
    service. A plan's offers never overlap in a currency, and a percentage is one in each of them.
    """

    sale = models.ForeignKey(Sale, on_delete=models.PROTECT, related_name="offers")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="offers")
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), help_text=_("last day, inclusive"))
    percent_off = models.PositiveSmallIntegerField(_("percent off"), null=True, blank=True)
    amount = AmountField(verbose_name=_("fixed amount"), null=True, blank=True)
    currency = CurrencyField(verbose_name=_("currency"), blank=True)

    objects: ClassVar[SaleOfferQuerySet] = SaleOfferQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("sale offer")
        verbose_name_plural = _("sale offers")
        ordering = ("-starts_on", "plan")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="sale_offer_dates_in_order",
            ),
            models.CheckConstraint(
                name="sale_offer_percent_or_amount",
                condition=(
                    Q(
                        percent_off__isnull=False,
                        percent_off__gte=1,
                        percent_off__lte=100,
                        amount__isnull=True,
                        currency="",
                    )
                    | (
                        Q(percent_off__isnull=True, amount__isnull=False, amount__gte=0)
                        & is_currency()
                    )
                ),
            ),
            ExclusionConstraint(
                name="sale_offers_do_not_overlap",
                expressions=[
                    (Same("plan"), RangeOperators.OVERLAPS),
                    (SameTextOrAny("currency"), RangeOperators.OVERLAPS),
                    (DateSpan("starts_on", "ends_on", bounds="[]"), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sale} · {self.plan}"

    @property
    def terms(self) -> str:
        """In words: 20% off, or the amount."""
        if self.amount is not None:
            return in_words(self.amount, self.currency)
        return _now("%(percent)d%% off") % {"percent": self.percent_off}

    def runs_on(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on

    def shares_days_with(self, other: "SaleOffer") -> bool:
        return self.starts_on <= other.ends_on and other.starts_on <= self.ends_on

    def excludes(self, other: "SaleOffer") -> bool:
        """Whether both could hold for one purchase: a percentage holds in every currency."""
        same_money = not (self.currency and other.currency) or self.currency == other.currency
        return self.plan_id == other.plan_id and same_money and self.shares_days_with(other)

    def clean(self) -> None:
        if None not in (self.starts_on, self.ends_on) and self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": _("The offer ends before it starts.")})
