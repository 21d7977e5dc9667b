"""Sites: where are my points?"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from claims.queries import claims_of
from partners.access import AccountRequest, account_page, render_in_account
from partners.explanations import Explanation, Reason, State
from partners.ledger import LedgerLine
from partners.queries import ledger
from partners.roles import Can
from portal.home.points import explain_sites, sites_of
from portal.home.site_events import events_of
from portal.lib import clock
from portal.lib.csv import csv_response
from portal.lib.pages import page_of

LATE = date.max


@dataclass(frozen=True, slots=True)
class Answer:
    """A group of sites that have the same answer to the question, and the order to read it in."""

    label: Any
    states: frozenset[State]
    order: Callable[[Explanation], Any]


def _by_address(one: Explanation) -> Any:
    return one.site.address


def _soonest(one: Explanation) -> Any:
    return one.lands_on or LATE, one.site.address


def _latest(one: Explanation) -> Any:
    return -(one.lands_on or LATE).toordinal(), one.site.address


ANSWERS = {
    "": Answer(_("All"), frozenset(State), _by_address),
    "earned": Answer(_("Earned"), frozenset({State.CREDITED}), _latest),
    "coming": Answer(_("Coming"), frozenset({State.WAITING, State.EXPECTED}), _soonest),
    "why-not": Answer(_("Why not"), frozenset({State.NOT_COUNTING}), _by_address),
}

WHY = {
    Reason.CREDITED: _("Credited this year"),
    Reason.WAITING_PERIOD: _("In the waiting period"),
    Reason.NEXT_RENEWAL: _("Renews this year or next"),
    Reason.RENEWS_LATER: _("Renews later"),
    Reason.NOT_JOINED: _("Not in the programme"),
    Reason.REFUNDED: _("Refunded"),
    Reason.YEAR_OVER: _("Came too late"),
    Reason.BEFORE_JOINING: _("Before you joined"),
    Reason.LAST_YEAR: _("Last event in an earlier year"),
    Reason.CLAIM_AWAITING: _("Claim waits for its client"),
    Reason.CLAIM_DECLINED: _("Claim declined"),
    Reason.CLAIM_LAPSED: _("Claim lapsed"),
    Reason.CLAIM_WITHDRAWN: _("Claim withdrawn"),
    Reason.CLAIM_WITH_STAFF: _("Claim with our team"),
    Reason.CLAIM_REFUSED: _("Claim refused by our team"),
    Reason.CLAIM_AGAIN: _("Can be claimed again"),
    Reason.CLAIM_MOVED: _("Claim ended, site moved"),
    Reason.CLAIM_MERGED: _("Claim merged into another"),
    Reason.NOT_A_CONTRIBUTOR: _("Approval ended"),
    Reason.MOVED_AWAY: _("In another account now"),
    Reason.PRODUCT_DOES_NOT_COUNT: _("Only an add-on"),
    Reason.ENDS_WITHOUT_RENEWAL: _("Ends without renewal"),
    Reason.NO_PREMIUM_PLAN: _("No premium plan"),
}


class SiteFilter(forms.Form):
    """What the list of sites can be narrowed to."""

    q = forms.CharField(label=_("Address"), required=False, max_length=100)
    reason = forms.ChoiceField(label=_("Reason"), required=False)
    answer = forms.ChoiceField(
        required=False,
        choices=[(key, answer.label) for key, answer in ANSWERS.items()],
        widget=forms.HiddenInput,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every: list[tuple[str, Any]] = [("", _("Every reason"))]
        choices = every + [(reason.value, words) for reason, words in WHY.items()]
        self.fields["reason"].choices = choices  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Tab:
    """A group with how many sites are in it."""

    key: str
    label: Any
    count: int
    is_chosen: bool


class Chosen:
    """The sites that were searched for, explained, counted by answer and narrowed to one."""

    def __init__(self, request: AccountRequest) -> None:
        self.form = SiteFilter(request.GET or None)
        asked = self.form.cleaned_data if self.form.is_valid() else {}
        found = sites_of(request.account).filter(address__icontains=asked.get("q") or "")
        self.explained = explain_sites(request.account, list(found), on=clock.today())
        if reason := asked.get("reason"):
            self.explained = [one for one in self.explained if one.reason == reason]
        self.key = asked.get("answer") or ""

    @property
    def sites(self) -> list[Explanation]:
        answer = ANSWERS[self.key]
        chosen = (one for one in self.explained if one.state in answer.states)
        return sorted(chosen, key=answer.order)

    @property
    def tabs(self) -> list[Tab]:
        states = Counter(one.state for one in self.explained)
        return [
            Tab(key, answer.label, sum(states[state] for state in answer.states), key == self.key)
            for key, answer in ANSWERS.items()
        ]


@require_safe
@account_page(Can.SEE)
def sites(request: AccountRequest) -> HttpResponse:
    """Every site owned or claimed, with the one sentence on its points."""
    chosen = Chosen(request)
    return render_in_account(
        request,
        "home/sites.html",
        {
            "active_tab": "sites",
            "form": chosen.form,
            "tabs": chosen.tabs,
            "sites": page_of(request, chosen.sites),
        },
    )


@require_safe
@account_page(Can.SEE)
def sites_csv(request: AccountRequest) -> HttpResponseBase:
    """The same list as CSV, whole."""
    return csv_response(
        f"sites-{request.account.ref}.csv",
        ["site", "relation", "state", "reason", "event_on", "lands_on", "points", "year", "why"],
        _rows(Chosen(request).sites),
    )


def _rows(explained: list[Explanation]) -> Iterator[tuple[Any, ...]]:
    for one in explained:
        yield (
            one.site.address,
            one.relation.value,
            one.state.value,
            one.reason.value,
            one.event_on,
            one.lands_on,
            one.points,
            one.programme_year,
            one.sentence,
        )


@require_safe
@account_page(Can.SEE)
def site(request: AccountRequest, site_ref: str) -> HttpResponse:
    """One site: the answer, every event it was judged by, and the lines it brought."""
    found = get_object_or_404(sites_of(request.account), ref=site_ref)
    [explained] = explain_sites(request.account, [found], on=clock.today())
    lines = ledger(request.account).filter(site=found)
    return render_in_account(
        request,
        "home/site.html",
        {
            "active_tab": "sites",
            "explained": explained,
            "events": events_of(request.account, found, on=clock.today()),
            "entries": [LedgerLine(entry) for entry in lines],
            "claim": claims_of(request.account).filter(site=found).first(),
        },
    )
