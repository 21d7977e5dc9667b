"""What pages read of claims. A constant number of queries each."""

from collections.abc import Sequence
from datetime import date

from django.db.models import Count, QuerySet

from billing.queries import expected_events, subscribed
from claims.models import Claim, ClaimState
from partners.explanations import Explanation, Reason, Subscribed, explain
from partners.models import Account
from partners.queries import judge_expected, judge_sites
from partners.rules import Relation

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


def claim_reasons(account: Account, site_ids: Sequence[int]) -> dict[int, Reason | None]:
    """For each site the account has claimed: what stands in the way, None if nothing does."""
    claims = (
        Claim.objects.in_account(account).filter(site__in=site_ids).order_by("submitted_at", "id")
    )
    return {claim.site_id: STANDS_IN_THE_WAY.get(ClaimState(claim.state)) for claim in claims}


def explain_claimed(claim: Claim, *, on: date) -> Explanation:
    """What the site brings to who claimed it, now that nothing stands in the claim's way."""
    ids = [claim.site_id]
    expected = judge_expected(claim.account, expected_events(ids), on=on)
    return explain(
        site=claim.site,
        relation=Relation.CONTRIBUTOR,
        past=judge_sites(claim.account, ids, on=on),
        expected=next(iter(expected), None),
        claim=None,
        subscribed=subscribed(ids).get(claim.site_id, Subscribed()),
        on=on,
    )
