"""The partner's side: following and withdrawing claims."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Case, QuerySet, When
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from claims.actions.submit import withdraw
from claims.errors import NotOpenError
from claims.forms import ClaimFilter
from claims.heads_up import heads_up
from claims.models import OPEN, Claim, ClaimState
from claims.next_steps import NextStep, next_steps
from claims.queries import claims_of, count_states, search_claims, years_of
from claims.timeline import timeline
from partners.access import AccountRequest, account_page, render_in_account
from partners.models import Account
from partners.roles import Can, allows
from portal.lib import clock
from portal.lib.csv import csv_response
from portal.lib.pages import page_of

# Only of what waits for its client; an answered request keeps its day of lapse.
NEXT_DATE = Case(
    When(
        state=ClaimState.AWAITING,
        then=Coalesce("request__follow_up_due_on", "request__lapses_on"),
    )
)
ORDERS: dict[str, tuple[Any, ...]] = {
    "": ("-submitted_at", "-id"),
    "oldest": ("submitted_at", "id"),
    "site": ("site__address", "-submitted_at"),
    "changed": ("-state_since", "-id"),
    "next": (NEXT_DATE.asc(nulls_last=True), "-submitted_at", "-id"),
}
OF_STATE = {
    ClaimState.AWAITING: gettext_lazy("Waiting"),
    ClaimState.WITH_STAFF: gettext_lazy("With our team"),
    ClaimState.APPROVED: gettext_lazy("Approved"),
    ClaimState.DECLINED: gettext_lazy("Declined"),
    ClaimState.REFUSED: gettext_lazy("Refused"),
    ClaimState.LAPSED: gettext_lazy("No answer"),
    ClaimState.WITHDRAWN: gettext_lazy("Withdrawn"),
    ClaimState.MOVED: gettext_lazy("Moved"),
    ClaimState.MERGED: gettext_lazy("Merged"),
}


@dataclass(frozen=True, slots=True)
class Tab:
    """A state with how many of the searched claims are in it."""

    key: str
    label: Any
    count: int
    is_chosen: bool


class Chosen:
    """The claims that were searched for, counted by state, and narrowed to one."""

    def __init__(self, request: AccountRequest) -> None:
        self.account = request.account
        self.form = ClaimFilter(request.GET or None, years=years_of(self.account))
        asked = self.form.cleaned_data if self.form.is_valid() else {}
        self.state, self._order = asked.get("state") or "", asked.get("sort") or ""
        self._found = search_claims(claims_of(self.account), q=asked.get("q") or "")
        if year := asked.get("year"):
            self._found = self._found.filter(programme_year=year)

    @property
    def claims(self) -> QuerySet[Claim]:
        chosen = self._found.filter(state=self.state) if self.state else self._found
        return chosen.order_by(*ORDERS[self._order])

    @property
    def tabs(self) -> list[Tab]:
        """All, and every state that a claim is in."""
        counts = count_states(self._found)
        every = Tab("", _("All"), sum(counts.values()), not self.state)
        return [every] + [
            Tab(state.value, label, counts.get(state, 0), self.state == state)
            for state, label in OF_STATE.items()
            if counts.get(state) or self.state == state
        ]


@dataclass(frozen=True, slots=True)
class Row:
    """A claim of the list with what happens next."""

    claim: Claim
    next: NextStep


@require_safe
@account_page(Can.SEE)
def claim_list(request: AccountRequest) -> HttpResponse:
    """Every claim with its state and the next thing that happens by itself."""
    chosen = Chosen(request)
    page = page_of(request, chosen.claims)
    page.object_list = _with_next_steps(request.account, list(page.object_list))
    return render_in_account(
        request,
        "claims/list.html",
        {"active_tab": "claims", "form": chosen.form, "tabs": chosen.tabs, "claims": page},
    )


def _with_next_steps(account: Account, claims: list[Claim]) -> list[Row]:
    steps = next_steps(account, claims, on=clock.today())
    return [Row(claim, steps[claim.pk]) for claim in claims]


@require_safe
@account_page(Can.SEE)
def claims_csv(request: AccountRequest) -> HttpResponseBase:
    """The same list as CSV, whole."""
    rows = _with_next_steps(request.account, list(Chosen(request).claims))
    return csv_response(
        f"claims-{request.account.ref}.csv",
        [
            "site",
            "name",
            "state",
            "since",
            "submitted_on",
            "submitted_by",
            "year",
            "next",
            "next_on",
        ],
        _lines(rows),
    )


def _lines(rows: list[Row]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        yield (
            row.claim.site.address,
            row.claim.site.name,
            row.claim.state,
            clock.date_of(row.claim.state_since),
            row.claim.submitted_on,
            row.claim.submitted_by.email,
            row.claim.programme_year,
            row.next.text,
            row.next.on,
        )


@require_safe
@account_page(Can.SEE)
def claim(request: AccountRequest, ref: str) -> HttpResponse:
    """One claim from its submission to its points, with the next automatic step and its date."""
    claims = claims_of(request.account).select_related(
        "site", "submitted_by", "request__mail", "request__follow_up_mail", "staff_answer"
    )
    found = get_object_or_404(claims, ref=ref)
    on = clock.today()
    mine = found.submitted_by_id == request.user.pk
    return render_in_account(
        request,
        "claims/claim.html",
        {
            "active_tab": "claims",
            "claim": found,
            "steps": timeline(found, on=on),
            "next": next_steps(request.account, [found], on=on)[found.pk],
            "heads_up": heads_up(found) if found.state == ClaimState.AWAITING else "",
            "may_withdraw": found.state in OPEN
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
        messages.success(request, _("Withdrawn. Nobody will be asked again."))
    return redirect("claims:claim", account_ref=request.account.ref, ref=found.ref)
