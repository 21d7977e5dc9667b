"""Requests for quotes, as the partner who received them sees them."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from partners.access import AccountRequest, account_page, render_in_account
from partners.models import QuoteRequest
from partners.roles import Can
from portal.lib.csv import csv_response
from portal.lib.pages import page_of


@require_safe
@account_page(Can.SEE_QUOTES)
def quotes(request: AccountRequest) -> HttpResponse:
    """What visitors of the marketplace asked, the latest first."""
    received = QuoteRequest.objects.received_by(request.account)
    return render_in_account(
        request,
        "partners/marketplace/quotes.html",
        {"active_tab": "marketplace", "quotes": page_of(request, received)},
    )


@require_safe
@account_page(Can.SEE_QUOTES)
def quotes_csv(request: AccountRequest) -> HttpResponseBase:
    """The same as CSV, whole."""
    return csv_response(
        f"quotes-{request.account.ref}.csv",
        ["received_at", "name", "email", "budget", "needs"],
        _rows(QuoteRequest.objects.received_by(request.account)),
    )


def _rows(received: "QuerySet[QuoteRequest]") -> Iterator[tuple[Any, ...]]:
    for one in received.iterator(chunk_size=1000):
        yield one.received_at, one.name, one.email, one.get_budget_display(), one.needs
