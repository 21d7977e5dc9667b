"""What happens to a claim next by itself, and on which day: one sentence for a row of a list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from claims import rules
from claims.models import Claim, ClaimState
from claims.queries import explain_approved, latest_claims
from partners.models import Account


@dataclass(frozen=True, slots=True)
class NextStep:
    """In words, with the day it is expected on, if there is one."""

    text: str
    on: date | None = None
    can_claim_now: bool = False
    newer: Claim | None = None  # the site's latest claim, where this is an earlier one


def next_steps(account: Account, claims: Sequence[Claim], *, on: date) -> dict[int, NextStep]:
    """The next step of each claim, by its id; a constant number of queries."""
    approved = [claim for claim in claims if claim.state == ClaimState.APPROVED]
    explained = explain_approved(account, approved, on=on)
    latest = latest_claims(account, {claim.site_id for claim in claims})
    steps = {}
    for claim in claims:
        if told := explained.get(claim.pk):
            steps[claim.pk] = NextStep(told.sentence, told.lands_on)
        elif claim.state == ClaimState.AWAITING:
            steps[claim.pk] = _waiting(claim)
        elif claim.state == ClaimState.WITH_STAFF:
            steps[claim.pk] = NextStep(_("Our team decides and writes to you"))
        elif claim.state == ClaimState.MERGED:
            steps[claim.pk] = NextStep(_("Nothing: another claim stands in its place"))
        else:
            steps[claim.pk] = _again(claim, latest[claim.site_id], on=on)
    return steps


def _waiting(claim: Claim) -> NextStep:
    request = claim.request
    if claim.is_unreached and hasattr(request, "correction"):  # type: ignore[attr-defined]
        return NextStep(_("The mail did not arrive, twice; it lapses"), request.lapses_on)
    if claim.is_unreached:  # type: ignore[attr-defined]
        return NextStep(_("The mail did not arrive; our team looks for the right address"))
    if request.follow_up_due_on:
        return NextStep(_("One reminder, if there is no answer by then"), request.follow_up_due_on)
    return NextStep(_("Lapses if nobody answers"), request.lapses_on)


def _again(claim: Claim, latest: Claim, *, on: date) -> NextStep:
    if latest.pk != claim.pk:
        return NextStep(_("Nothing: the site was claimed again since"), newer=latest)
    if claim.site.account_id == claim.account_id:
        return NextStep(_("Nothing: the site is in your own account and earns without a claim"))
    again_on = claimable_again_on(claim)
    if again_on is None or again_on <= on:
        return NextStep(_("Can be claimed again now"), can_claim_now=True)
    return NextStep(_("Can be claimed again"), again_on)


def claimable_again_on(claim: Claim) -> date | None:
    """From when a claim that came to nothing can be made again; None: from the day it ended."""
    if claim.state == ClaimState.MOVED:
        return None
    return rules.claimable_again_on(claim.programme_year)
