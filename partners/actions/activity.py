"""The activity log of an account: written with what it tells of."""

from datetime import datetime

from partners.models import Account, Activity
from portal.models import User


def record_activity(
    account: Account, kind: str, *, by: User | None, at: datetime, **details: str
) -> None:
    """Add a line to the account's log. Belongs into the transaction of what was done."""
    Activity.objects.create(account=account, kind=kind, by=by, at=at, details=details)
