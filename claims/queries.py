"""What pages read of claims. A constant number of queries each."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery

from billing.queries import expected_events, subscribed
from claims.models import Claim, ClaimState
from partners.explanations import Explanation, Hindrance, Reason, Subscribed, explain
from partners.models import Account, ContributorApproval
from partners.queries import judge_expected, judge_sites
from partners.rules import Relation
from portal.lib import clock

STANDS_IN_THE_WAY = {
    ClaimState.AWAITING: Reason.CLAIM_AWAITING,
    ClaimState.DECLINED: Reason.CLAIM_DECLINED,
    ClaimState.LAPSED: Reason.CLAIM_LAPSED,
    ClaimState.WITHDRAWN: Reason.CLAIM_WITHDRAWN,
}


def claims_of(account: Account) -> QuerySet[Claim]:
    """The claims this account has submitted, latest first, with what a list shows of each."""
    return (
        Claim.objects.in_account(account)
        .select_related("site", "submitted_by", "request")
        .order_by("-submitted_at", "-id")
    )


def counts_by_state(account: Account) -> dict[str, int]:
    rows = Claim.objects.in_account(account).order_by().values("state").annotate(n=Count("id"))
    return {row["state"]: row["n"] for row in rows}


def claim_hindrances(account: Account, site_ids: Sequence[int]) -> dict[int, Hindrance | None]:
    """For each site the account has claimed: what stands in the way, None if nothing does."""
    approvals = ContributorApproval.objects.filter(account=account, site=OuterRef("site"))
    last_end = approvals.order_by("-ended_on").values("ended_on")[:1]
    claims = (
        Claim.objects.in_account(account)
        .filter(site__in=site_ids)
        .annotate(is_in_force=Exists(approvals.filter(ended_on=None)), ended_on=Subquery(last_end))
        .order_by("submitted_at", "id")
        .values("site_id", "state", "state_since", "is_in_force", "ended_on")
    )
    return {claim["site_id"]: _hindrance(claim) for claim in claims}


def _hindrance(claim: Mapping[str, Any]) -> Hindrance | None:
    if reason := STANDS_IN_THE_WAY.get(ClaimState(claim["state"])):
        return Hindrance(reason=reason, since=clock.date_of(claim["state_since"]))
    if not claim["is_in_force"]:
        return Hindrance(reason=Reason.NOT_A_CONTRIBUTOR, since=claim["ended_on"])
    return None


def explain_claimed(claim: Claim, *, on: date) -> Explanation:
    """What the site brings to who claimed it, now that nothing stands in the claim's way."""
    ids = [claim.site_id]
    expected = judge_expected(claim.account, expected_events(ids), on=on)
    return explain(
        site=claim.site,
        relation=Relation.CONTRIBUTOR,
        past=judge_sites(claim.account, ids, on=on),
        expected=next(iter(expected), None),
        hindrance=None,
        subscribed=subscribed(ids).get(claim.site_id, Subscribed()),
        on=on,
    )
