"""Claims whose site has left the account that was asked: they end, and can be made anew at once."""

from datetime import datetime

from django.db import transaction

from claims.actions.submit import close
from claims.audience import submitters
from claims.models import Claim, ClaimState
from partners.audience import draft_to
from portal.mail.actions.queue import queue_many

BATCH = 100


def end_moved(*, at: datetime) -> int:
    """End every open claim on a site that sits in another account by now; returns how many."""
    ended, batch = 0, BATCH
    while batch == BATCH:
        batch = _moved_batch(at=at)
        ended += batch
    return ended


@transaction.atomic
def _moved_batch(*, at: datetime) -> int:
    claims = list(
        Claim.objects.moved_away()
        .select_for_update(of=("self",), skip_locked=True)
        .order_by("id")[:BATCH]
    )
    for claim in claims:
        close(claim, state=ClaimState.MOVED, at=at)
    told = submitters(claims)
    queue_many(
        draft_to(
            told[claim.pk],
            letter="claims/moved",
            key=f"claim:{claim.ref}:moved",
            arguments={"claim_id": claim.pk},
        )
        for claim in claims
        if claim.pk in told
    )
    return len(claims)
