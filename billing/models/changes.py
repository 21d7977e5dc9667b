"""What changes a subscription's course: cancelled, revived, moved to another plan."""

from typing import ClassVar, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.models.catalogue import Plan
from billing.models.subscriptions import Subscription
from portal.lib.money import AmountField
from portal.lib.triggers import fixed_once_written, never_changes


class Cancellation(models.Model):
    """Auto-renewal switched off, by whom and when; taken back until the period ends."""

    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="cancellations"
    )
    cancelled_at = models.DateTimeField(_("cancelled at"))
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    withdrawn_at = models.DateTimeField(_("taken back at"), null=True, blank=True)

    class Meta:
        verbose_name = _("cancellation")
        verbose_name_plural = _("cancellations")
        constraints = [
            models.UniqueConstraint(
                fields=["subscription"],
                condition=Q(withdrawn_at__isnull=True),
                name="one_cancellation_in_force",
            )
        ]

    def __str__(self) -> str:
        return str(self.subscription)


class Revival(models.Model):
    """A subscription that had run out, or was about to, renewed after all; by whom and when."""

    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="revivals"
    )
    revived_at = models.DateTimeField(_("revived at"))
    revived_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )

    class Meta:
        verbose_name = _("revival")
        verbose_name_plural = _("revivals")
        triggers = never_changes()

    def __str__(self) -> str:
        return str(self.subscription)


class PlanChangeQuerySet(models.QuerySet["PlanChange"]):
    def waiting(self) -> Self:
        """Asked for, and neither taken back nor carried out yet."""
        return self.filter(withdrawn_at__isnull=True, starts_on__isnull=True)


class PlanChange(models.Model):
    """Another plan from the next renewal on: asked for, taken back until then, or carried out.

    `quoted_amount` is what the page said the first period on the new plan would cost. `starts_on`
    is that period's first day, known when its renewal is drawn up.
    """

    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="plan_changes"
    )
    from_plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    to_plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    quoted_amount = AmountField(verbose_name=_("amount quoted"))
    requested_at = models.DateTimeField(_("asked for at"))
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    withdrawn_at = models.DateTimeField(_("taken back at"), null=True, blank=True)
    starts_on = models.DateField(_("from"), null=True, blank=True)

    objects: ClassVar[PlanChangeQuerySet] = PlanChangeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("change of plan")
        verbose_name_plural = _("changes of plan")
        constraints = [
            models.UniqueConstraint(
                fields=["subscription"],
                condition=Q(withdrawn_at__isnull=True, starts_on__isnull=True),
                name="one_plan_change_waiting",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(starts_on__isnull=True),
                name="plan_change_taken_back_or_done",
            ),
            models.CheckConstraint(
                condition=~Q(from_plan=models.F("to_plan")), name="plan_change_changes_the_plan"
            ),
        ]
        triggers = [
            *fixed_once_written(
                "subscription",
                "from_plan",
                "to_plan",
                "quoted_amount",
                "requested_at",
                "requested_by",
            ),
            pgtrigger.Protect(
                name="ended_stays_ended",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__withdrawn_at__isnull=False)
                | pgtrigger.Q(old__starts_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.from_plan} → {self.to_plan}"
