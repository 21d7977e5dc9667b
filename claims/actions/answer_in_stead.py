"""Our team answers a claim in the client's stead: the client's address is the claimant's own."""

from datetime import datetime

from django.db import transaction

from claims.actions.submit import close
from claims.audience import submitters
from claims.errors import NotWithStaffError
from claims.models import Claim, ClaimState, StaffAnswer, Verdict
from partners.actions.approvals import approve_contributor
from partners.audience import draft_to
from portal.lib import clock
from portal.mail.actions.queue import queue_many
from portal.models import User


@transaction.atomic
def answer_in_stead(
    claim: Claim, *, verdict: Verdict, reason: str, by: User, at: datetime
) -> StaffAnswer:
    """Approve or refuse a claim that is with our team; who submitted it is told the reason.

    Raises NotWithStaffError, so that two people (or clicks) answer it once.
    """
    locked = (
        Claim.objects.select_for_update(of=("self",))
        .select_related("account", "site")
        .get(pk=claim.pk)
    )
    if locked.state != ClaimState.WITH_STAFF:
        raise NotWithStaffError
    given = StaffAnswer.objects.create(
        claim=locked, verdict=verdict, reason=reason, answered_by=by, answered_at=at
    )
    _follow(locked, verdict, at=at)
    queue_many(
        draft_to(
            seat,
            letter="claims/answered_by_staff",
            key=f"claim:{locked.ref}:answered_by_staff",
            arguments={"claim_id": locked.pk},
        )
        for seat in submitters([locked]).values()
    )
    return given


def _follow(claim: Claim, verdict: Verdict, *, at: datetime) -> None:
    if verdict == Verdict.DECLINE:
        close(claim, state=ClaimState.REFUSED, at=at)
        return
    close(claim, state=ClaimState.APPROVED, at=at)
    approve_contributor(
        account=claim.account,
        site=claim.site,
        from_year=claim.programme_year,
        on=clock.date_of(at),
    )
