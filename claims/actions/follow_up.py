"""The one follow-up after a week of silence, and the lapse after a month of it.

Both lock the claim's row, the same lock an answer takes: what is decided here is decided knowing
whether there is an answer.
"""

from datetime import date, datetime

from django.db import transaction
from django.db.models import F

from claims.actions.submit import close
from claims.audience import submitters
from claims.models import ApprovalRequest, Claim, ClaimState
from partners.audience import draft_to
from portal.lib import clock
from portal.mail.actions.queue import Draft, queue, queue_many
from portal.mail.models import MailState

BATCH = 100


def follow_up_due(*, on: date) -> int:
    """Queue the follow-up of every request that is due one; returns how many."""
    sent = 0
    while (batch := _follow_up_batch(on=on)) is not None:
        sent += batch
    return sent


@transaction.atomic
def _follow_up_batch(*, on: date) -> int | None:
    """How many of a batch were queued; None when none is left to decide."""
    requests = list(
        ApprovalRequest.objects.follow_up_due(on)
        .filter(claim__state=ClaimState.AWAITING, claim__site__account=F("claim__client"))
        .select_for_update(of=("claim", "self"), skip_locked=True)
        .select_related("claim__client", "mail")
        .order_by("follow_up_due_on", "id")[:BATCH]
    )
    if not requests:
        return None
    for request in requests:
        request.follow_up_due_on = None
        if request.mail.state == MailState.FAILED:
            continue  # a reminder of what never arrived reminds of nothing
        request.follow_up_mail = queue(
            Draft(
                kind="claims/follow_up",
                key=f"claim:{request.claim.ref}:follow_up",
                to=request.sent_to,
                arguments={"claim_id": request.claim_id},
                account_ref=request.claim.client.ref,
            )
        )
    ApprovalRequest.objects.bulk_update(requests, ["follow_up_mail", "follow_up_due_on"])
    return sum(request.follow_up_mail_id is not None for request in requests)


def lapse_due(*, at: datetime) -> int:
    """Let every request lapse that had no answer in its time; returns how many."""
    lapsed, batch = 0, BATCH
    while batch == BATCH:
        batch = _lapse_batch(at=at)
        lapsed += batch
    return lapsed


@transaction.atomic
def _lapse_batch(*, at: datetime) -> int:
    claims = list(
        Claim.objects.awaiting()
        .filter(request__lapses_on__lte=clock.date_of(at))
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("id")[:BATCH]
    )
    for claim in claims:
        close(claim, state=ClaimState.LAPSED, at=at)
    told = submitters(claims)
    queue_many(
        draft_to(
            told[claim.pk],
            letter="claims/lapsed",
            key=f"claim:{claim.ref}:lapsed",
            arguments={"claim_id": claim.pk},
        )
        for claim in claims
        if claim.pk in told
    )
    return len(claims)
