"""The dry run of a programme year: what saving it would change, who that is, and as CSV."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from partners.models import PointValue, ProgrammeYear, Rank
from partners.year_drafts import (
    When,
    YearDraft,
    all_moves,
    count_due_moves,
    count_moves,
    page_of_moves,
)
from portal.lib import clock
from portal.lib.csv import csv_response
from portal.lib.pages import PAGE_SIZE
from portal.staff.admins import Section
from portal.staff.previews import Typed

PERMISSION = "partners.change_programmeyear"
NAME = "partners_programmeyear_dry_run"


def dry_run_sections(typed: Typed) -> list[Section]:
    """What would follow from a year as typed, with the ways to who that is."""
    ranks = [row for row in typed.below if isinstance(row, Rank)]
    values = [row for row in typed.below if isinstance(row, PointValue)]
    draft = YearDraft.of(typed.row, ranks, values)
    today = clock.today()
    context = {
        "year": draft.year,
        "tallies": [
            (when, count_moves(draft, when=when, on=today), _url(draft, when=when)) for when in When
        ],
        "due": count_due_moves(draft, on=today),
    }
    return [Section(_("Who would have another rank"), "staff/programme/moves.html", context)]


def _url(draft: YearDraft, *, when: When, name: str = NAME) -> str:
    address = reverse(f"admin:{name}", args=[draft.year])
    return f"{address}?{urlencode({'draft': draft.signed, 'when': when.value})}"


class DryRun:
    """Under a year: everybody who would have another rank, page by page and as CSV."""

    def urls(self, admin: ModelAdmin) -> list[URLPattern]:
        def page(request: HttpRequest, year: int) -> HttpResponse:
            return self.page(admin, request, year)

        view = admin.admin_site.admin_view
        return [
            path("<int:year>/dry-run/", view(page), name=NAME),
            path("<int:year>/dry-run/csv/", view(self.csv), name=f"{NAME}_csv"),
        ]

    def page(self, admin: ModelAdmin, request: HttpRequest, year: int) -> HttpResponse:
        draft, when = _asked(request, year)
        moves = count_moves(draft, when=when, on=clock.today())
        pages = Paginator(range(moves.total), PAGE_SIZE)
        shown = pages.get_page(request.GET.get("page"))
        context = {
            **admin.admin_site.each_context(request),
            "title": _("Who would have another rank"),
            "opts": admin.opts,
            "year": year,
            "when": when,
            "moves": moves,
            "rows": page_of_moves(draft, when=when, on=clock.today(), page=shown.number),
            "page": shown,
            "csv_url": _url(draft, when=when, name=f"{NAME}_csv"),
            "query": urlencode({"draft": request.GET["draft"], "when": when.value}),
        }
        request.current_app = admin.admin_site.name
        return TemplateResponse(request, "staff/programme/dry_run.html", context)

    def csv(self, request: HttpRequest, year: int) -> HttpResponseBase:
        draft, when = _asked(request, year)
        rows: Any = (
            (move.account_ref, move.account, move.points, move.rank_before, move.rank_after)
            for move in all_moves(draft, when=when, on=clock.today())
        )
        return csv_response(
            f"dry-run-{year}-{clock.today()}.csv",
            ["account", "name", "points", "rank_before", "rank_after"],
            rows,
        )


def _asked(request: HttpRequest, year: int) -> tuple[YearDraft, When]:
    """The draft and the points the address names; nothing else is found there."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    try:
        draft = YearDraft.read(request.GET.get("draft", ""))
        when = When(request.GET.get("when", When.NOW))
    except (BadSignature, ValueError):
        raise Http404 from None
    is_open = ProgrammeYear.objects.open().filter(year=year)
    if draft.year != year or not is_open.exists():
        raise Http404
    return draft, when
