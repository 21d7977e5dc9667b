"""Who is told what: by the roles that get a kind of notification, and by what each has chosen."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from partners.models import Account, Choice, Membership, NotificationChoice
from partners.notifications import every_kind, named
from partners.roles import ROLES_THAT_CAN
from portal.mail.actions.queue import Draft
from portal.models import User


def audience(key: str, accounts: Iterable[int]) -> QuerySet[Membership]:
    """The seats of these accounts (ids) that are told of this kind, each with its `choice`.

    Whoever has left or whose login is closed is none of them. One query.
    """
    kind = named(key)
    chosen = NotificationChoice.objects.filter(
        account=OuterRef("account"), user=OuterRef("user"), kind=key
    )
    return (
        Membership.objects.filter(
            account__in=list(accounts),
            role__in=ROLES_THAT_CAN[kind.permission],
            user__is_active=True,
        )
        .annotate(choice=Coalesce(Subquery(chosen.values("choice")), Value(kind.default.value)))
        .exclude(choice=Choice.OFF)
        .select_related("user", "account")
        .order_by("account_id", "pk")
    )


def choices_of(user: User, account: Account) -> dict[str, Choice]:
    """What somebody is told of an account, by kind: as they chose, else the default."""
    chosen = NotificationChoice.objects.filter(user=user, account=account)
    kept = {key: Choice(choice) for key, choice in chosen.values_list("kind", "choice")}
    return {kind.key: kept.get(kind.key, kind.default) for kind in every_kind()}


def draft_to(seat: Membership, *, letter: str, key: str, arguments: Mapping[str, Any]) -> Draft:
    """A mail to whoever sits there; `key` names its cause, the same for everyone who is told."""
    return Draft(
        kind=letter,
        key=f"{key}:{seat.user.ref}",
        to=seat.user.email,
        arguments=dict(arguments),
        account_ref=seat.account.ref,
    )
