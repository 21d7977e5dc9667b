"""What somebody wants to be told of an account: chosen on their page, or turned off from a mail."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from partners.models import Account, Choice, NotificationChoice
from partners.notifications import named
from portal.models import User


@transaction.atomic
def choose(user: User, account: Account, choices: Mapping[str, Choice], *, at: datetime) -> None:
    """Keep these choices, by kind. What is the default anyway leaves no row."""
    rows = NotificationChoice.objects.filter(user=user, account=account)
    rows.filter(kind__in=[key for key in choices if choices[key] == named(key).default]).delete()
    NotificationChoice.objects.bulk_create(
        [
            NotificationChoice(user=user, account=account, kind=key, choice=choice, chosen_at=at)
            for key, choice in choices.items()
            if choice != named(key).default
        ],
        update_conflicts=True,
        unique_fields=["account", "user", "kind"],
        update_fields=["choice", "chosen_at"],
    )
