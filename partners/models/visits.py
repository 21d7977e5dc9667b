"""Visits of staff to an account's pages: who looked on, when, and why."""

from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from partners.models.accounts import Account
from portal.lib.triggers import fixed_once_written

REASON_LENGTH = 300


class StaffVisitQuerySet(models.QuerySet["StaffVisit"]):
    def going_on(self, at: datetime) -> Self:
        return self.filter(ended_at__isnull=True, ends_at__gt=at)


class StaffVisit(models.Model):
    """Somebody of staff sees an account as it sees itself, for a while, and changes nothing."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="staff_visits")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("by")
    )
    reason = models.CharField(_("reason"), max_length=REASON_LENGTH)
    began_at = models.DateTimeField(_("began at"))
    ends_at = models.DateTimeField(_("ends at the latest"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects: ClassVar[StaffVisitQuerySet] = StaffVisitQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("staff visit")
        verbose_name_plural = _("staff visits")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["by"],
                condition=Q(ended_at__isnull=True),
                name="one_visit_at_a_time",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="visit_has_a_reason"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("began_at")), name="visit_ends_after_it_began"
            ),
        ]
        triggers = fixed_once_written("account", "by", "reason", "began_at", "ends_at")

    def __str__(self) -> str:
        return f"{self.by} → {self.account}"
