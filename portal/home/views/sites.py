"""Sites: where are my points?"""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from partners.access import AccountRequest, account_page, render_in_account
from partners.explanations import Explanation, State
from partners.models import Account
from partners.roles import Can
from portal.home.points import explain_sites, sites_of
from portal.lib import clock
from portal.lib.csv import csv_response
from portal.lib.pages import page_of

STATES = [
    ("", _("All sites")),
    (State.CREDITED.value, _("Earned")),
    (State.WAITING.value, _("On their way")),
    (State.EXPECTED.value, _("Expected")),
    (State.NOT_COUNTING.value, _("Not earning")),
]


class SiteFilter(forms.Form):
    """What the list of sites can be narrowed to."""

    q = forms.CharField(label=_("Address"), required=False, max_length=100)
    state = forms.ChoiceField(label=_("Points"), required=False, choices=STATES)


@require_safe
@account_page(Can.SEE)
def sites(request: AccountRequest) -> HttpResponse:
    """Every site owned or claimed, with the one sentence on its points."""
    form = SiteFilter(request.GET or None)
    chosen = form.cleaned_data if form.is_valid() else {}
    page = page_of(request, _chosen(request.account, chosen))
    if not chosen.get("state"):
        page.object_list = explain_sites(request.account, list(page.object_list), on=clock.today())
    return render_in_account(
        request,
        "home/sites.html",
        {"active_tab": "sites", "form": form, "sites": page},
    )


def _chosen(account: Account, chosen: dict[str, Any]) -> Any:
    """Sites to page through; explained already where the state decides which."""
    found = sites_of(account).filter(address__icontains=chosen.get("q") or "")
    if not chosen.get("state"):
        return found
    explained = explain_sites(account, list(found), on=clock.today())
    return [one for one in explained if one.state.value == chosen["state"]]


@require_safe
@account_page(Can.SEE)
def sites_csv(request: AccountRequest) -> HttpResponse:
    """The same list as CSV, whole."""
    form = SiteFilter(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    chosen_sites = _chosen(request.account, chosen)
    if not chosen.get("state"):
        chosen_sites = explain_sites(request.account, list(chosen_sites), on=clock.today())
    return csv_response(  # type: ignore[return-value]
        f"sites-{request.account.ref}.csv",
        ["site", "relation", "state", "reason", "event_on", "lands_on", "points", "year", "why"],
        _rows(chosen_sites),
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
