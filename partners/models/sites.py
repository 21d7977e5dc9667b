"""Sites, the accounts they were in, and those that contribute to them."""

from typing import ClassVar, Self

import pgtrigger
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
from portal.lib.triggers import never_changes


class SiteQuerySet(models.QuerySet["Site"]):
    def in_account(self, account: Account) -> Self:
        """The sites that sit in this account now."""
        return self.filter(account=account)


@tracked(inserts=False)
class Site(models.Model):
    """A website, in one account at a time. `address` is normalised: host and path, no scheme.

    It goes to another account by a `SiteMove` and in no other way.
    """

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
        triggers = [
            pgtrigger.Protect(
                name="moves_by_a_move",
                operation=pgtrigger.UpdateOf("account_id"),
                condition=pgtrigger.Condition(
                    "OLD.account_id IS DISTINCT FROM NEW.account_id AND pg_trigger_depth() = 0"
                ),
            )
        ]

    def __str__(self) -> str:
        return self.address


class SiteMove(models.Model):
    """A site went from one account to another, whose it is from that day on.

    Inserting one moves the site, whoever inserts. The moves of a site follow one another, so that
    they tell who held it on any day: whom the first move after that day took it from, or else who
    has it now.
    """

    # No index of its own: the one of Meta begins with it.
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="moves", db_index=False)
    from_account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="sites_given", verbose_name=_("from")
    )
    to_account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="sites_taken", verbose_name=_("to")
    )
    moved_on = models.DateField(_("moved on"))
    recorded_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("site move")
        verbose_name_plural = _("site moves")
        ordering = ("-moved_on", "-id")
        constraints = [
            models.CheckConstraint(
                condition=~Q(from_account=F("to_account")), name="site_moves_elsewhere"
            )
        ]
        indexes = [models.Index(fields=["site", "moved_on", "id"], name="move_by_site")]
        triggers = [
            *never_changes(),
            pgtrigger.Trigger(
                name="move_the_site",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func="""
                    UPDATE partners_site SET account_id = NEW.to_account_id
                     WHERE id = NEW.site_id AND account_id = NEW.from_account_id
                       AND NOT EXISTS (SELECT FROM partners_sitemove later
                                        WHERE later.site_id = NEW.site_id
                                          AND later.moved_on > NEW.moved_on);
                    IF NOT FOUND THEN
                        RAISE EXCEPTION 'a move goes on from where the last one ended';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.site} → {self.to_account} ({self.moved_on:%Y-%m-%d})"


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
