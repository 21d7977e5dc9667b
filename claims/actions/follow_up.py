"""The one follow-up after a week of silence, and the lapse after a month of it.

Both lock the claim's row, the same lock an answer takes: what is decided here is decided knowing
whether there is an answer. The follow-up locks the request's mail as well, so that it knows of
every bounce; the letter asks once more when it is handed over (`claims/emails.py`).
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
from portal.mail.models import MailEventKind, Message

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
        .select_for_update(of=("claim", "self", "mail"), skip_locked=True)
        .select_related("claim__client", "mail", "correction")
        .order_by("follow_up_due_on", "id")[:BATCH]
    )
    if not requests:
        return None
    pointless = _not_to_be_followed(requests)
    for request in requests:
        request.follow_up_due_on = None
        if request.mail_id in pointless:
            continue  # a reminder of what never arrived reminds of nothing
        request.follow_up_mail = queue(
            Draft(
                kind="claims/follow_up",
                key=_key(request),
                to=request.sent_to,
                arguments={"claim_id": request.claim_id},
                account_ref=request.claim.client.ref,
            )
        )
    ApprovalRequest.objects.bulk_update(requests, ["follow_up_mail", "follow_up_due_on"])
    return sum(request.follow_up_mail_id is not None for request in requests)


def _not_to_be_followed(requests: list[ApprovalRequest]) -> set[int]:
    """Requests' mails that never arrived, or whose readers reported them as spam."""
    mails = Message.objects.filter(pk__in=[request.mail_id for request in requests])
    unwanted = mails.undelivered() | mails.that_were(MailEventKind.COMPLAINED)
    return set(unwanted.values_list("pk", flat=True))


def _key(request: ApprovalRequest) -> str:
    """One for each asking: there may be a second, and then it has its own."""
    again = ":again" if hasattr(request, "correction") else ""
    return f"claim:{request.claim.ref}:follow_up{again}"


def lapse_due(*, at: datetime) -> int:
    """Let every request lapse that had no answer in its time; returns how many.

    Whom no mail has reached could not answer: that request waits for the right address instead.
    """
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
        .exclude(pk__in=Claim.objects.to_be_asked_again().values("pk"))
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
