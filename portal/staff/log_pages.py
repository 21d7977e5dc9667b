"""The history log in the admin: every tracked change, looked for by who, what, when and where."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.dateparse import parse_datetime
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from portal.lib import clock
from portal.lib.csv import csv_response
from portal.models import HistoryEntry, User
from portal.staff.admins import ReadOnlyAdmin
from portal.staff.log import Place, Wanted, page, pages, tracked_models
from portal.staff.logged import Entry, entries
from portal.staff.site import admin_site

PAGE_SIZE = 50
EXPORTED_AT_MOST = 10_000
EXPORTED_AT_ONCE = 2_000
CSV_HEADER = ("at", "person", "address", "kind", "number", "name", "what", "changes", "reason")


class LogForm(forms.Form):
    """Which changes to show; what is left empty is any."""

    person = forms.EmailField(
        label=_("Person’s e-mail"), required=False, widget=UnfoldAdminTextInputWidget
    )
    model = forms.ChoiceField(label=_("Kind"), required=False, widget=UnfoldAdminSelectWidget)
    row = forms.IntegerField(
        label=_("Its number"),
        required=False,
        min_value=1,
        max_value=2**63 - 1,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    first_on = forms.DateField(
        label=_("From day"),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
    )
    last_on = forms.DateField(
        label=_("To day"),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
    )
    where = forms.CharField(
        label=_("Address contains"),
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [
            (label, capfirst(str(model._meta.verbose_name)))  # noqa: SLF001
            for label, model in tracked_models().items()
        ]
        kind: Any = self.fields["model"]
        kind.choices = [("", _("any")), *sorted(kinds, key=lambda choice: choice[1])]

    def clean_person(self) -> int | None:
        typed = self.cleaned_data["person"]
        if not typed:
            return None
        found = User.objects.filter(email__iexact=typed).values_list("pk", flat=True).first()
        if found is None:
            raise forms.ValidationError(_("Nobody signs in with this address. Check its spelling."))
        return found

    def wanted(self) -> Wanted:
        return Wanted(**self.cleaned_data)


@admin.register(HistoryEntry, site=admin_site)
class HistoryLogAdmin(ReadOnlyAdmin):
    """One page instead of a list and rows: the rows stand in the tables of the tracked models."""

    def get_urls(self) -> list[URLPattern]:
        guard = self.admin_site.admin_view
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("", guard(self.log), name=f"{name}_changelist"),
            path("csv/", guard(self.csv), name=f"{name}_csv"),
        ]

    def log(self, request: HttpRequest) -> HttpResponse:
        """A page of what was asked for, the newest first."""
        form = self._asked(request)
        after = _place(request.GET)
        found = page(form.wanted(), after=after, size=PAGE_SIZE + 1) if form.is_valid() else []
        shown = found[:PAGE_SIZE]
        context = {
            **self.admin_site.each_context(request),
            "title": self.opts.verbose_name_plural,
            "opts": self.opts,
            "form": form,
            "entries": entries(shown),
            "asked": _query(request.GET),
            "older": _query(request.GET, shown[-1].place) if len(found) > PAGE_SIZE else "",
            "is_first": after is None,
            "exported_at_most": EXPORTED_AT_MOST,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "staff/log.html", context)

    def csv(self, request: HttpRequest) -> HttpResponseBase:
        """The newest of what was asked for, as far as EXPORTED_AT_MOST."""
        form = self._asked(request)
        if not form.is_valid():
            return redirect(f"../?{request.GET.urlencode()}")
        return csv_response(f"history-{clock.today()}.csv", CSV_HEADER, _csv_rows(form.wanted()))

    def _asked(self, request: HttpRequest) -> LogForm:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return LogForm(request.GET)


def _place(asked: QueryDict) -> Place | None:
    """Where the page before ended; the log's beginning if the address says nothing readable."""
    written, model, number = (asked.get(name, "") for name in ("at", "of", "no"))
    try:
        at = parse_datetime(written)
    except ValueError:
        return None
    if at is None or at.tzinfo is None or model not in tracked_models() or not number.isdigit():
        return None
    return Place(at, model, int(number))


def _query(asked: QueryDict, after: Place | None = None) -> str:
    """The address of the same question, from its beginning or after a place."""
    query = asked.copy()
    for name in ("at", "of", "no"):
        query.pop(name, None)
    if after:
        query.update({"at": after.at.isoformat(), "of": after.model, "no": str(after.id)})
    return query.urlencode()


def _csv_rows(wanted: Wanted) -> Iterator[tuple[Any, ...]]:
    for found in pages(wanted, size=EXPORTED_AT_ONCE, at_most=EXPORTED_AT_MOST):
        for entry in entries(found):
            yield (
                entry.at.isoformat(),
                entry.who,
                entry.where,
                entry.kind,
                entry.row,
                entry.name,
                entry.what,
                _in_a_cell(entry),
                entry.why,
            )


def _in_a_cell(entry: Entry) -> str:
    return "; ".join(f"{field.name}: {field.before} → {field.after}" for field in entry.fields)
