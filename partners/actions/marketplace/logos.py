"""The logo: put up, taken down."""

import hashlib
from datetime import datetime

from django.db import transaction

from partners.actions.activity import record_activity
from partners.logos import as_logo
from partners.models import Account, LogoImage
from portal.models import User


def put_logo(account: Account, file: bytes, *, by: User, at: datetime) -> LogoImage:
    """Make the file the account's logo, encoded anew; it replaces the one before.

    The picture is read before the transaction begins. Raises LogoError.
    """
    content = as_logo(file)
    with transaction.atomic():
        locked = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
        logo, _ = LogoImage.objects.update_or_create(
            account=locked,
            defaults={
                "digest": hashlib.sha256(content).hexdigest(),
                "content": content,
                "uploaded_at": at,
                "uploaded_by": by,
            },
        )
        record_activity(locked, "logo_changed", by=by, at=at)
    return logo


@transaction.atomic
def remove_logo(account: Account, *, by: User, at: datetime) -> None:
    """Take the logo down; does nothing where there is none."""
    locked = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    removed, _ = LogoImage.objects.filter(account=locked).delete()
    if removed:
        record_activity(locked, "logo_removed", by=by, at=at)
