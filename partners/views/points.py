"""The ledger: every line of points, with what it is for."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from partners.access import AccountRequest, account_page, render_in_account
from partners.forms import LedgerFilter
from partners.ledger import LedgerLine
from partners.models import PointsEntry
from partners.queries import ledger, years_of
from partners.roles import Can
from portal.lib import clock
from portal.lib.csv import csv_response
from portal.lib.pages import page_of


@require_safe
@account_page(Can.SEE)
def points(request: AccountRequest) -> HttpResponse:
    """Every line, latest first, narrowed down to a year, a site, or what was lost."""
    standings = years_of(request.account)
    form = LedgerFilter(request.GET or None, years=[one.programme_year_id for one in standings])
    page = page_of(request, form.narrow(ledger(request.account)))
    page.object_list = [LedgerLine(entry) for entry in page.object_list]
    return render_in_account(
        request,
        "partners/points.html",
        {
            "active_tab": "points",
            "active_page": "ledger",
            "form": form,
            "standings": standings,
            "this_year": clock.today().year,
            "entries": page,
        },
    )


@require_safe
@account_page(Can.SEE)
def ledger_csv(request: AccountRequest) -> HttpResponseBase:
    """The same lines as CSV, whole."""
    years = [one.programme_year_id for one in years_of(request.account)]
    lines = LedgerFilter(request.GET, years=years).narrow(ledger(request.account))
    return csv_response(f"points-{request.account.ref}.csv", HEADER, _rows(lines))


HEADER = [
    "credited_on",
    "event_on",
    "site",
    "event",
    "kind",
    "relation",
    "points",
    "year",
    "what_for",
    "rule",
    "state",
]


def _rows(entries: QuerySet[PointsEntry]) -> Iterator[tuple[Any, ...]]:
    for entry in entries.iterator(chunk_size=1000):
        line = LedgerLine(entry)
        yield (
            entry.credited_on,
            entry.event.occurs_on if entry.event else None,
            entry.site.address if entry.site else None,
            entry.event.kind if entry.event else None,
            entry.kind,
            entry.relation,
            entry.points,
            entry.programme_year_id,
            line.what_for,
            line.by_rule,
            line.state,
        )
