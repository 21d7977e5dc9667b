"""What people want to be told of an account, and what they were told last."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from partners.models.accounts import Account, Membership
from portal.lib.triggers import never_changes


class Choice(models.TextChoices):
    """Whether, or how often, somebody is told of something."""

    ON = "on", _("On")
    OFF = "off", _("Off")
    DAILY = "daily", _("Each day on which something landed")
    WEEKLY = "weekly", _("On Mondays, for the week before")


class NotificationChoice(models.Model):
    """What somebody chose to be told of an account, where that is not the default.

    It outlives their seat: who has unsubscribed, left, and been invited again stays unsubscribed.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_choices"
    )
    # No index of its own: the constraint begins with it.
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(_("kind"), max_length=32)
    choice = models.CharField(_("choice"), max_length=16, choices=Choice.choices)
    chosen_at = models.DateTimeField(_("chosen at"))

    class Meta:
        verbose_name = _("notification choice")
        verbose_name_plural = _("notification choices")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "user", "kind"], name="notification_choice_unique"
            ),
            models.CheckConstraint(
                condition=Q(choice__in=Choice.values), name="notification_choice_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.account} · {self.kind}: {self.choice}"


class PointsTold(models.Model):
    """Up to which line of the ledger a seat has been told what landed, and on which day."""

    seat = models.OneToOneField(Membership, on_delete=models.CASCADE, related_name="points_told")
    up_to = models.BigIntegerField(_("up to line"))
    told_on = models.DateField(_("told on"))

    class Meta:
        verbose_name = _("points told")
        verbose_name_plural = _("points told")

    def __str__(self) -> str:
        return f"{self.seat} · {self.told_on:%Y-%m-%d}"


class RankChange(models.Model):
    """A change of the rank held that an account was told of; the latest says what it knows."""

    # No index of its own: one of Meta begins with it.
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="rank_changes", db_index=False
    )
    told_on = models.DateField(_("told on"))
    level_before = models.PositiveSmallIntegerField(_("level before"))
    level = models.PositiveSmallIntegerField(_("level"))
    earned_in = models.PositiveSmallIntegerField(
        _("earned in"), null=True, help_text=_("empty: the rank everyone starts with")
    )

    class Meta:
        verbose_name = _("rank change")
        verbose_name_plural = _("rank changes")
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                condition=~Q(level=F("level_before")), name="rank_change_is_one"
            ),
        ]
        indexes = [models.Index(fields=["account", "-id"], name="rank_change_by_account")]
        triggers = never_changes()

    def __str__(self) -> str:
        return f"{self.account}: {self.level_before} → {self.level}"
