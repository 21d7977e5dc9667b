"""Which credits stand: kept by the ledger itself."""

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from partners.models.accounts import Account
from partners.models.points import PointsEntry, QualifyingEvent
from partners.models.programme import ProgrammeYear
from partners.models.sites import Site
from portal.lib.triggers import BY_HAND


class CreditInForce(models.Model):
    """The one credit that stands for an account, site and year. Kept by the ledger's trigger."""

    entry = models.OneToOneField(
        PointsEntry, on_delete=models.PROTECT, primary_key=True, related_name="in_force"
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="credits_in_force")
    programme_year = models.ForeignKey(ProgrammeYear, on_delete=models.PROTECT, related_name="+")
    event = models.ForeignKey(
        QualifyingEvent, on_delete=models.PROTECT, related_name="credits_in_force"
    )

    class Meta:
        verbose_name = _("credit in force")
        verbose_name_plural = _("credits in force")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "site", "programme_year"],
                name="one_credit_a_site_and_year",
            )
        ]
        triggers = [
            pgtrigger.Protect(
                name="kept_by_the_ledger",
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                condition=BY_HAND,
            )
        ]

    def __str__(self) -> str:
        return str(self.entry)
