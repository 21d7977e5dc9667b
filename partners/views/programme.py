"""The programme: joining, the ladder, the ledger."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from partners.access import AccountRequest, account_page, render_in_account
from partners.actions.enrolment import join
from partners.errors import AlreadyJoinedError, ProgrammeNotOpenError
from partners.models import Enrolment, PointsEntry, PointValue, Programme, ProgrammeTerms, Rank
from partners.queries import ledger, standing_now
from partners.roles import Can
from partners.rules import BADGE_FROM_LEVEL
from partners.tasks import attribute_points
from portal.lib import clock
from portal.lib.csv import csv_response
from portal.lib.nudge import nudge
from portal.lib.pages import page_of


@require_safe
@account_page(Can.SEE)
def programme(request: AccountRequest) -> HttpResponse:
    """The rules of this year, where the account stands in them, and its ledger."""
    today = clock.today()
    standing = standing_now(request.account, on=today)
    return render_in_account(
        request,
        "partners/programme.html",
        {
            "active_tab": "programme",
            "standing": standing,
            "has_badge": standing.held.level >= BADGE_FROM_LEVEL,
            "ranks": Rank.objects.filter(programme_year=today.year),
            "values": PointValue.objects.filter(programme_year=today.year),
            "entries": page_of(request, ledger(request.account)),
            **joining(request),
        },
    )


def joining(request: AccountRequest) -> dict[str, Any]:
    """What a page needs to offer joining, or to say when it will be possible."""
    today = clock.today()
    joined = Enrolment.objects.filter(account=request.account)
    if enrolment := joined.select_related("terms", "enrolled_by").first():
        return {"enrolment": enrolment}
    opening = Programme.objects.first()
    return {
        "enrolment": None,
        "opening": opening,
        "is_open": opening is not None and opening.opens_on <= today,
        "terms": ProgrammeTerms.objects.filter(in_force_from__lte=today).first(),
    }


@require_POST
@account_page(Can.JOIN)
def enrolment(request: AccountRequest) -> HttpResponse:
    """Join now."""
    try:
        join(request.account, by=request.user, at=clock.now())
    except ProgrammeNotOpenError as refusal:
        if refusal.opens_on:
            opens = date_format(refusal.opens_on, "DATE_FORMAT")
            text = _("The programme opens on %(opens)s; you can join from then on.")
            messages.info(request, text % {"opens": opens})
        else:
            messages.info(request, _("The programme has no opening date yet."))
    except AlreadyJoinedError:
        messages.info(request, _("Your account is in the programme already."))
    else:
        nudge(attribute_points)
        messages.success(
            request,
            _("Welcome! What your sites did since 1 January counts; its points are on their way."),
        )
    return redirect("home:home", account_ref=request.account.ref)


@require_safe
@account_page(Can.SEE)
def ledger_csv(request: AccountRequest) -> HttpResponse:
    """Every line of the ledger as CSV."""
    return csv_response(  # type: ignore[return-value]
        f"points-{request.account.ref}.csv",
        ["credited_on", "event_on", "site", "kind", "relation", "points", "year", "note"],
        _ledger_rows(ledger(request.account)),
    )


def _ledger_rows(entries: QuerySet[PointsEntry]) -> Any:
    for entry in entries.iterator(chunk_size=1000):
        yield (
            entry.credited_on,
            entry.event.occurs_on if entry.event else None,
            entry.site.address if entry.site else None,
            entry.kind,
            entry.relation,
            entry.points,
            entry.programme_year_id,
            entry.note,
        )
