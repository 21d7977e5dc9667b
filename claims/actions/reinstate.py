"""Staff put a wrong decline right."""

from datetime import datetime

from django.db import transaction

from claims.actions.submit import close
from claims.audience import submitters
from claims.errors import NotDeclinedError
from claims.models import Claim, ClaimState, Reinstatement
from partners.actions.approvals import approve_contributor
from partners.audience import draft_to
from portal.lib import clock
from portal.mail.actions.queue import Draft, queue_many
from portal.models import User


@transaction.atomic
def reinstate(claim: Claim, *, by: User, reason: str, at: datetime) -> Reinstatement:
    """Approve a declined claim after all; what should have been credited is, and both are told.

    Raises NotDeclinedError, so that two people (or clicks) put it right once.
    """
    locked = (
        Claim.objects.select_for_update(of=("self",))
        .select_related("account", "site", "client", "submitted_by", "request")
        .get(pk=claim.pk)
    )
    if locked.state != ClaimState.DECLINED:
        raise NotDeclinedError
    wrong = locked.answers.latest("ordinal")
    reinstated = Reinstatement.objects.create(
        claim=locked,
        answer=wrong,
        reason=reason,
        reinstated_by=by,
        reinstated_at=at,
    )
    close(locked, state=ClaimState.APPROVED, at=at)
    approve_contributor(
        account=locked.account,
        site=locked.site,
        from_year=locked.programme_year,
        on=clock.date_of(at),
        approved_on=wrong.answered_on,
    )
    _tell_both(locked, reinstated)
    return reinstated


def _tell_both(claim: Claim, reinstated: Reinstatement) -> None:
    key, arguments = f"claim:{claim.ref}:reinstated", {"reinstatement_id": reinstated.pk}
    to_client = Draft(
        kind="claims/reinstated_client",
        key=f"{key}:client",
        to=claim.request.sent_to,
        arguments=arguments,
        account_ref=claim.client.ref,
    )
    to_partner = [
        draft_to(seat, letter="claims/reinstated_partner", key=key, arguments=arguments)
        for seat in submitters([claim]).values()
    ]
    queue_many([to_client, *to_partner])
