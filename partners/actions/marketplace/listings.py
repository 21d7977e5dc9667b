"""Staff take a listing down, and put it up again."""

from datetime import datetime

from django.db import transaction

from partners.actions.marketplace.telling import tell_team
from partners.errors import AlreadyListedError, ApplicationOpenError, NotListedError
from partners.models import Account, Application, Listing
from partners.models.listings import RemovalReason
from portal.models import User


@transaction.atomic
def remove_listing(
    listing: Listing, *, reason: RemovalReason, note: str, by: User, at: datetime
) -> None:
    """End a listing that fails the standards, and tell the account why. Raises NotListedError."""
    locked = _locked(listing)
    if locked.removed_at:
        raise NotListedError
    locked.removed_at, locked.removed_by = at, by
    locked.removed_for, locked.removal_note = reason, note
    locked.save(update_fields=["removed_at", "removed_by", "removed_for", "removal_note"])
    tell_team(locked.account, letter="unlisted", cause=str(locked.pk), listing_id=locked.pk)


@transaction.atomic
def list_again(removed: Listing, *, by: User, at: datetime) -> Listing:
    """Put the account of a removed listing back into the directory, and tell it.

    Raises AlreadyListedError, ApplicationOpenError (which is to be decided instead).
    """
    account = _locked(removed).account
    if Listing.objects.in_force().filter(account=account).exists():
        raise AlreadyListedError
    if Application.objects.open().filter(account=account).exists():
        raise ApplicationOpenError
    listing = Listing.objects.create(account=account, listed_at=at, listed_by=by)
    tell_team(account, letter="listed", cause=str(listing.pk), listing_id=listing.pk)
    return listing


def _locked(listing: Listing) -> Listing:
    Account.objects.select_for_update(no_key=True).get(pk=listing.account_id)
    listings = Listing.objects.select_for_update(of=("self",)).select_related("account")
    return listings.get(pk=listing.pk)
