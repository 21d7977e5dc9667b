"""What pages and letters read of claims. A constant number of queries each."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from billing.queries import expected_events, subscribed
from claims import rules
from claims.models import ApprovalRequest, Claim, ClaimState, Submission, SubmittedLine
from partners.attribution import Judged
from partners.explanations import Explanation, Hindrance, Reason, Subscribed, explain
from partners.models import Account, ContributorApproval
from partners.queries import judge_expected, judge_sites
from partners.rules import Relation
from portal.lib import clock
from portal.mail.models import MailEventKind, Message

STANDS_IN_THE_WAY = {
    ClaimState.AWAITING: Reason.CLAIM_AWAITING,
    ClaimState.WITH_STAFF: Reason.CLAIM_WITH_STAFF,
    ClaimState.DECLINED: Reason.CLAIM_DECLINED,
    ClaimState.REFUSED: Reason.CLAIM_REFUSED,
    ClaimState.LAPSED: Reason.CLAIM_LAPSED,
    ClaimState.WITHDRAWN: Reason.CLAIM_WITHDRAWN,
    ClaimState.MOVED: Reason.CLAIM_MOVED,
    ClaimState.MERGED: Reason.CLAIM_MERGED,
}
ENDED = frozenset(
    {ClaimState.DECLINED, ClaimState.REFUSED, ClaimState.LAPSED, ClaimState.WITHDRAWN}
)


def claims_of(account: Account) -> QuerySet[Claim]:
    """The claims this account has submitted, latest first, with what a list shows of each."""
    return (
        Claim.objects.in_account(account)
        .with_unreached()
        .select_related("site", "submitted_by", "request__correction")
        .order_by("-submitted_at", "-id")
    )


def search_claims(claims: QuerySet[Claim], *, q: str) -> QuerySet[Claim]:
    """Those with these letters in the site's address or name, or in who submitted them."""
    return claims.filter(
        Q(site__address__icontains=q)
        | Q(site__name__icontains=q)
        | Q(submitted_by__name__icontains=q)
        | Q(submitted_by__email__icontains=q)
    )


def counts_by_state(account: Account) -> dict[str, int]:
    return count_states(Claim.objects.in_account(account))


def count_states(claims: QuerySet[Claim]) -> dict[str, int]:
    rows = claims.order_by().values("state").annotate(n=Count("id"))
    return {row["state"]: row["n"] for row in rows}


def years_of(account: Account) -> list[int]:
    """The programme years this account has claimed in, latest first."""
    years = Claim.objects.in_account(account).order_by().values_list("programme_year", flat=True)
    return sorted(set(years.distinct()), reverse=True)


def latest_claims(account: Account, site_ids: Iterable[int]) -> dict[int, Claim]:
    """The newest claim of each site that says how it stands, by the site's id."""
    claims = Claim.objects.in_account(account).settling().filter(site__in=list(site_ids))
    return {claim.site_id: claim for claim in claims.order_by("submitted_at", "id")}


def lines_of(submission: Submission) -> QuerySet[SubmittedLine]:
    """The lines of a submission as they were sent, each with its claim."""
    return submission.lines.select_related("claim").order_by("id")


# --- What stands in the way ----------------------------------------------------------------------


def claim_hindrances(
    account: Account, site_ids: Sequence[int], *, on: date
) -> dict[int, Hindrance | None]:
    """For each site the account has claimed: what stands in the way, None if nothing does.

    An approval in force settles it, whichever year's claim it came by; else the newest claim says.
    """
    approvals = ContributorApproval.objects.filter(account=account, site=OuterRef("site"))
    last_end = approvals.order_by("-ended_on").values("ended_on")[:1]
    claims = Claim.objects.in_account(account).settling().filter(site__in=site_ids)
    claims = claims.annotate(
        is_in_force=Exists(approvals.filter(ended_on=None)), ended_on=Subquery(last_end)
    )
    newest = {claim.site_id: claim for claim in claims.order_by("submitted_at", "id")}
    return {
        site_id: None if claim.is_in_force else _hindrance(claim, on=on)
        for site_id, claim in newest.items()
    }


def _hindrance(claim: Any, *, on: date) -> Hindrance:
    """`claim` has `ended_on`: the day on which the last approval ended."""
    state = ClaimState(claim.state)
    if state == ClaimState.APPROVED:  # the client said no since, through another claim
        return Hindrance(reason=Reason.NOT_A_CONTRIBUTOR, since=claim.ended_on)
    is_over = state in ENDED and on >= rules.claimable_again_on(claim.programme_year)
    reason = Reason.CLAIM_AGAIN if is_over else STANDS_IN_THE_WAY[state]
    return Hindrance(reason=reason, since=clock.date_of(claim.state_since))


# --- What approved claims bring ------------------------------------------------------------------


def explain_claimed(claim: Claim, *, on: date) -> Explanation:
    """What the site brings to who claimed it, now that its client has said yes."""
    return explain_approved(claim.account, [claim], on=on)[claim.pk]


def explain_approved(
    account: Account, claims: Sequence[Claim], *, on: date
) -> dict[int, Explanation]:
    """What the sites of approved claims bring, by the claims' ids; with no claim, no query."""
    if not claims:
        return {}
    ids = [claim.site_id for claim in claims]
    past: dict[int, list[Judged]] = defaultdict(list)
    for one in judge_sites(account, ids, on=on):
        past[one.site_id].append(one)
    expected = {one.site_id: one for one in judge_expected(account, expected_events(ids), on=on)}
    hindered, having = claim_hindrances(account, ids, on=on), subscribed(ids)
    return {
        claim.pk: explain(
            site=claim.site,
            relation=Relation.CONTRIBUTOR,
            past=past[claim.site_id],
            expected=expected.get(claim.site_id),
            hindrance=hindered.get(claim.site_id),
            subscribed=having.get(claim.site_id, Subscribed()),
            on=on,
        )
        for claim in claims
    }


def is_asked(message: Message, *, claim_id: int) -> bool:
    """Whether nobody has answered, and it is this mail that asks or asks once more."""
    unanswered = ApprovalRequest.objects.filter(claim=claim_id, claim__state=ClaimState.AWAITING)
    return unanswered.filter(Q(mail=message) | Q(follow_up_mail=message)).exists()


def is_to_be_reminded(message: Message, *, claim_id: int) -> bool:
    """Whether it asks once more, and what it reminds of has arrived as far as anybody knows."""
    asking = ApprovalRequest.objects.filter(claim=claim_id).values("mail")
    requests = Message.objects.filter(pk__in=asking)
    unwanted = requests.undelivered() | requests.that_were(MailEventKind.COMPLAINED)
    return is_asked(message, claim_id=claim_id) and not unwanted.exists()
