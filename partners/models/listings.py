"""Listings: who is, or was, in the marketplace's public directory."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partners.models.accounts import Account
from portal.lib.history import tracked
from portal.lib.triggers import fixed_once_written


class RemovalReason(models.TextChoices):
    """Only failing the standards removes a listing; a rank that falls does not."""

    UNTRUE = "untrue", _("The profile says what is not so")
    NOT_THEIRS = "not_theirs", _("Words or pictures that are not theirs to use")
    UNREACHABLE = "unreachable", _("Requests are not answered")
    UNFAIR = "unfair", _("Misleading customers, or unfair to others")
    LAW = "law", _("Something the law forbids")


class ListingQuerySet(models.QuerySet["Listing"]):
    def in_force(self) -> Self:
        return self.filter(removed_at__isnull=True)


@tracked()
class Listing(models.Model):
    """An account in the public directory, from the day it was listed until it is removed."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="listings")
    application = models.OneToOneField(
        "partners.Application",
        on_delete=models.PROTECT,
        related_name="listing",
        null=True,
        blank=True,
        help_text=_("empty: listed again by staff"),
    )
    listed_at = models.DateTimeField(_("listed at"))
    listed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    removed_for = models.CharField(
        _("removed because"), max_length=16, choices=RemovalReason.choices, blank=True
    )
    removal_note = models.CharField(_("note"), max_length=600, blank=True)

    objects: ClassVar[ListingQuerySet] = ListingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("listing")
        verbose_name_plural = _("listings")
        ordering = ("-listed_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(removed_at__isnull=True),
                name="one_listing_in_force",
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None, removed_by=None, removed_for="", removal_note="")
                | Q(
                    removed_at__isnull=False,
                    removed_by__isnull=False,
                    removed_for__in=RemovalReason.values,
                ),
                name="removal_is_recorded_whole",
            ),
        ]
        triggers = fixed_once_written("account", "application", "listed_at", "listed_by")

    def __str__(self) -> str:
        return str(self.account)
