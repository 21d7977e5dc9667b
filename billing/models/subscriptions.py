"""Subscriptions and their stored periods."""

from datetime import date, timedelta
from typing import ClassVar, Self

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing.models.catalogue import Plan, SaleOffer
from billing.models.methods import PaymentMethod
from billing.names import as_people_write
from partners.models import Account, Site
from portal.lib import clock
from portal.lib.money import AmountField, CurrencyField, is_currency
from portal.lib.ranges import DateSpan, Same
from portal.lib.refs import RefField


def plan_for(plan: str, what: str) -> str:
    """The words for a plan, and for the site, domain or mailbox it is for."""
    return gettext("%(plan)s for %(what)s") % {"plan": plan, "what": what} if what else plan


class SubscriptionState(models.TextChoices):
    STARTING = "starting", _("waiting for its first payment")
    ACTIVE = "active", _("active")
    ENDING = "ending", _("ends with its period")
    EXPIRED = "expired", _("ended")


LIVE_STATES = (SubscriptionState.ACTIVE, SubscriptionState.ENDING)


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def in_account(self, account: Account) -> Self:
        return self.filter(account=account)

    def running(self) -> Self:
        """Not ended: being served, or waiting for its first payment."""
        return self.exclude(state=SubscriptionState.EXPIRED)

    def live(self) -> Self:
        """Being served: paid up, or inside the grace after its period's end."""
        return self.filter(state__in=LIVE_STATES)

    def due(self, on: date) -> Self:
        """A renewal is to be charged by that day (and has not been drawn up yet)."""
        return self.filter(next_charge_on__lte=on)


class Subscription(models.Model):
    """The agreement to serve a plan and renew it.

    Periods are counted from `anchor_on`; `purchased_on` decides when a sale price ends. The periods
    on the present plan are a leg: it begins with period `leg_ordinal`, `leg_months` after the
    anchor. `next_charge_on` is its due row: the day its next renewal is drawn up, empty while one
    is open, after a cancellation, or at the end.
    """

    ref = RefField()
    platform_ref = models.CharField(max_length=64, null=True, blank=True, unique=True)
    # No index of their own: one of Meta begins with each, and a renewal writes every index twice.
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="subscriptions", db_index=False
    )
    site = models.ForeignKey(
        Site,
        on_delete=models.PROTECT,
        related_name="subscriptions",
        null=True,
        blank=True,
        db_index=False,
    )
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="subscriptions")
    label = models.CharField(
        _("what for"),
        max_length=253,
        blank=True,
        help_text=_("the domain or mailbox itself"),
    )
    currency = CurrencyField(verbose_name=_("currency"))
    payment_method = models.ForeignKey(
        PaymentMethod,
        on_delete=models.PROTECT,
        related_name="subscriptions",
        null=True,
        blank=True,
        help_text=_("empty: the account's default"),
    )
    purchased_on = models.DateField(_("purchased on"))
    bought_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("bought by"),
        help_text=_("empty: bought before the portal"),
    )
    anchor_on = models.DateField(_("periods counted from"))
    leg_ordinal = models.PositiveIntegerField(
        _("first period of this plan"), default=0, db_default=0
    )
    leg_months = models.PositiveIntegerField(
        _("months from the anchor to it"), default=0, db_default=0
    )
    leg_charged_on = models.DateField(
        _("charged on"), null=True, blank=True, help_text=_("its first period; empty: the anchor")
    )
    exclusive_key = models.CharField(
        max_length=280,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text=_("what only one running subscription may be for"),
    )
    sale_offer = models.ForeignKey(
        SaleOffer, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    sale_amount = AmountField(verbose_name=_("sale price"), null=True, blank=True)
    state = models.CharField(
        _("state"),
        max_length=16,
        choices=SubscriptionState.choices,
        default=SubscriptionState.STARTING,
    )
    paid_through = models.DateField(
        _("paid until"), null=True, blank=True, help_text=_("first day not paid for")
    )
    next_ordinal = models.PositiveIntegerField(_("next period"), default=0)
    next_charge_on = models.DateField(_("next charge"), null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: ClassVar[SubscriptionQuerySet] = SubscriptionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(condition=is_currency(), name="subscription_currency_is_iso"),
            models.CheckConstraint(
                condition=Q(anchor_on__gte=F("purchased_on")),
                name="subscription_dates_in_order",
            ),
            models.CheckConstraint(
                condition=Q(sale_amount__isnull=True) | Q(sale_amount__gte=0),
                name="subscription_sale_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(state__in=SubscriptionState.values),
                name="subscription_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state=SubscriptionState.ACTIVE) | Q(next_charge_on__isnull=True),
                name="only_active_subscriptions_renew",
            ),
            models.UniqueConstraint(
                fields=["exclusive_key"],
                condition=~Q(state=SubscriptionState.EXPIRED) & ~Q(exclusive_key=""),
                name="one_running_subscription_for",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_charge_on", "account"],
                condition=Q(next_charge_on__isnull=False),
                name="subscription_due",
            ),
            models.Index(
                fields=["paid_through"],
                condition=Q(state=SubscriptionState.ENDING),
                name="subscription_ending",
            ),
            models.Index(fields=["account", "state"], name="subscription_by_account"),
            models.Index(fields=["site", "state"], name="subscription_by_site"),
        ]

    def __str__(self) -> str:
        return f"{self.plan} · {self.what_for or self.account}"

    @property
    def what_for(self) -> str:
        """Its domain or mailbox as people write it, or its site; empty for the account's own."""
        return as_people_write(self.label) or (str(self.site) if self.site else "")

    @property
    def in_words(self) -> str:
        """What it is and what for, as an invoice says it."""
        return plan_for(str(self.plan), self.what_for)

    @property
    def last_day_paid(self) -> date | None:
        """The last day of service that is paid for."""
        return self.paid_through - timedelta(days=1) if self.paid_through else None


class Period(models.Model):
    """One stored service term, half-open `[starts_on, ends_on)`.

    It is drawn up together with its invoice line, which is what makes charging it twice
    impossible, and opened by the payment. Given up unpaid, it is deleted; opened, it stays.
    """

    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="periods", db_index=False
    )
    line = models.OneToOneField(
        "billing.InvoiceLine",
        on_delete=models.PROTECT,
        related_name="period",
        null=True,
        help_text=_("empty: paid before the portal"),
    )
    ordinal = models.PositiveIntegerField()
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    opened_at = models.DateTimeField(_("paid"), null=True, blank=True)

    class Meta:
        verbose_name = _("period")
        verbose_name_plural = _("periods")
        ordering = ("subscription", "starts_on")
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "starts_on"], name="period_charged_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")), name="period_dates_in_order"
            ),
            ExclusionConstraint(
                name="periods_do_not_overlap",
                expressions=[
                    (Same("subscription"), RangeOperators.OVERLAPS),
                    (DateSpan("starts_on", "ends_on"), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="fixed_fields",
                fields=["subscription", "line", "ordinal", "starts_on", "ends_on"],
            ),
            pgtrigger.Protect(
                name="opened_stays_opened",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__opened_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_on:%Y-%m-%d} – {self.ends_on:%Y-%m-%d}"

    @property
    def last_on(self) -> date:
        """The last day served."""
        return self.ends_on - timedelta(days=1)
