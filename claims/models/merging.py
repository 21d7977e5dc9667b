"""Claims that ask for what another claim asks for already: staff close them in its favour."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from claims.models.claims import Claim
from portal.lib.triggers import never_changes


class Merger(models.Model):
    """Staff closed a claim as a duplicate of the one that stands: who, when and why. Once."""

    claim = models.OneToOneField(Claim, on_delete=models.PROTECT, related_name="merger")
    into = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="duplicates")
    reason = models.CharField(_("reason"), max_length=300)
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    merged_at = models.DateTimeField(_("merged at"))

    class Meta:
        verbose_name = _("merger")
        verbose_name_plural = _("mergers")
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="merger_has_a_reason"),
            models.CheckConstraint(condition=~Q(claim=F("into")), name="merger_is_of_two_claims"),
        ]
        triggers = never_changes()

    def __str__(self) -> str:
        return f"{self.claim} ({self.claim.ref} → {self.into.ref})"
