"""The partner programme: its years, their values and ranks, and who has joined."""

from typing import ClassVar, Self

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from partners.models.accounts import Account
from partners.rules import Relation
from portal.lib.history import tracked
from portal.lib.triggers import never_changes


@tracked()
class ProgrammeTerms(models.Model):
    """A version of the terms a partner accepts when joining."""

    version = models.CharField(_("version"), max_length=20, unique=True)
    in_force_from = models.DateField(_("in force from"), unique=True)
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("programme terms")
        verbose_name_plural = _("programme terms")
        ordering = ("-in_force_from",)

    def __str__(self) -> str:
        return self.version


@tracked()
class Programme(models.Model):
    """The programme as a whole: one row. Nobody can join before `opens_on`."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    opens_on = models.DateField(_("opens on"))

    class Meta:
        verbose_name = _("programme")
        verbose_name_plural = _("programme")
        constraints = [models.CheckConstraint(condition=Q(id=1), name="programme_single_row")]

    def __str__(self) -> str:
        return str(_("Programme"))


class ProgrammeYearQuerySet(models.QuerySet["ProgrammeYear"]):
    def open(self) -> Self:
        """Years whose ranks are not final yet: points still land in them."""
        return self.filter(closed_at__isnull=True)


@tracked()
class ProgrammeYear(models.Model):
    """A calendar year with its own point values, ranks and waiting period."""

    year = models.PositiveSmallIntegerField(_("year"), primary_key=True)
    waiting_days = models.PositiveSmallIntegerField(
        _("waiting period"), help_text=_("days from an event to its points")
    )
    closes_on = models.DateField(_("closes on"), help_text=_("its ranks are final from this day"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True, editable=False)

    objects: ClassVar[ProgrammeYearQuerySet] = ProgrammeYearQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("programme year")
        verbose_name_plural = _("programme years")
        ordering = ("-year",)
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_on__year__gt=F("year")),
                name="programme_year_closes_after_it",
            )
        ]

    def __str__(self) -> str:
        return str(self.year)


@tracked()
class Rank(models.Model):
    """A step of the ladder in one programme year, reached with `threshold_points`."""

    programme_year = models.ForeignKey(
        ProgrammeYear, on_delete=models.PROTECT, related_name="ranks"
    )
    level = models.PositiveSmallIntegerField(_("level"), help_text=_("1 is where everyone starts"))
    name = models.CharField(_("name"), max_length=40)
    threshold_points = models.PositiveIntegerField(_("points needed"))
    benefits = models.TextField(_("benefits"), blank=True, help_text=_("one a line"))

    class Meta:
        verbose_name = _("rank")
        verbose_name_plural = _("ranks")
        ordering = ("programme_year", "level")
        constraints = [
            models.UniqueConstraint(fields=["programme_year", "level"], name="rank_level_unique"),
            models.UniqueConstraint(
                fields=["programme_year", "threshold_points"],
                name="rank_threshold_unique",
            ),
            models.CheckConstraint(
                condition=Q(level=1, threshold_points=0) | Q(level__gt=1, threshold_points__gt=0),
                name="rank_ladder_starts_at_zero",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="ladder_goes_up",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                timing=pgtrigger.Deferred,
                func="""
                    IF EXISTS (SELECT FROM partners_rank above
                                 JOIN partners_rank below USING (programme_year_id)
                                WHERE programme_year_id = NEW.programme_year_id
                                  AND above.level > below.level
                                  AND above.threshold_points <= below.threshold_points) THEN
                        RAISE EXCEPTION 'each rank needs more points than the one below it';
                    END IF;
                    RETURN NULL;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.programme_year_id})"

    @property
    def each_benefit(self) -> tuple[str, ...]:
        """The benefits one by one."""
        return tuple(line for line in map(str.strip, self.benefits.splitlines()) if line)


@tracked()
class PointValue(models.Model):
    """What one credited site is worth in a year: by relation, and by product where one differs.

    An empty `product_code` is the value of every product that has no row of its own.
    """

    programme_year = models.ForeignKey(
        ProgrammeYear, on_delete=models.PROTECT, related_name="point_values"
    )
    relation = models.CharField(
        _("relation"), max_length=16, choices=[(r.value, r.value) for r in Relation]
    )
    product_code = models.CharField(_("product"), max_length=64, blank=True)
    points = models.PositiveIntegerField(_("points"))

    class Meta:
        verbose_name = _("point value")
        verbose_name_plural = _("point values")
        ordering = ("programme_year", "relation", "product_code")
        constraints = [
            models.UniqueConstraint(
                fields=["programme_year", "relation", "product_code"],
                name="point_value_unique",
            ),
            models.CheckConstraint(
                condition=Q(relation__in=[r.value for r in Relation]),
                name="point_value_relation_known",
            ),
            models.CheckConstraint(condition=Q(points__gt=0), name="point_value_positive"),
        ]

    def __str__(self) -> str:
        what = self.product_code or _("any product")
        return f"{self.programme_year_id} · {self.relation} · {what}: {self.points}"


class Enrolment(models.Model):
    """The fact that an account joined: who clicked, when, and under which terms."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="enrolment")
    enrolled_at = models.DateTimeField(_("joined at"))
    enrolled_on = models.DateField(_("joined on"))
    enrolled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    terms = models.ForeignKey(ProgrammeTerms, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        triggers = never_changes()

    def __str__(self) -> str:
        return f"{self.account} ({self.enrolled_on:%Y-%m-%d})"


class Standing(models.Model):
    """An account's points in a year, kept by the ledger's own trigger; nobody writes it by hand.

    `final_level` is the rank fixed when the year closed.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="standings")
    programme_year = models.ForeignKey(
        ProgrammeYear, on_delete=models.PROTECT, related_name="standings"
    )
    points = models.IntegerField(_("points"), default=0)
    final_level = models.PositiveSmallIntegerField(_("final level"), null=True, blank=True)

    class Meta:
        verbose_name = _("standing")
        verbose_name_plural = _("standings")
        constraints = [
            models.UniqueConstraint(fields=["account", "programme_year"], name="standing_unique")
        ]
        indexes = [models.Index(fields=["programme_year", "-points"], name="standing_by_points")]

        triggers = [
            pgtrigger.Protect(
                name="points_kept_by_the_ledger",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.points IS DISTINCT FROM NEW.points AND pg_trigger_depth() = 0"
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.account} · {self.programme_year_id}: {self.points}"
