"""Sites, and the accounts that contribute to them."""

from typing import ClassVar, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from partners.models.accounts import Account
from portal.lib import clock
from portal.lib.history import tracked
from portal.lib.ranges import DateSpan, Same
from portal.lib.refs import RefField


class SiteQuerySet(models.QuerySet["Site"]):
    def in_account(self, account: Account) -> Self:
        """The sites that sit in this account now."""
        return self.filter(account=account)


@tracked(inserts=False)
class Site(models.Model):
    """A website, in one account at a time. `address` is normalised: host and path, no scheme."""

    ref = RefField()
    platform_ref = models.CharField(
        _("platform's reference"), max_length=64, null=True, blank=True, unique=True
    )
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="sites")
    address = models.CharField(_("address"), max_length=253, unique=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: ClassVar[SiteQuerySet] = SiteQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        ordering = ("address",)
        constraints = [
            models.CheckConstraint(
                condition=Q(address__regex=r"^[^A-Z\s/:?#]+(/[^\s?#]*[^\s?#/])?$"),
                name="site_address_normalised",
            )
        ]
        indexes = [models.Index(fields=["account", "address"], name="site_by_account")]

    def __str__(self) -> str:
        return self.address


@tracked(inserts=False)
class Contributor(models.Model):
    """An account that works on a site which sits in another account, from a day to a day."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="contributions")
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="contributors")
    from_on = models.DateField(_("from"))
    to_on = models.DateField(_("until"), null=True, blank=True, help_text=_("last day, inclusive"))

    class Meta:
        verbose_name = _("contributor")
        verbose_name_plural = _("contributors")
        ordering = ("site", "from_on")
        constraints = [
            models.CheckConstraint(
                condition=Q(to_on__isnull=True) | Q(to_on__gte=F("from_on")),
                name="contributor_dates_in_order",
            ),
            ExclusionConstraint(
                name="contributor_spells_do_not_overlap",
                expressions=[
                    (Same("account"), RangeOperators.OVERLAPS),
                    (Same("site"), RangeOperators.OVERLAPS),
                    (
                        DateSpan("from_on", "to_on", bounds="[]"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} → {self.site}"


class ContributorApproval(models.Model):
    """The client's word that an account worked on a site: what lets a contributor earn points.

    Granted and ended by the claims app. It counts for events from 1 January of `from_year` on,
    with no end: who worked on a site keeps its renewals.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="approvals")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="approvals")
    from_year = models.PositiveSmallIntegerField(_("counts from year"))
    approved_on = models.DateField(_("approved on"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True)

    class Meta:
        verbose_name = _("contributor approval")
        verbose_name_plural = _("contributor approvals")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "site"],
                condition=Q(ended_on__isnull=True),
                name="one_approval_in_force",
            )
        ]
        indexes = [
            models.Index(
                fields=["site"],
                condition=Q(ended_on__isnull=True),
                name="approval_in_force_by_site",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account} → {self.site} ({self.from_year})"
