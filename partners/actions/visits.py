"""Staff look on as an account sees itself: begun with a reason, ended by hand or in time."""

from datetime import datetime

from django.db import transaction

from partners.errors import OnVisitAlreadyError
from partners.models import Account, StaffVisit
from partners.rules import STAFF_VISIT
from portal.models import User


@transaction.atomic
def begin_visit(account: Account, *, reason: str, by: User, at: datetime) -> StaffVisit:
    """Let somebody of staff see the account's pages for a while; a visit elsewhere ends.

    Raises OnVisitAlreadyError while they look on there.
    """
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if StaffVisit.objects.going_on(at).filter(by=by, account=account).exists():
        raise OnVisitAlreadyError
    end_visit(by, at=at)
    return StaffVisit.objects.create(
        account=account, by=by, reason=reason, began_at=at, ends_at=at + STAFF_VISIT
    )


def end_visit(by: User, *, at: datetime) -> bool:
    """End whatever visit they are on; False if they are on none."""
    return bool(StaffVisit.objects.filter(by=by, ended_at=None).update(ended_at=at))
