"""Points changed by hand: what staff ask for, and the second person's word on it."""

from typing import ClassVar, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partners.models.accounts import Account
from partners.models.programme import ProgrammeYear
from partners.rules import AdjustmentReason
from portal.lib.refs import RefField
from portal.lib.triggers import never_changes

REASONS = [
    (AdjustmentReason.MISTAKE.value, _("a mistake of ours")),
    (AdjustmentReason.MISSING.value, _("something that counts was missing")),
    (AdjustmentReason.COUNTED_TWICE.value, _("something was counted twice")),
    (AdjustmentReason.GOODWILL.value, _("a token of goodwill")),
    (AdjustmentReason.NOT_EARNED.value, _("not earned under the terms")),
]


class AdjustmentRequestQuerySet(models.QuerySet["AdjustmentRequest"]):
    def awaiting_second_person(self) -> Self:
        """Nobody has decided on them yet, and somebody has to."""
        return self.filter(needs_second_person=True, decision__isnull=True)


class AdjustmentRequest(models.Model):
    """Points that somebody of staff wants added to an account's year, or taken from it.

    Up to a limit they are booked at once; above it only when a second person has approved. `ref` is
    made with the form, so that a form sent twice asks once.
    """

    ref = RefField()
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="adjustment_requests"
    )
    programme_year = models.ForeignKey(
        ProgrammeYear, on_delete=models.PROTECT, related_name="+", verbose_name=_("year")
    )
    points = models.IntegerField(_("points"), help_text=_("signed"))
    reason = models.CharField(_("reason"), max_length=16, choices=REASONS)
    note = models.CharField(_("note"), max_length=200)
    question = models.ForeignKey(
        "partners.LineQuestion",
        on_delete=models.PROTECT,
        related_name="adjustments",
        null=True,
        blank=True,
        help_text=_("what it follows from, if somebody had asked"),
    )
    needs_second_person = models.BooleanField(_("needs a second person"))
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("asked for by"),
    )
    requested_at = models.DateTimeField(_("asked for at"))

    objects: ClassVar[AdjustmentRequestQuerySet] = AdjustmentRequestQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("adjustment")
        verbose_name_plural = _("adjustments")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(condition=~Q(points=0), name="adjustment_changes_points"),
            models.CheckConstraint(condition=~Q(note=""), name="adjustment_says_why"),
            models.CheckConstraint(
                condition=Q(reason__in=[reason.value for reason in AdjustmentReason]),
                name="adjustment_reason_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(needs_second_person=True),
                name="adjustment_by_two",
            )
        ]
        triggers = never_changes()

    def __str__(self) -> str:
        return f"{self.account} · {self.points:+d} · {self.programme_year_id}"


class AdjustmentVerdict(models.TextChoices):
    APPROVED = "approved", _("approved")
    DECLINED = "declined", _("declined")


class AdjustmentDecision(models.Model):
    """The second person's word, once. Nobody decides on what they have asked for themselves."""

    request = models.OneToOneField(
        AdjustmentRequest, on_delete=models.PROTECT, related_name="decision"
    )
    verdict = models.CharField(_("decision"), max_length=16, choices=AdjustmentVerdict.choices)
    why = models.CharField(_("why"), max_length=300)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("decision on an adjustment")
        verbose_name_plural = _("decisions on adjustments")
        constraints = [
            models.CheckConstraint(
                condition=Q(verdict__in=AdjustmentVerdict.values),
                name="adjustment_verdict_known",
            ),
            models.CheckConstraint(condition=~Q(why=""), name="adjustment_decided_for_a_reason"),
        ]
        triggers = [
            *never_changes(),
            pgtrigger.Trigger(
                name="by_a_second_person",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NOT EXISTS (SELECT FROM partners_adjustmentrequest asked
                                    WHERE asked.id = NEW.request_id
                                      AND asked.needs_second_person
                                      AND asked.requested_by_id <> NEW.decided_by_id) THEN
                        RAISE EXCEPTION 'a second person decides, on what needs one';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request} · {self.get_verdict_display()}"
