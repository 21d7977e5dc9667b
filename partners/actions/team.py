"""Seats that are there: another role, the end of one, and the account handed over."""

from datetime import datetime

from django.db import transaction

from partners.actions.activity import record_activity
from partners.errors import GoneError, LastOwnerError, NotTheirsToManageError
from partners.models import Account, Membership
from partners.roles import MANAGES, Role
from portal.mail.actions.queue import Draft, queue
from portal.models import User


@transaction.atomic
def change_role(seat: Membership, *, role: Role, by: User, at: datetime) -> None:
    """Give the seat another role. Raises GoneError, NotTheirsToManageError, LastOwnerError."""
    account, locked = _locked(seat)
    before = Role(locked.role)
    if not {before, role} <= MANAGES[_role_of(by, account)]:
        raise NotTheirsToManageError
    if role == before:
        return
    _refuse_last_owner(account, locked)
    locked.role = role
    locked.save(update_fields=["role"])
    told = {"name": str(locked.user), "role": role.value, "before": before.value}
    record_activity(account, "role_changed", by=by, at=at, **told)


@transaction.atomic
def remove(seat: Membership, *, by: User, at: datetime) -> None:
    """End somebody's seat; they are out with their next request, and told.

    Raises GoneError, NotTheirsToManageError, LastOwnerError.
    """
    account, locked = _locked(seat)
    if Role(locked.role) not in MANAGES[_role_of(by, account)]:
        raise NotTheirsToManageError
    _end(account, locked)
    record_activity(account, "removed", by=by, at=at, name=str(locked.user))
    _tell(locked.user, account, kind="partners/removed", at=at)


@transaction.atomic
def leave(seat: Membership, *, at: datetime) -> None:
    """Give up one's own seat. Raises GoneError, LastOwnerError."""
    account, locked = _locked(seat)
    _end(account, locked)
    record_activity(account, "left", by=locked.user, at=at)


@transaction.atomic
def transfer(seat: Membership, *, by: User, at: datetime) -> None:
    """Make this member the owner; who hands the account over becomes an admin.

    Raises GoneError, NotTheirsToManageError (not an owner, or to oneself).
    """
    account, heir = _locked(seat)
    own = account.memberships.select_for_update().filter(user=by, role=Role.OWNER).first()
    if own is None or own.pk == heir.pk:
        raise NotTheirsToManageError
    heir.role, own.role = Role.OWNER, Role.ADMIN
    heir.save(update_fields=["role"])
    own.save(update_fields=["role"])
    record_activity(account, "transferred", by=by, at=at, name=str(heir.user))
    _tell(heir.user, account, kind="partners/ownership", at=at)


def _locked(seat: Membership) -> tuple[Account, Membership]:
    """The account first, always: changes of one team wait for each other."""
    account = Account.objects.select_for_update(no_key=True).get(pk=seat.account_id)
    seats = Membership.objects.select_for_update(of=("self",)).select_related("user")
    locked = seats.filter(pk=seat.pk).first()
    if locked is None:
        raise GoneError
    return account, locked


def _role_of(user: User, account: Account) -> Role:
    own = account.memberships.filter(user=user).first()
    if own is None:
        raise NotTheirsToManageError
    return Role(own.role)


def _end(account: Account, seat: Membership) -> None:
    _refuse_last_owner(account, seat)
    Membership.objects.filter(pk=seat.pk).delete()


def _refuse_last_owner(account: Account, seat: Membership) -> None:
    others = account.memberships.filter(role=Role.OWNER).exclude(pk=seat.pk)
    if seat.role == Role.OWNER and not others.exists():
        raise LastOwnerError


def _tell(user: User, account: Account, *, kind: str, at: datetime) -> None:
    queue(
        Draft(
            kind=kind,
            key=f"{kind}:{account.ref}:{user.pk}:{at.isoformat()}",
            to=user.email,
            arguments={"account_id": account.pk},
            account_ref=account.ref,
        )
    )
