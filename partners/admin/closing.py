"""What closing a year will fix, and after it what it has fixed: on the year's page, and as CSV."""

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from partners.final_ranks import rank_counts, ranked
from partners.models import PointsDue, ProgrammeYear
from portal.lib.csv import csv_response
from portal.staff.admins import Section

PERMISSION = "partners.view_programmeyear"
NAME = "partners_programmeyear_ranks"


def closing_section(year: ProgrammeYear) -> Section:
    """How many partners come to which rank: as it stands today, or as closing has fixed it."""
    title = _("What closing has fixed") if year.closed_at else _("What closing will fix")
    context = {
        "year": year,
        "counts": rank_counts(year),
        "due": PointsDue.objects.filter(event__occurs_on__year=year.year).count(),
        "csv_url": reverse(f"admin:{NAME}", args=[year.year]),
    }
    return Section(title, "staff/programme/closing.html", context)


class FinalRanks:
    """Under a year: every partner with its points and rank, as CSV."""

    def urls(self, admin: ModelAdmin) -> list[URLPattern]:
        page = admin.admin_site.admin_view(self.csv)
        return [path("<int:year>/ranks.csv", page, name=NAME)]

    def csv(self, request: HttpRequest, year: int) -> HttpResponseBase:
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        found = get_object_or_404(ProgrammeYear, pk=year)
        state = "final" if found.closed_at else "so-far"
        return csv_response(
            f"ranks-{year}-{state}.csv",
            ["account", "name", "points", "level", "rank"],
            ranked(found),
        )
