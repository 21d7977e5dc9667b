"""Invitations to an account's team, and what its people did."""

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Self

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from partners.models.accounts import Account
from partners.roles import Role
from portal.lib.refs import RefField
from portal.lib.triggers import fixed_once_written, never_changes

if TYPE_CHECKING:
    from portal.models import User


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def in_account(self, account: Account) -> Self:
        return self.filter(account=account)

    def unanswered(self) -> Self:
        """Neither accepted nor revoked; maybe expired."""
        return self.filter(accepted_at__isnull=True, revoked_at__isnull=True)

    def open(self, at: datetime) -> Self:
        """Can be accepted at that time."""
        return self.unanswered().filter(expires_at__gt=at)

    def proved_by(self, user: "User") -> Self:
        """To an address that this person has shown to be theirs."""
        proved = EmailAddress.objects.filter(user=user, verified=True)
        return self.alias(low=Lower("email")).filter(low__in=proved.values(low=Lower("email")))


class Invitation(models.Model):
    """A seat offered to whoever proves that an address is theirs. Accepted once, till it expires.

    Its link carries no secret: what opens the seat is being signed in with that address verified.
    """

    ref = RefField()
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail"), max_length=254)
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)
    invited_at = models.DateTimeField(_("invited at"))
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    sent_at = models.DateTimeField(_("last sent at"))
    times_sent = models.PositiveSmallIntegerField(_("times sent"), default=1)
    expires_at = models.DateTimeField(_("expires at"))
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    objects: ClassVar[InvitationQuerySet] = InvitationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ("-sent_at", "-id")
        constraints = [
            models.UniqueConstraint(
                "account",
                Lower("email"),
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="one_invitation_unanswered",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="invitation_accepted_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(revoked_at__isnull=True),
                name="invitation_accepted_or_revoked",
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="invitation_role_known"),
        ]
        indexes = [
            models.Index(
                Lower("email"),
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="invitation_unanswered_by_email",
            )
        ]
        triggers = fixed_once_written("ref", "account", "email", "role", "invited_at", "invited_by")

    def __str__(self) -> str:
        return f"{self.email} · {self.account}"


class Activity(models.Model):
    """Something that was done in an account, told in the words of its kind."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="activities")
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        help_text=_("empty: the portal itself"),
    )
    kind = models.CharField(_("kind"), max_length=40)
    details = models.JSONField(_("details"), default=dict)

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ("-at", "-id")
        indexes = [models.Index(fields=["account", "-at", "-id"], name="activity_by_account")]
        triggers = never_changes()

    def __str__(self) -> str:
        return f"{self.kind} · {self.account}"
