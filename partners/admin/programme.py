"""What staff decide about the programme: its opening, its terms, its years."""

from itertools import pairwise
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import TextField
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from partners.actions.points import move_due
from partners.admin.closing import FinalRanks, closing_section
from partners.admin.dry_run import DryRun, dry_run_sections
from partners.models import (
    Enrolment,
    PointsEntry,
    PointValue,
    Programme,
    ProgrammeTerms,
    ProgrammeYear,
    Rank,
)
from portal.lib import clock
from portal.staff.admins import EditableInline, KeptAdmin, Section
from portal.staff.forms import FixedOnceUsedForm
from portal.staff.previews import PreviewedAdmin, Typed
from portal.staff.site import admin_site


class PointValueForm(FixedOnceUsedForm):
    """Ledger lines name the value they were made under, so it must stay what it was."""

    fixed = ("relation", "product_code", "points")
    refusal = _("Points were credited under this value already, so it stays as it is.")

    def is_used(self) -> bool:
        return PointsEntry.objects.filter(rule=self.instance).exists()


class _UntilClosed(EditableInline):
    """Editable until the year is closed: from then on its ranks are final."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_open(obj) and bool(super().has_add_permission(request, obj))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_open(obj) and bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_open(obj) and bool(super().has_delete_permission(request, obj))

    @staticmethod
    def _is_open(year: Any) -> bool:
        return not (isinstance(year, ProgrammeYear) and year.closed_at)


class Ladder(BaseInlineFormSet):
    """The ranks of a year: each level needs more points than the one below it."""

    def clean(self) -> None:
        super().clean()
        steps = sorted(
            (form.cleaned_data["level"], form.cleaned_data["threshold_points"])
            for form in self.forms
            if {"level", "threshold_points"} <= form.cleaned_data.keys()
            and not form.cleaned_data.get("DELETE")
        )
        thresholds = [points for _level, points in steps]
        if any(above <= below for below, above in pairwise(thresholds)):
            raise ValidationError(_("Each rank needs more points than the one below it."))


class RankInline(_UntilClosed):
    model = Rank
    formset = Ladder
    formfield_overrides = {
        TextField: {"widget": UnfoldAdminTextareaWidget(attrs={"rows": 3, "class": "staff-short"})}
    }
    fields = ("level", "name", "threshold_points", "benefits")


class PointValueInline(_UntilClosed):
    model = PointValue
    form = PointValueForm
    fields = ("relation", "product_code", "points")


@admin.register(ProgrammeYear, site=admin_site)
class ProgrammeYearAdmin(PreviewedAdmin):
    """A year with its ranks and point values; nothing of a closed year can be changed."""

    list_display = ("year", "waiting_days", "closes_on", "is_closed")
    fields = ("year", ("waiting_days", "closes_on"), "closed_at")
    inlines = (RankInline, PointValueInline)
    history_below = ((Rank, "programme_year_id"), (PointValue, "programme_year_id"))
    dry_run, final_ranks = DryRun(), FinalRanks()

    def get_preview(self, typed: Typed) -> list[Section]:
        return dry_run_sections(typed)

    def get_sections(self, request: HttpRequest, row: ProgrammeYear) -> list[Section]:
        """What closing fixes, and the history."""
        return [closing_section(row), *super().get_sections(request, row)]

    def get_urls(self) -> list[URLPattern]:
        return [*self.dry_run.urls(self), *self.final_ranks.urls(self), *super().get_urls()]

    def save_model(
        self, request: HttpRequest, obj: ProgrammeYear, form: ModelForm, change: Any
    ) -> None:
        """What is on its way lands as the waiting period now says."""
        super().save_model(request, obj, form, change)
        if change and "waiting_days" in form.changed_data:
            moved = move_due(obj.year, on=clock.today())
            words = ngettext(
                "%(n)s line on its way lands on another day now.",
                "%(n)s lines on their way land on another day now.",
                moved,
            )
            messages.info(request, words % {"n": moved})

    @display(description=_("closed"), boolean=True)
    def is_closed(self, year: ProgrammeYear) -> bool:
        return year.closed_at is not None

    def get_readonly_fields(
        self, request: HttpRequest, obj: ProgrammeYear | None = None
    ) -> tuple[str, ...]:
        return ("closed_at", "year") if obj else ("closed_at",)

    def has_change_permission(self, request: HttpRequest, obj: ProgrammeYear | None = None) -> bool:
        is_closed = obj is not None and obj.closed_at is not None
        return not is_closed and bool(super().has_change_permission(request, obj))


@admin.register(Programme, site=admin_site)
class ProgrammeAdmin(KeptAdmin):
    """The day from which accounts can join. There is one programme."""

    list_display = ("__str__", "opens_on")
    fields = ("opens_on",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        may = bool(super().has_add_permission(request))
        return may and not Programme.objects.exists()


class TermsForm(FixedOnceUsedForm):
    """Whoever accepted these terms accepted these words."""

    fixed = ("version", "in_force_from", "text")
    refusal = _("Partners have joined under these terms. Add a new version instead.")

    def is_used(self) -> bool:
        return Enrolment.objects.filter(terms=self.instance).exists()


@admin.register(ProgrammeTerms, site=admin_site)
class ProgrammeTermsAdmin(KeptAdmin):
    """Versions of what a partner accepts when joining."""

    form = TermsForm
    list_display = ("version", "in_force_from")
    fields = (("version", "in_force_from"), "text")
