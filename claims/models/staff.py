"""Staff answering for a client who cannot: the one who would is on the claimant's own team."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from claims.models.answers import Verdict
from claims.models.claims import Claim
from portal.lib.triggers import never_changes


class StaffAnswer(models.Model):
    """What our team decided about a claim with it, in the client's stead: once, with a reason."""

    claim = models.OneToOneField(Claim, on_delete=models.PROTECT, related_name="staff_answer")
    verdict = models.CharField(_("answer"), max_length=16, choices=Verdict.choices)
    reason = models.CharField(_("reason"), max_length=300)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(_("answered at"))

    class Meta:
        verbose_name = _("answer of our team")
        verbose_name_plural = _("answers of our team")
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="staff_answer_has_a_reason"),
            models.CheckConstraint(
                condition=Q(verdict__in=Verdict.values), name="staff_answer_known"
            ),
        ]
        triggers = never_changes()

    def __str__(self) -> str:
        return f"{self.claim}: {self.get_verdict_display()}"
