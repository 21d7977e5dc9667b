"""Staff close a claim as a duplicate of another, which stands."""

from datetime import datetime

from django.db import transaction

from claims.actions.submit import close
from claims.audience import submitters
from claims.errors import (
    MergedAlreadyError,
    NothingInCommonError,
    NothingToMergeError,
    SameClaimError,
    StandsNoMoreError,
)
from claims.models import STANDING, Claim, ClaimState, Merger
from partners.actions.approvals import end_approval
from partners.audience import draft_to
from partners.models import Account, Membership
from portal.lib import clock
from portal.mail.actions.queue import queue_many
from portal.models import User


@transaction.atomic
def merge(claim: Claim, *, into: Claim, reason: str, by: User, at: datetime) -> Merger:
    """Close the claim in favour of the one that stands; whoever submitted it is told the reason.

    What it alone had brought is taken back. Both rows are locked, in one order, so that two people
    merge once and never in a circle. Raises SameClaimError, MergedAlreadyError,
    NothingToMergeError, StandsNoMoreError, NothingInCommonError.
    """
    if claim.pk == into.pk:
        raise SameClaimError
    duplicate, standing = _locked(claim, into)
    _refuse_unless_duplicate(duplicate, standing)
    carried_points = duplicate.state == ClaimState.APPROVED
    merger = Merger.objects.create(
        claim=duplicate, into=standing, reason=reason, merged_by=by, merged_at=at
    )
    close(duplicate, state=ClaimState.MERGED, at=at)
    if carried_points and not _is_carried_on(duplicate, standing):
        end_approval(account=duplicate.account, site=duplicate.site, on=clock.date_of(at))
    _tell(duplicate)
    return merger


def _locked(duplicate: Claim, standing: Claim) -> tuple[Claim, Claim]:
    both = (
        Claim.objects.filter(pk__in=[duplicate.pk, standing.pk])
        .select_for_update(of=("self",))
        .select_related("account", "site")
        .order_by("pk")
    )
    locked = {claim.pk: claim for claim in both}
    return locked[duplicate.pk], locked[standing.pk]


def _refuse_unless_duplicate(duplicate: Claim, standing: Claim) -> None:
    if duplicate.state == ClaimState.MERGED:
        raise MergedAlreadyError
    if duplicate.state not in STANDING:
        raise NothingToMergeError
    if standing.state not in STANDING:
        raise StandsNoMoreError
    if not _have_somebody_in_common(duplicate.account, standing.account):
        raise NothingInCommonError


def _have_somebody_in_common(one: Account, other: Account) -> bool:
    """Whether they are the same account, or somebody sits in both."""
    team = Membership.objects.filter(account=one).values("user")
    return one == other or Membership.objects.filter(account=other, user__in=team).exists()


def _is_carried_on(duplicate: Claim, standing: Claim) -> bool:
    """Whether the approval stays, since another claim of the account on the site carries it."""
    same = Claim.objects.filter(account=duplicate.account, site=duplicate.site)
    return same.filter(pk=standing.pk).exists() or same.filter(state=ClaimState.APPROVED).exists()


def _tell(duplicate: Claim) -> None:
    queue_many(
        draft_to(
            seat,
            letter="claims/merged",
            key=f"claim:{duplicate.ref}:merged",
            arguments={"claim_id": duplicate.pk},
        )
        for seat in submitters([duplicate]).values()
    )
