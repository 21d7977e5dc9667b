"""How claims end: what the client answered, what staff put right, what the partner took back."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from claims.models.claims import Claim
from portal.lib import clock
from portal.lib.triggers import never_changes


class Verdict(models.TextChoices):
    APPROVE = "approve", _("Yes, they worked on this site")
    DECLINE = "decline", _("No, I don’t confirm this")


class DeclineReason(models.TextChoices):
    UNKNOWN_PARTNER = "unknown_partner", _("I don’t know them")
    DID_NOT_WORK = "did_not_work", _("They didn’t work on this site")
    WRONG_SITE = "wrong_site", _("It’s the wrong site")
    ABUSE = "abuse", _("This looks like abuse – please look into it")
    OTHER = "other", _("Another reason")


class Answer(models.Model):
    """What a person answered, under the name they typed. Changing one's mind adds another.

    The one in force is the one with the highest ordinal.
    """

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="answers")
    ordinal = models.PositiveSmallIntegerField()
    verdict = models.CharField(_("answer"), max_length=16, choices=Verdict.choices)
    reason = models.CharField(_("reason"), max_length=24, choices=DeclineReason.choices, blank=True)
    comment = models.TextField(_("comment"), max_length=1000, blank=True)
    answered_by = models.CharField(_("answered by"), max_length=120)
    answered_at = models.DateTimeField(_("answered at"))
    answered_on = models.DateField(_("answered on"))
    ip_address = models.GenericIPAddressField(_("network address"), null=True, blank=True)
    user_agent = models.CharField(_("browser"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        ordering = ("claim", "-ordinal")
        constraints = [
            models.UniqueConstraint(fields=["claim", "ordinal"], name="answer_ordinal_unique"),
            models.CheckConstraint(condition=~Q(answered_by=""), name="answer_has_a_name"),
            models.CheckConstraint(
                name="decline_has_a_reason",
                condition=Q(verdict=Verdict.APPROVE, reason="")
                | (Q(verdict=Verdict.DECLINE) & ~Q(reason="")),
            ),
        ]
        indexes = [models.Index(fields=["answered_at"], name="answer_by_time")]
        triggers = never_changes()

    def __str__(self) -> str:
        return f"{self.claim}: {self.get_verdict_display()}"


class Withdrawal(models.Model):
    """The partner took the claim back."""

    claim = models.OneToOneField(Claim, on_delete=models.PROTECT, related_name="withdrawal")
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"))

    class Meta:
        verbose_name = _("withdrawal")
        verbose_name_plural = _("withdrawals")
        triggers = never_changes()

    def __str__(self) -> str:
        return str(self.claim)


class Reinstatement(models.Model):
    """Staff put a wrong decline right: who, when and why."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="reinstatements")
    answer = models.OneToOneField(Answer, on_delete=models.PROTECT, related_name="reinstatement")
    reason = models.CharField(_("reason"), max_length=300)
    reinstated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    reinstated_at = models.DateTimeField(_("reinstated at"), default=clock.now)

    class Meta:
        verbose_name = _("reinstatement")
        verbose_name_plural = _("reinstatements")
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="reinstatement_has_a_reason")
        ]
        triggers = never_changes()

    def __str__(self) -> str:
        return str(self.claim)
