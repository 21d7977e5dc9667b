"""What was sent in at once, line by line, and the answer each line got."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from claims.models.claims import Claim
from partners.models import Account
from portal.lib.refs import RefField
from portal.lib.triggers import never_changes

LONGEST_TYPED = 500


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def in_account(self, account: Account) -> Self:
        return self.filter(account=account)


class Submission(models.Model):
    """Lines a person sent in at once."""

    ref = RefField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="submissions")
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    submitted_at = models.DateTimeField(_("submitted at"))
    submitted_on = models.DateField(_("submitted on"))

    objects: ClassVar[SubmissionQuerySet] = SubmissionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        ordering = ("-submitted_at", "-id")
        indexes = [models.Index(fields=["account", "submitted_on"], name="submission_by_day")]
        triggers = never_changes()

    def __str__(self) -> str:
        return f"{self.account}, {self.submitted_on}"


class Outcome(models.TextChoices):
    """What became of a line at once."""

    ACCEPTED = "accepted", _("sent")
    WITH_STAFF = "with_staff", _("with our team")
    OWN_SITE = "own_site", _("your own site")
    ALREADY_CLAIMED = "already_claimed", _("claimed already")
    NOT_FOUND = "not_found", _("not found")
    NOT_AN_ADDRESS = "not_an_address", _("not an address")
    TOO_MANY = "too_many", _("too many today")


CLAIMED = (Outcome.ACCEPTED, Outcome.WITH_STAFF)
# What may come to something once it is mended, or tomorrow.
MENDABLE = (Outcome.NOT_FOUND, Outcome.NOT_AN_ADDRESS, Outcome.TOO_MANY)


class SubmittedLine(models.Model):
    """One line as it was typed, where it stood, and its answer. A file's lines have a column.

    `claim` is what came of it; of a site that was claimed already, the claim there is.
    """

    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="lines")
    row = models.PositiveIntegerField(_("line"))
    column = models.PositiveSmallIntegerField(_("column"), null=True, blank=True)
    typed = models.CharField(_("typed"), max_length=LONGEST_TYPED, blank=True)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices)
    claim = models.ForeignKey(
        Claim, on_delete=models.PROTECT, related_name="lines", null=True, blank=True
    )

    class Meta:
        verbose_name = _("submitted line")
        verbose_name_plural = _("submitted lines")
        ordering = ("submission", "id")
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=Outcome.values), name="line_outcome_known"
            ),
            models.CheckConstraint(
                condition=~Q(outcome__in=CLAIMED) | Q(claim__isnull=False),
                name="line_accepted_has_a_claim",
            ),
        ]
        triggers = never_changes()

    def __str__(self) -> str:
        return self.typed
