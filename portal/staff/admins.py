"""What the admin's pages are built from: lists that stay fast, rows that only show, and history."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise, cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from portal.staff.forms import StaffForm, words_for
from portal.staff.history import changes, is_tracked, versions_below, versions_of

ROWS_COUNTED = 10_000


class BoundedPaginator(Paginator):
    """Counts no further than anyone turns pages: beyond that, one searches."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        return rows.order_by()[:ROWS_COUNTED].count()


@dataclass(frozen=True, slots=True)
class Section:
    """A part of an object's page below its fields."""

    title: str | Promise
    template: str
    context: dict[str, Any] = field(default_factory=dict)


class StaffAdmin(ModelAdmin):
    """A page of the admin: bounded counts, a search the database can answer from its indexes.

    `search_fields` are lookups (`account__name__icontains`); each is asked by itself and the whole
    of what was typed is looked for, so that "Fern & Co" is one name.
    """

    form = StaffForm
    paginator = BoundedPaginator
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    list_disable_select_all = True
    list_filter_sheet = False
    sortable_by: Sequence[str] = ()
    compressed_fields = False
    warn_unsaved_form = True
    save_as_continue = False
    list_before_template = "staff/list_words.html"
    change_form_outer_after_template = "staff/sections.html"
    # Rows of other models whose history belongs on this page: related name and its column.
    history_below: Sequence[tuple[type[Model], str]] = ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        rows: QuerySet = QuerySet(self.model)
        found = [
            rows.filter(**{lookup: term}).values("pk") for lookup in self.get_search_fields(request)
        ]
        return queryset.filter(pk__in=reduce(QuerySet.union, found)), False

    def get_sections(self, request: HttpRequest, row: Any) -> list[Section]:
        """What stands below the fields of a row's page."""
        if not is_tracked(type(row)):
            return []
        below = [versions_below(row, child=model, by=by) for model, by in self.history_below]
        context = {"changes": changes(versions_of(row), *below)}
        return [Section(_("History"), "staff/history.html", context)]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        row = options.get("obj")
        context["sections"] = self.get_sections(request, row) if row and row.pk else []
        response: HttpResponse = super().render_change_form(request, context, *args, **options)
        return response

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What only the database could refuse (somebody else was quicker) is said, not a crash."""
        try:
            response: HttpResponse = super().changeform_view(
                request, object_id, form_url, extra_context
            )
        except IntegrityError as error:
            messages.error(request, _("Not saved. %s") % words_for(error))
            return redirect(request.get_full_path())
        return response

    def history_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The history stands on the row's own page."""
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", object_id)


class _ShowsOnly:
    """May be seen, never added, changed or deleted here, whatever the role."""

    def has_add_permission(self, request: HttpRequest, *args: Any, **kwargs: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *args: Any, **kwargs: Any) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *args: Any, **kwargs: Any) -> bool:
        return False


class ReadOnlyAdmin(_ShowsOnly, StaffAdmin):
    """Rows that are facts: what happened is shown, and changed by actions only."""

    warn_unsaved_form = False


class KeptAdmin(StaffAdmin):
    """Rows that are added and changed but never deleted: others refer to them."""

    def has_delete_permission(self, request: HttpRequest, *args: Any, **kwargs: Any) -> bool:
        return False


class ReadOnlyInline(_ShowsOnly, TabularInline):
    """Facts that belong to another row, on its page."""

    extra = 0
    can_delete = False
    hide_title = True
    show_change_link = False
    # The column that points to the page's row; given, an empty part is left out.
    by = ""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = bool(super().has_view_permission(request, obj))
        if not (may and self.by and obj is not None):
            return may
        return QuerySet(self.model).filter(**{self.by: obj}).exists()


class EditableInline(TabularInline):
    """Rows edited on another row's page."""

    form = StaffForm
    extra = 0
    hide_title = True


def link_to(row: Model | None, words: str = "") -> str | SafeString:
    """A link to a row's page in the admin; its name alone where it has none."""
    if row is None:
        return "–"
    try:
        url = page_of(row)
    except NoReverseMatch:
        return words or str(row)
    return format_html('<a class="staff-link" href="{}">{}</a>', url, words or str(row))


def page_of(row: Model) -> str:
    """The address of a row's page. Raises NoReverseMatch where its model has none."""
    meta = row._meta  # noqa: SLF001 (Django's own way to a model's names)
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])


def list_url(label: str, *, query: str = "") -> str:
    """The list of a model (`app.model`), searched for something."""
    url = reverse(f"admin:{label.replace('.', '_')}_changelist")
    return f"{url}?{query}" if query else url
