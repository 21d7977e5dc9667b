"""Seats that wait for an address to be verified."""

from django.db import transaction

from partners.models import Membership, PendingMembership
from portal.models import User


@transaction.atomic
def take_seats(*, user: User, email: str) -> int:
    """Turn what waits for this verified address into memberships; returns how many waited.

    Someone who sits in the account already keeps the role they have.
    """
    waiting = list(PendingMembership.objects.select_for_update().filter(email__iexact=email))
    Membership.objects.bulk_create(
        [Membership(account_id=seat.account_id, user=user, role=seat.role) for seat in waiting],
        ignore_conflicts=True,
    )
    PendingMembership.objects.filter(pk__in=[seat.pk for seat in waiting]).delete()
    return len(waiting)
