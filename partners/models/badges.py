"""Badges that staff have taken away, and given back."""

from typing import ClassVar, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partners.models.accounts import Account
from portal.lib.triggers import fixed_once_written

REASON_LENGTH = 300


class BadgeRevocationQuerySet(models.QuerySet["BadgeRevocation"]):
    def in_force(self) -> Self:
        """Nobody has lifted them."""
        return self.filter(lifted_at__isnull=True)


class BadgeRevocation(models.Model):
    """An account may not show its badge: who said so, when and why. Lifted once, by somebody too.

    The rank stays what the points say; it is the showing of it that ends.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="badge_revocations")
    reason = models.CharField(_("reason"), max_length=REASON_LENGTH)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("revoked by"),
    )
    revoked_at = models.DateTimeField(_("revoked at"))
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("lifted by"),
    )
    lifted_at = models.DateTimeField(_("lifted at"), null=True, blank=True)
    lifted_because = models.CharField(_("lifted because"), max_length=REASON_LENGTH, blank=True)

    objects: ClassVar[BadgeRevocationQuerySet] = BadgeRevocationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("revoked badge")
        verbose_name_plural = _("revoked badges")
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(lifted_at__isnull=True),
                name="one_revocation_in_force",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="badge_revoked_for_a_reason"),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True, lifted_because="")
                | Q(~Q(lifted_because=""), lifted_at__isnull=False, lifted_by__isnull=False),
                name="revocation_lifted_by_somebody",
            ),
        ]
        triggers = [
            *fixed_once_written("account", "reason", "revoked_by", "revoked_at"),
            pgtrigger.Protect(
                name="lifted_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__lifted_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} ({self.revoked_at:%Y-%m-%d})"
