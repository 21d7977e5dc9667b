"""Qualifying events, and the ledger of points that follow from them.

Events, voids and entries are written once; a correction is a new row. What is still to be decided
is a `PointsDue` row, so that the daily job costs what is due, not what has ever happened.
"""

from typing import ClassVar, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partners.models.accounts import Account
from partners.models.programme import PointValue, ProgrammeYear
from partners.models.sites import Site
from partners.rules import EventKind, Relation
from portal.lib import clock
from portal.lib.triggers import never_changes

RELATIONS = [
    (Relation.OWNER.value, _("owner")),
    (Relation.CONTRIBUTOR.value, _("contributor")),
]
EVENT_KINDS = [
    (EventKind.ACTIVATED.value, _("activated")),
    (EventKind.RENEWED.value, _("renewed")),
]


class QualifyingEvent(models.Model):
    """A site's premium plan was activated or renewed: the only source of points.

    `occurs_on` is the day the new service period starts, `paid_on` the day its money arrived
    (before or after). `source` names what it follows from and makes telling it twice harmless. Who
    held the site on that day is told by its moves (`SiteMove`), so that no move changes an event.
    """

    source = models.CharField(_("source"), max_length=80, unique=True)
    # No index of its own: the one of Meta begins with it.
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, related_name="qualifying_events", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=16, choices=EVENT_KINDS)
    occurs_on = models.DateField(_("date"))
    paid_on = models.DateField(_("paid on"))
    product_code = models.CharField(_("product"), max_length=64)
    recorded_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("qualifying event")
        verbose_name_plural = _("qualifying events")
        ordering = ("-occurs_on", "-id")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[k.value for k in EventKind]),
                name="event_kind_known",
            )
        ]
        indexes = [models.Index(fields=["site", "-occurs_on"], name="event_by_site")]
        triggers = never_changes()

    def __str__(self) -> str:
        return f"{self.site} · {self.get_kind_display()} · {self.occurs_on:%Y-%m-%d}"


class VoidReason(models.TextChoices):
    REFUND = "refund", _("refund")
    CHARGEBACK = "chargeback", _("chargeback")


class EventVoid(models.Model):
    """An event that no longer counts, because its money went back."""

    event = models.OneToOneField(QualifyingEvent, on_delete=models.PROTECT, related_name="void")
    reason = models.CharField(_("reason"), max_length=16, choices=VoidReason.choices)
    voided_on = models.DateField(_("voided on"))

    class Meta:
        verbose_name = _("voided event")
        verbose_name_plural = _("voided events")
        triggers = never_changes()

    def __str__(self) -> str:
        return f"{self.event} ({self.get_reason_display()})"


class PointsDue(models.Model):
    """Still to be decided: does this event bring this account points? Taken up on `due_on`."""

    # No index of their own: the constraint and one of Meta begin with each.
    event = models.ForeignKey(
        QualifyingEvent, on_delete=models.CASCADE, related_name="due", db_index=False
    )
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="points_due", db_index=False
    )
    relation = models.CharField(max_length=16, choices=RELATIONS)
    due_on = models.DateField()

    class Meta:
        verbose_name = _("points due")
        verbose_name_plural = _("points due")
        constraints = [
            models.UniqueConstraint(fields=["event", "account"], name="points_due_unique")
        ]
        indexes = [
            models.Index(fields=["due_on", "account"], name="points_due_by_day"),
            models.Index(fields=["account", "due_on"], name="points_due_by_account"),
        ]

    def __str__(self) -> str:
        return f"{self.account} · {self.event} · {self.due_on:%Y-%m-%d}"


class EntryKind(models.TextChoices):
    CREDIT = "credit", _("credit")
    REVERSAL = "reversal", _("reversal")
    ADJUSTMENT = "adjustment", _("adjustment")


class PointsEntryQuerySet(models.QuerySet["PointsEntry"]):
    def in_account(self, account: Account) -> Self:
        return self.filter(account=account)


class PointsEntry(models.Model):
    """One signed line of an account's ledger. Written once; the database refuses anything else.

    Inserting entries keeps two things in the same statement, whoever inserts: which credits are in
    force (so that one account can never earn a site twice in a year), and the account's standing.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="entries")
    programme_year = models.ForeignKey(
        ProgrammeYear, on_delete=models.PROTECT, related_name="entries"
    )
    kind = models.CharField(_("kind"), max_length=16, choices=EntryKind.choices)
    points = models.IntegerField(_("points"))
    credited_on = models.DateField(_("credited on"))
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, related_name="entries", null=True, blank=True
    )
    event = models.ForeignKey(
        QualifyingEvent,
        on_delete=models.PROTECT,
        related_name="entries",
        null=True,
        blank=True,
    )
    relation = models.CharField(_("relation"), max_length=16, choices=RELATIONS, blank=True)
    rule = models.ForeignKey(
        PointValue, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="reversal", null=True, blank=True
    )
    adjustment = models.OneToOneField(
        "partners.AdjustmentRequest",
        on_delete=models.PROTECT,
        related_name="entry",
        null=True,
        blank=True,
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects: ClassVar[PointsEntryQuerySet] = PointsEntryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("points entry")
        verbose_name_plural = _("points entries")
        ordering = ("-credited_on", "-id")
        constraints = [
            models.CheckConstraint(
                name="entry_is_whole",
                condition=(
                    Q(
                        kind=EntryKind.CREDIT,
                        points__gt=0,
                        site__isnull=False,
                        event__isnull=False,
                        rule__isnull=False,
                        reverses__isnull=True,
                        relation__in=[r.value for r in Relation],
                    )
                    | Q(kind=EntryKind.REVERSAL, points__lt=0, reverses__isnull=False)
                    | Q(
                        ~Q(points=0),
                        ~Q(note=""),
                        kind=EntryKind.ADJUSTMENT,
                        reverses__isnull=True,
                        entered_by__isnull=False,
                    )
                ),
            )
        ]
        indexes = [
            models.Index(
                fields=["account", "programme_year", "-credited_on", "-id"],
                name="entry_by_account",
            ),
            models.Index(fields=["credited_on", "account"], name="entry_by_day"),
        ]
        triggers = [
            *never_changes(),
            pgtrigger.Trigger(
                name="keep_credits_in_force",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_entries"),
                # The ledger is not looked through for a batch that reverses nothing of it.
                func="""
                    IF EXISTS (SELECT FROM new_entries WHERE kind = 'reversal') THEN
                        IF EXISTS (SELECT FROM new_entries n
                                     JOIN partners_pointsentry reversed
                                       ON reversed.id = n.reverses_id
                                    WHERE n.points <> -reversed.points
                                       OR n.account_id <> reversed.account_id
                                       OR n.programme_year_id <> reversed.programme_year_id) THEN
                            RAISE EXCEPTION
                                'a reversal takes back what was credited, no more or less';
                        END IF;
                        DELETE FROM partners_creditinforce c USING new_entries n
                         WHERE c.entry_id = n.reverses_id;
                    END IF;
                    INSERT INTO partners_creditinforce
                           (entry_id, account_id, site_id, programme_year_id, event_id)
                    SELECT id, account_id, site_id, programme_year_id, event_id
                      FROM new_entries WHERE kind = 'credit';
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="keep_standing",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_entries"),
                func="""
                    INSERT INTO partners_standing
                           (account_id, programme_year_id, points, final_level)
                    SELECT account_id, programme_year_id, sum(points),
                           -- Who had no line when the year closed was of the first rank.
                           CASE WHEN max(year.closed_at) IS NOT NULL THEN 1 END
                      FROM new_entries
                      JOIN partners_programmeyear year ON year.year = programme_year_id
                     GROUP BY 1, 2 ORDER BY 1, 2
                    ON CONFLICT (account_id, programme_year_id)
                    DO UPDATE SET points = partners_standing.points + excluded.points;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="adjusted_as_asked_for",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__adjustment__isnull=False),
                func="""
                    IF NOT EXISTS (SELECT FROM partners_adjustmentrequest asked
                                     LEFT JOIN partners_adjustmentdecision decided
                                       ON decided.request_id = asked.id
                                    WHERE asked.id = NEW.adjustment_id
                                      AND asked.account_id = NEW.account_id
                                      AND asked.programme_year_id = NEW.programme_year_id
                                      AND asked.points = NEW.points
                                      AND NEW.kind = 'adjustment'
                                      AND (NOT asked.needs_second_person
                                           OR decided.verdict = 'approved')) THEN
                        RAISE EXCEPTION 'points are adjusted as asked for and approved';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} · {self.points:+d} · {self.credited_on:%Y-%m-%d}"
