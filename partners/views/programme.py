"""The programme: its rules, its ladder, and joining it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from partners.access import AccountRequest, account_page, render_in_account
from partners.actions.enrolment import join
from partners.errors import AlreadyJoinedError, ProgrammeNotOpenError
from partners.models import Enrolment, PointValue, Programme, ProgrammeTerms, Rank
from partners.roles import Can
from partners.rules import BADGE_FROM_LEVEL
from partners.standings import standing_now
from partners.tasks import attribute_points
from portal.lib import clock
from portal.lib.nudge import nudge


@require_safe
@account_page(Can.SEE)
def programme(request: AccountRequest) -> HttpResponse:
    """The rules of this year, where the account stands in them, and joining it."""
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
            **joining(request),
            **_joined(request),
        },
    )


def _joined(request: AccountRequest) -> dict[str, Any]:
    """Who joined, and under which terms."""
    enrolments = Enrolment.objects.select_related("terms", "enrolled_by")
    return {"enrolment": enrolments.filter(account=request.account).first()}


def joining(request: AccountRequest) -> dict[str, Any]:
    """What a page needs to offer joining, or to say when it will be possible."""
    if hasattr(request.account, "enrolment"):
        return {"enrolment": request.account.enrolment}
    today = clock.today()
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
