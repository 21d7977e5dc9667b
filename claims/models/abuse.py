"""Clients who say that a claim is abuse, and what staff found. Told to nobody else."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from claims.models.claims import Claim
from portal.lib.triggers import never_changes


class AbuseReportQuerySet(models.QuerySet["AbuseReport"]):
    def open(self) -> Self:
        """Nobody has looked into them yet."""
        return self.filter(finding__isnull=True)


class AbuseReport(models.Model):
    """A client declined a claim as abuse: under which name, in which words, from where."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="abuse_reports")
    reported_by = models.CharField(_("reported by"), max_length=120)
    words = models.TextField(_("words"), max_length=1000, blank=True)
    ip_address = models.GenericIPAddressField(_("network address"), null=True, blank=True)
    user_agent = models.CharField(_("browser"), max_length=300, blank=True)
    reported_at = models.DateTimeField(_("reported at"))

    objects: ClassVar[AbuseReportQuerySet] = AbuseReportQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("report of abuse")
        verbose_name_plural = _("reports of abuse")
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(condition=~Q(reported_by=""), name="abuse_report_has_a_name")
        ]
        triggers = never_changes()

    def __str__(self) -> str:
        return str(self.claim)


class AbuseFinding(models.Model):
    """Staff looked into a report, once: who, when, and what they found."""

    report = models.OneToOneField(AbuseReport, on_delete=models.PROTECT, related_name="finding")
    note = models.TextField(_("note"), max_length=1000)
    looked_into_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("looked into by"),
    )
    looked_into_at = models.DateTimeField(_("looked into at"))

    class Meta:
        verbose_name = _("finding on abuse")
        verbose_name_plural = _("findings on abuse")
        constraints = [
            models.CheckConstraint(condition=~Q(note=""), name="abuse_finding_has_a_note")
        ]
        triggers = never_changes()

    def __str__(self) -> str:
        return str(self.report)
