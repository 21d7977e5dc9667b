"""Decisions staff take on one or many rows: a page that asks, and says for each what came of it."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

import pghistory
from django import forms
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from portal.staff.admins import StaffAdmin
from portal.staff.identity import confirm_identity

AT_ONCE = 200
# What the forms of decisions call the reason given.
REASONS = ("reason", "why", "because", "note")


class WhyForm(forms.Form):
    """Why it is decided so, where nobody outside of the team is told."""

    why = forms.CharField(
        label=_lazy("Why?"),
        help_text=_lazy("For your colleagues. Kept with your name."),
        max_length=300,
        widget=UnfoldAdminTextInputWidget,
    )


class RefusedError(Exception):
    """This row was left as it is; the words say why."""


class Decision:
    """A decision, asked for on its own page (`…/<name>/?row=1&row=2`) and taken row by row.

    A row that refuses does not keep the others from being decided.
    """

    name: ClassVar[str]
    permission: ClassVar[str]
    title: ClassVar[Any]
    words: ClassVar[Any]
    button: ClassVar[Any]
    form_class: ClassVar[type[forms.Form]] = forms.Form
    select_related: ClassVar[Sequence[str]] = ()
    # Whether who decides shows again who they are: for what pays, gives or opens something.
    confirms_identity: ClassVar[bool] = False

    def decide(self, request: HttpRequest, row: Any, cleaned: dict[str, Any]) -> str:
        """Do it, and say what came of it. Raises RefusedError."""
        raise NotImplementedError

    def describe(self, row: Any) -> str:
        return str(row)

    def ready(self, _row: Any) -> bool:
        """Whether the row still waits for this decision."""
        return True

    def seen(self, _row: Any) -> str:
        """What the page shows of a row and whoever decides counts on.

        It comes back with what is typed, as `cleaned["seen"]`: `decide` refuses a row that is not
        as it was shown, be it that somebody else was faster or that the form was sent twice.
        """
        return ""

    def consequences(self, _rows: Sequence[Any]) -> dict[int, list[str]]:
        """What would follow for each row, by its id; must not write."""
        return {}

    # --- The page --------------------------------------------------------------------------------

    def url(self, admin: ModelAdmin, rows: Sequence[Any]) -> str:
        query = QueryDict(mutable=True)
        query.setlist("row", [str(pk) for pk in rows[:AT_ONCE]])
        path = f"admin:{admin.opts.app_label}_{admin.opts.model_name}_{self.name}"
        return f"{reverse(path)}?{query.urlencode()}"

    def ask(self, admin: ModelAdmin, request: HttpRequest, chosen: QuerySet) -> HttpResponse:
        """From a list's action to the page."""
        rows = list(chosen.values_list("pk", flat=True)[: AT_ONCE + 1])
        if len(rows) > AT_ONCE:
            messages.warning(
                request, _("Only the first %(number)d are taken at once.") % {"number": AT_ONCE}
            )
        return redirect(self.url(admin, rows))

    def page(self, admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
        """GET asks, POST decides; what was typed stays when something is missing."""
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        if self.confirms_identity:
            confirm_identity(request)
        rows = self._rows(admin, request)
        form = self.form_class(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            pghistory.context(why=_why(form))  # kept with every change that follows
            self._decide_all(request, rows, form.cleaned_data)
            return self.leave(admin, rows)
        follows = self.consequences(rows)
        context = {
            **admin.admin_site.each_context(request),
            "title": self.title,
            "opts": admin.opts,
            "decision": self,
            "form": form,
            "rows": [
                (row, self.describe(row), self.ready(row), follows.get(row.pk, []), self.seen(row))
                for row in rows
            ],
            "waiting": sum(self.ready(row) for row in rows),
        }
        request.current_app = admin.admin_site.name
        return TemplateResponse(request, "staff/decision.html", context)

    def _rows(self, admin: ModelAdmin, request: HttpRequest) -> list[Model]:
        """Those the address names, or the page sent: allauth resumes no POST that has a query."""
        asked = request.GET.getlist("row") or request.POST.getlist("row")
        named = [pk for pk in asked if pk.isdigit()][:AT_ONCE]
        found = admin.get_queryset(request).filter(pk__in=named)
        return list(found.select_related(*self.select_related).order_by("pk"))

    def _decide_all(
        self, request: HttpRequest, rows: Sequence[Model], cleaned: dict[str, Any]
    ) -> None:
        for row in rows:
            shown = request.POST.get(f"seen-{row.pk}", "")
            try:
                messages.success(request, self.decide(request, row, {**cleaned, "seen": shown}))
            except RefusedError as refusal:
                messages.warning(request, str(refusal))

    def leave(self, admin: ModelAdmin, rows: Sequence[Any]) -> HttpResponseRedirect:
        """One row: to its page, if it is still there. Several: to the list they came from."""
        base = f"admin:{admin.opts.app_label}_{admin.opts.model_name}"
        if len(rows) == 1 and QuerySet(admin.model).filter(pk=rows[0].pk).exists():
            return redirect(f"{base}_change", rows[0].pk)
        return redirect(f"{base}_changelist")


def _why(form: forms.Form) -> str:
    """The reason a form was given, in words; nothing where it asks for none."""
    given = [name for name in REASONS if form.cleaned_data.get(name)]
    return " – ".join(_in_words(form.fields[name], form.cleaned_data[name]) for name in given)


def _in_words(field: forms.Field, value: Any) -> str:
    return str(dict(getattr(field, "choices", ())).get(value, value))


class DecidingAdmin(StaffAdmin):
    """An admin whose decisions have pages of their own beside the list."""

    decisions: ClassVar[Sequence[Decision]] = ()

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path(
                f"{decision.name.replace('_', '-')}/",
                self.admin_site.admin_view(partial(decision.page, self)),
                name=f"{self.opts.app_label}_{self.opts.model_name}_{decision.name}",
            )
            for decision in self.decisions
        ]
        return [*pages, *super().get_urls()]
