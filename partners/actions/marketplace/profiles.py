"""Writing the marketplace profile."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from partners.actions.activity import record_activity
from partners.errors import ProfileIncompleteError
from partners.models import Account, Listing, Profile
from portal.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A profile as its account writes it."""

    name: str
    tagline: str = ""
    text: str = ""
    website: str = ""
    services: list[str]
    regions: list[str]
    languages: list[str]


@transaction.atomic
def write_profile(account: Account, written: Written, *, by: User, at: datetime) -> Profile:
    """Keep the profile: as a draft, or in public at once where the account is listed.

    Raises ProfileIncompleteError where a listed one would lose what everyone tells.
    """
    locked = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    profile = Profile.objects.filter(account=locked).first() or Profile(account=locked)
    for name, value in asdict(written).items():
        setattr(profile, name, value)
    if profile.missing and Listing.objects.in_force().filter(account=locked).exists():
        raise ProfileIncompleteError
    profile.changed_at = at
    profile.save()
    record_activity(locked, "profile_edited", by=by, at=at)
    return profile
