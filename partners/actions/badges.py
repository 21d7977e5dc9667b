"""Staff take a badge away, and give it back."""

from datetime import datetime

from django.db import transaction

from partners.actions.activity import record_activity
from partners.errors import AlreadyLiftedError, AlreadyRevokedError, NotAPartnerError
from partners.models import Account, BadgeRevocation, Enrolment
from portal.mail.actions.queue import Draft, queue
from portal.models import User


@transaction.atomic
def revoke_badge(account: Account, *, reason: str, by: User, at: datetime) -> BadgeRevocation:
    """From now on pictures and verification page say that the badge is revoked; the rank stays.

    Raises NotAPartnerError, AlreadyRevokedError.
    """
    locked = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    if not Enrolment.objects.filter(account=locked).exists():
        raise NotAPartnerError
    if locked.badge_revocations.in_force().exists():
        raise AlreadyRevokedError
    revocation = BadgeRevocation.objects.create(
        account=locked, reason=reason, revoked_by=by, revoked_at=at
    )
    _tell(revocation, "badge_revoked", at=at)
    return revocation


@transaction.atomic
def lift_revocation(revocation: BadgeRevocation, *, because: str, by: User, at: datetime) -> None:
    """The badge shows the rank held again. Raises AlreadyLiftedError."""
    in_force = BadgeRevocation.objects.in_force().select_for_update().filter(pk=revocation.pk)
    locked = in_force.first()
    if locked is None:
        raise AlreadyLiftedError
    locked.lifted_by, locked.lifted_at, locked.lifted_because = by, at, because
    locked.save(update_fields=["lifted_by", "lifted_at", "lifted_because"])
    _tell(locked, "badge_restored", at=at)


def _tell(revocation: BadgeRevocation, what: str, *, at: datetime) -> None:
    account = revocation.account
    record_activity(account, what, by=None, at=at)
    queue(
        Draft(
            kind=f"partners/{what}",
            key=f"revocation:{revocation.pk}:{what}",
            to=account.email,
            arguments={"revocation_id": revocation.pk},
            account_ref=account.ref,
        )
    )
