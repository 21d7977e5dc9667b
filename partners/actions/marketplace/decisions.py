"""Staff decide on applications."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from partners.actions.marketplace.applications import end, waiting
from partners.actions.marketplace.telling import tell_team
from partners.errors import StandardsNotMetError
from partners.models import Application, ApplicationDecision, Listing
from partners.models.marketplace import ApplicationState
from partners.rules import STANDARDS, Standard
from portal.models import User


@transaction.atomic
def approve(
    application: Application, *, standards_met: Collection[Standard], by: User, at: datetime
) -> Listing:
    """List the account, and tell it. Raises NotWaitingError, StandardsNotMetError."""
    locked = waiting(application)
    if set(standards_met) != set(STANDARDS):
        raise StandardsNotMetError
    ApplicationDecision.objects.create(
        application=locked,
        is_approval=True,
        standards_met=list(STANDARDS),
        decided_at=at,
        decided_by=by,
    )
    end(locked, state=ApplicationState.APPROVED)
    listing = Listing.objects.create(
        account=locked.account, application=locked, listed_at=at, listed_by=by
    )
    tell_team(locked.account, letter="listed", cause=str(listing.pk), listing_id=listing.pk)
    return listing


@transaction.atomic
def decline(
    application: Application,
    *,
    standards_met: Collection[Standard],
    reason: str,
    by: User,
    at: datetime,
) -> ApplicationDecision:
    """Say no, with the reason the account is told; it may apply again. Raises NotWaitingError."""
    locked = waiting(application)
    decision = ApplicationDecision.objects.create(
        application=locked,
        is_approval=False,
        standards_met=[standard for standard in STANDARDS if standard in standards_met],
        reason=reason,
        decided_at=at,
        decided_by=by,
    )
    end(locked, state=ApplicationState.DECLINED)
    tell_team(locked.account, letter="not_listed", cause=locked.ref, decision_id=decision.pk)
    return decision
