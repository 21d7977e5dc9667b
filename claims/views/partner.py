"""The partner's side: submitting, following and withdrawing claims."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from claims.actions.submit import submit, withdraw
from claims.errors import (
    AlreadyClaimedError,
    ApproverOnOwnTeamError,
    ClaimsError,
    NotAContributorError,
    NotAnAddressError,
    NotJoinedError,
    NotOpenError,
    OwnSiteError,
    TooManyClaimsError,
)
from claims.forms import ClaimFilter, SubmissionForm
from claims.models import Claim, ClaimState
from claims.queries import claims_of, counts_by_state
from claims.timeline import timeline
from partners.access import AccountRequest, account_page, render_in_account
from partners.models import Account
from partners.roles import Can, allows
from portal.lib import clock
from portal.lib.csv import csv_response
from portal.lib.nudge import nudge
from portal.lib.pages import page_of
from portal.mail.tasks import send_mail

REFUSALS: dict[type[ClaimsError], Any] = {
    NotJoinedError: gettext_lazy("Join the programme first; then you can claim sites."),
    NotAContributorError: gettext_lazy(
        "We don’t find this site among those you contribute to. Check the address, or ask its"
        " owner to add your account as a contributor."
    ),
    NotAnAddressError: gettext_lazy(
        "This is not the address of a website. Copy it from the browser, for example example.com."
    ),
    OwnSiteError: gettext_lazy(
        "This site sits in your own account: it earns its points without a claim."
    ),
    ApproverOnOwnTeamError: gettext_lazy(
        "The person who would approve is on your own team. Write to us and we look into it."
    ),
    AlreadyClaimedError: gettext_lazy(
        "You have claimed this site already; a site can be claimed once a year."
    ),
    TooManyClaimsError: gettext_lazy("That is enough for one day; please go on tomorrow."),
}


@dataclass(frozen=True, slots=True)
class LineAnswer:
    """What became of one line of a submission."""

    address: str
    claim: Claim | None
    refusal: str


@require_safe
@account_page(Can.SEE)
def claim_list(request: AccountRequest) -> HttpResponse:
    """Every claim with its state and the next thing that happens by itself."""
    form = ClaimFilter(request.GET or None)
    claims = _chosen(request.account, form)
    counts = counts_by_state(request.account)
    return render_in_account(
        request,
        "claims/list.html",
        {
            "active_tab": "claims",
            "form": form,
            "claims": page_of(request, claims),
            "counts": [(ClaimState(state).label, n) for state, n in sorted(counts.items())],
        },
    )


def _chosen(account: Account, form: ClaimFilter) -> QuerySet[Claim]:
    chosen = form.cleaned_data if form.is_valid() else {}
    claims = claims_of(account).filter(site__address__icontains=chosen.get("q") or "")
    return claims.filter(state=chosen["state"]) if chosen.get("state") else claims


@require_safe
@account_page(Can.SEE)
def claims_csv(request: AccountRequest) -> HttpResponse:
    """The same list as CSV, whole."""
    claims = _chosen(request.account, ClaimFilter(request.GET))
    return csv_response(  # type: ignore[return-value]
        f"claims-{request.account.ref}.csv",
        ["site", "state", "since", "submitted_on", "submitted_by", "year"],
        _rows(claims),
    )


def _rows(claims: QuerySet[Claim]) -> Iterator[tuple[Any, ...]]:
    for claim in claims.iterator(chunk_size=500):
        yield (
            claim.site.address,
            claim.state,
            clock.date_of(claim.state_since),
            claim.submitted_on,
            claim.submitted_by.email,
            claim.programme_year,
        )


@require_http_methods(["GET", "HEAD", "POST"])
@account_page(Can.SUBMIT_CLAIMS)
def submission(request: AccountRequest) -> HttpResponse:
    """Submit one or many sites; each line is answered on its own, and nothing typed is lost."""
    form = SubmissionForm(request.POST or None)
    answers: list[LineAnswer] = []
    if request.method == "POST" and form.is_valid():
        answers = [_submit_line(request, line) for line in form.cleaned_data["addresses"]]
        nudge(send_mail)
        refused = [answer.address for answer in answers if answer.claim is None]
        if not refused:
            messages.success(request, _("Sent. We have asked the site’s owner to approve."))
            return redirect("claims:list", account_ref=request.account.ref)
        form = SubmissionForm(initial={"addresses": "\n".join(refused)})
    return render_in_account(
        request,
        "claims/submission.html",
        {"active_tab": "claims", "form": form, "answers": answers},
    )


def _submit_line(request: AccountRequest, address: str) -> LineAnswer:
    try:
        claim = submit(request.account, address=address, by=request.user, at=clock.now())
    except ClaimsError as refusal:
        return LineAnswer(address, None, str(REFUSALS[type(refusal)]))
    return LineAnswer(address, claim, "")


@require_safe
@account_page(Can.SEE)
def claim(request: AccountRequest, ref: str) -> HttpResponse:
    """One claim from its submission to its points, with the next automatic step and its date."""
    found = get_object_or_404(claims_of(request.account), ref=ref)
    mine = found.submitted_by_id == request.user.pk
    return render_in_account(
        request,
        "claims/claim.html",
        {
            "active_tab": "claims",
            "claim": found,
            "steps": timeline(found, on=clock.today()),
            "may_withdraw": found.state == ClaimState.AWAITING
            and (mine or allows(request.role, Can.MANAGE_CLAIMS)),
        },
    )


@require_POST
@account_page(Can.SUBMIT_CLAIMS)
def withdrawal(request: AccountRequest, ref: str) -> HttpResponse:
    """Take a claim back: one's own, or anyone's for who manages claims."""
    claims = Claim.objects.in_account(request.account)
    if not allows(request.role, Can.MANAGE_CLAIMS):
        claims = claims.filter(submitted_by=request.user)
    found = get_object_or_404(claims, ref=ref)
    try:
        withdraw(found, by=request.user, at=clock.now())
    except NotOpenError:
        messages.info(request, _("This claim is not waiting any more, so it stays as it is."))
    else:
        messages.success(request, _("Withdrawn. Its client will not be asked again."))
    return redirect("claims:claim", account_ref=request.account.ref, ref=found.ref)
