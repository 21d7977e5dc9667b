"""The client's side: one link in a mail, and a page on which a person answers.

Opening the link changes nothing: it moves the token into a signed cookie and redirects to an
address without it. Only a POST with an explicit choice and a typed name answers.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime

from allauth.account.adapter import get_adapter
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from claims import rules
from claims.actions.answer import Said, answer, refuse_unless_answerable
from claims.errors import AnswerFinalError, NotAnswerableError
from claims.forms import AnswerForm
from claims.links import find_request
from claims.models import Answer, ApprovalRequest, ClaimState, Verdict
from partners.standings import rank_name
from partners.tasks import attribute_points
from portal.lib import clock
from portal.lib.nudge import nudge
from portal.mail.tasks import send_mail

COOKIE = "approval"
COOKIE_SECONDS = 2 * 60 * 60
MAX_TOKEN_LENGTH = 100


@login_not_required
@require_safe
@never_cache
def approval_link(request: HttpRequest, token: str) -> HttpResponse:
    """Move the token out of the address. Unknown links are all alike: 404."""
    if len(token) > MAX_TOKEN_LENGTH or "\x00" in token or find_request(token) is None:
        return _unknown(request)
    response = redirect("claims:approval")
    response.set_signed_cookie(
        COOKIE,
        token,
        max_age=COOKIE_SECONDS,
        path=response["Location"],
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return _private(response)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def approval(request: HttpRequest) -> HttpResponse:
    """Who asks, for which site, what the answer means; then what was answered."""
    asked = _asked(request)
    if asked is None:
        return _unknown(request)
    at = clock.now()
    try:
        in_force = refuse_unless_answerable(asked.claim, at=at)
    except (NotAnswerableError, AnswerFinalError):
        return _page(request, asked, "claims/approval_closed.html")
    if in_force and request.method != "POST" and "change" not in request.GET:
        return _page(request, asked, "claims/approval_answered.html")
    form = AnswerForm(request.POST or None, asked=asked, at=at)
    if request.method == "POST" and form.is_valid():
        return _answer(request, asked, form, at=at)
    rank = rank_name(asked.claim.account, on=clock.date_of(at))
    return _page(request, asked, "claims/approval.html", form=form, rank=rank)


def _answer(
    request: HttpRequest, asked: ApprovalRequest, form: AnswerForm, *, at: datetime
) -> HttpResponse:
    """Back to the page, which says what is the case: also if somebody else was quicker."""
    with suppress(NotAnswerableError, AnswerFinalError):
        answer(asked, _said(request, form), at=at)
        nudge(attribute_points)
        nudge(send_mail)
    return _private(redirect("claims:approval"))


def _asked(request: HttpRequest) -> ApprovalRequest | None:
    try:
        token = request.get_signed_cookie(COOKIE, max_age=COOKIE_SECONDS)
    except (KeyError, signing.BadSignature):
        return None
    return find_request(token) if token else None


def _said(request: HttpRequest, form: AnswerForm) -> Said:
    said = form.cleaned_data
    return Said(
        verdict=Verdict(said["verdict"]),
        name=said["name"],
        reason=said["reason"],
        comment=said["comment"],
        ip_address=get_adapter(request).get_client_ip(request),
        user_agent=request.headers.get("User-Agent", ""),
    )


def _page(
    request: HttpRequest, asked: ApprovalRequest, template: str, **context: object
) -> HttpResponse:
    claim = asked.claim
    answers = [] if claim.state == ClaimState.AWAITING else list(claim.answers.all())
    context |= {
        "claim": claim,
        "asked": asked,
        "answer": answers[0] if answers else None,  # the one in force
        "changeable_until": _changeable_until(answers),
    }
    return _private(render(request, template, context))


def _changeable_until(answers: Sequence[Answer]) -> date:
    """Counted from the first answer; from today while there is none."""
    return rules.answer_changeable_until(answers[-1].answered_on if answers else clock.today())


def _unknown(request: HttpRequest) -> HttpResponse:
    response = render(request, "claims/approval_unknown.html", status=404)
    return _private(response)


def _private(response: HttpResponse) -> HttpResponse:
    """Kept by nobody, found by nobody."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "no-store, private"
    return response
