"""The activity log of an account: written with what it tells of."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from partners.models import Account, Activity
from portal.models import User


def record_activity(
    account: Account, kind: str, *, by: User | None, at: datetime, **details: str
) -> None:
    """Add a line to the account's log. Belongs into the transaction of what was done."""
    Activity.objects.create(account=account, kind=kind, by=by, at=at, details=details)


def record_activities(
    account: Account,
    kind: str,
    *,
    by: User | None,
    at: datetime,
    details: Iterable[Mapping[str, str]],
) -> None:
    """Add a line for each of several things done at once, in one statement."""
    Activity.objects.bulk_create(
        Activity(account=account, kind=kind, by=by, at=at, details=dict(one)) for one in details
    )
