"""Invitations: sent, sent again, taken back, accepted."""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import transaction

from partners.actions.activity import record_activity
from partners.errors import (
    AlreadyInvitedError,
    AlreadyMemberError,
    InvitationOverError,
    NotTheirsToManageError,
    OtherAddressError,
    SentJustNowError,
    TooManyInvitationsError,
)
from partners.models import Account, Invitation, Membership
from partners.roles import MANAGES, Role
from partners.rules import INVITATION_PAUSE, INVITATION_VALID, INVITATIONS_A_DAY
from portal.mail.actions.queue import Draft, queue
from portal.models import User

A_DAY = timedelta(days=1)


@transaction.atomic
def invite(account: Account, *, email: str, role: Role, by: User, at: datetime) -> Invitation:
    """Offer a seat to whoever has this address.

    Raises NotTheirsToManageError, AlreadyMemberError, AlreadyInvitedError, TooManyInvitationsError.
    """
    locked = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    _refuse_to_manage(locked, by=by, role=role)
    if locked.memberships.filter(user__in=_owners_of(email)).exists():
        raise AlreadyMemberError
    invitations = Invitation.objects.in_account(locked)
    if invitations.open(at).filter(email__iexact=email).exists():
        raise AlreadyInvitedError
    if invitations.filter(invited_at__gt=at - A_DAY).count() >= INVITATIONS_A_DAY:
        raise TooManyInvitationsError
    invitations.unanswered().filter(email__iexact=email).update(revoked_at=at)  # it has expired
    invitation = Invitation.objects.create(
        account=locked,
        email=email,
        role=role,
        invited_at=at,
        invited_by=by,
        sent_at=at,
        expires_at=at + INVITATION_VALID,
    )
    record_activity(locked, "invited", by=by, at=at, email=email, role=role.value)
    _send(invitation)
    return invitation


@transaction.atomic
def send_again(invitation: Invitation, *, by: User, at: datetime) -> None:
    """Send it once more, valid anew. Raises NotTheirsToManageError, InvitationOverError,
    SentJustNowError.
    """
    locked = _unanswered(invitation)
    _refuse_to_manage(locked.account, by=by, role=Role(locked.role))
    if at < locked.sent_at + INVITATION_PAUSE:
        raise SentJustNowError
    locked.sent_at, locked.expires_at = at, at + INVITATION_VALID
    locked.times_sent += 1
    locked.save(update_fields=["sent_at", "expires_at", "times_sent"])
    record_activity(locked.account, "invited_again", by=by, at=at, email=locked.email)
    _send(locked)


@transaction.atomic
def revoke(invitation: Invitation, *, by: User, at: datetime) -> None:
    """Take the offer back. Raises NotTheirsToManageError, InvitationOverError."""
    locked = _unanswered(invitation)
    _refuse_to_manage(locked.account, by=by, role=Role(locked.role))
    locked.revoked_at = at
    locked.save(update_fields=["revoked_at"])
    record_activity(locked.account, "invitation_revoked", by=by, at=at, email=locked.email)


@transaction.atomic
def accept(invitation: Invitation, *, user: User, at: datetime) -> Membership:
    """Take the seat. Who sits in the account by now keeps the role they have.

    Raises InvitationOverError, OtherAddressError.
    """
    locked = _unanswered(invitation)
    if locked.expires_at <= at:
        raise InvitationOverError
    if not Invitation.objects.proved_by(user).filter(pk=locked.pk).exists():
        raise OtherAddressError
    locked.accepted_at, locked.accepted_by = at, user
    locked.save(update_fields=["accepted_at", "accepted_by"])
    seat, is_new = Membership.objects.get_or_create(
        account=locked.account, user=user, defaults={"role": locked.role}
    )
    if is_new:
        record_activity(locked.account, "joined_team", by=user, at=at, role=locked.role)
    return seat


def _owners_of(email: str) -> list[int]:
    """Whoever has this address, proved or not: one seat a person is enough."""
    known = EmailAddress.objects.filter(email__iexact=email).values_list("user", flat=True)
    return [*known, *User.objects.filter(email__iexact=email).values_list("pk", flat=True)]


def _refuse_to_manage(account: Account, *, by: User, role: Role) -> None:
    seat = account.memberships.filter(user=by).first()
    if seat is None or role not in MANAGES[Role(seat.role)]:
        raise NotTheirsToManageError


def _unanswered(invitation: Invitation) -> Invitation:
    """Locked, and the account with it: an answer comes before or after whatever else is done."""
    Account.objects.select_for_update(no_key=True).get(pk=invitation.account_id)
    locked = (
        Invitation.objects.unanswered()
        .select_for_update(of=("self",))
        .select_related("account")
        .filter(pk=invitation.pk)
        .first()
    )
    if locked is None:
        raise InvitationOverError
    return locked


def _send(invitation: Invitation) -> None:
    queue(
        Draft(
            kind="partners/invitation",
            key=f"invitation:{invitation.ref}:{invitation.times_sent}",
            to=invitation.email,
            arguments={"invitation_id": invitation.pk},
            account_ref=invitation.account.ref,
        )
    )
