"""Invitations: who may send them, how long they hold, and who can accept one."""

from datetime import datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from partners.actions.invitations import accept, invite, revoke, send_again
from partners.errors import (
    AlreadyInvitedError,
    AlreadyMemberError,
    InvitationOverError,
    NotTheirsToManageError,
    OtherAddressError,
    SentJustNowError,
    TooManyInvitationsError,
)
from partners.models import Account, Activity, Invitation, Membership
from partners.roles import Role
from partners.rules import INVITATION_PAUSE, INVITATION_VALID, INVITATIONS_A_DAY
from portal.mail.models import Message
from portal.models import User
from portal.testing import builders as make
from portal.testing.races import at_once

pytestmark = pytest.mark.django_db

NOW = make.noon(make.TODAY)
BOB = "bob@studio.example"
A_SECOND = timedelta(seconds=1)


@pytest.fixture
def studio() -> Account:
    return make.studio()


def verified(name: str, email: str = "") -> User:
    user = make.person(name=name)
    EmailAddress.objects.create(user=user, email=email or user.email, verified=True)
    return user


def invited(
    account: Account,
    email: str = BOB,
    *,
    role: Role = Role.MEMBER,
    at: datetime = NOW,
    by: str = "Alice",
) -> Invitation:
    return invite(account, email=email, role=role, by=make.person(name=by), at=at)


# --- Inviting ------------------------------------------------------------------------------------


def test_an_invitation_goes_out_by_mail_and_is_in_the_log(studio) -> None:
    invitation = invited(studio)

    assert invitation.expires_at == NOW + INVITATION_VALID
    assert Message.objects.get(kind="partners/invitation").to == BOB
    line = Activity.objects.get()
    assert (line.kind, line.by, line.details["email"]) == ("invited", make.person(), BOB)


@pytest.mark.parametrize(
    ("by", "role", "may"),
    [
        (Role.OWNER, Role.OWNER, True),
        (Role.ADMIN, Role.ADMIN, True),
        (Role.ADMIN, Role.OWNER, False),
        (Role.MEMBER, Role.MEMBER, False),
        (Role.BILLING, Role.BILLING, False),
    ],
)
def test_nobody_gives_a_seat_above_their_own(studio, by: Role, role: Role, may: bool) -> None:
    make.member(account=studio, name="Charlie", role=by)

    if may:
        assert invited(studio, role=role, by="Charlie").role == role
    else:
        with pytest.raises(NotTheirsToManageError):
            invited(studio, role=role, by="Charlie")


def test_a_stranger_invites_nobody(studio) -> None:
    with pytest.raises(NotTheirsToManageError):
        invited(studio, by="Charlie")


def test_who_sits_in_the_account_is_not_invited(studio) -> None:
    make.member(account=studio, name="Bob")

    with pytest.raises(AlreadyMemberError):
        invited(studio, "BOB@studio.example")


def test_one_address_has_one_invitation_at_a_time(studio) -> None:
    invited(studio)

    with pytest.raises(AlreadyInvitedError):
        invited(studio, "Bob@Studio.example", at=NOW + INVITATION_VALID - A_SECOND)


def test_once_it_has_expired_the_address_can_be_invited_anew(studio) -> None:
    first = invited(studio)

    second = invited(studio, at=NOW + INVITATION_VALID)

    first.refresh_from_db()
    assert first.revoked_at
    assert list(Invitation.objects.unanswered()) == [second]


def test_the_database_holds_one_unanswered_invitation_an_address(studio) -> None:
    invitation = invited(studio)
    invitation.pk, invitation.ref, invitation.email = None, "another", BOB.upper()

    with pytest.raises(IntegrityError), transaction.atomic():
        invitation.save(force_insert=True)


def test_an_account_invites_so_many_a_day_and_goes_on_the_next(studio) -> None:
    for number in range(INVITATIONS_A_DAY):
        invited(studio, f"person-{number}@people.example")

    with pytest.raises(TooManyInvitationsError):
        invited(studio)

    invited(studio, at=NOW + timedelta(days=1))


# --- Sending again, taking back ------------------------------------------------------------------


def test_sent_again_it_is_valid_anew(studio) -> None:
    invitation = invited(studio)
    later = NOW + timedelta(days=20)

    send_again(invitation, by=make.person(), at=later)

    invitation.refresh_from_db()
    assert (invitation.times_sent, invitation.expires_at) == (2, later + INVITATION_VALID)
    assert Message.objects.filter(kind="partners/invitation").count() == 2


def test_it_is_sent_again_after_a_pause(studio) -> None:
    invitation = invited(studio)

    with pytest.raises(SentJustNowError):
        send_again(invitation, by=make.person(), at=NOW + INVITATION_PAUSE - A_SECOND)

    send_again(invitation, by=make.person(), at=NOW + INVITATION_PAUSE)


def test_taken_back_it_is_worth_nothing(studio) -> None:
    invitation = invited(studio)
    revoke(invitation, by=make.person(), at=NOW)

    for act in (
        lambda: accept(invitation, user=verified("Bob"), at=NOW),
        lambda: send_again(invitation, by=make.person(), at=NOW + INVITATION_PAUSE),
        lambda: revoke(invitation, by=make.person(), at=NOW),
    ):
        with pytest.raises(InvitationOverError):
            act()


def test_an_admin_does_not_touch_the_invitation_of_an_owner(studio) -> None:
    make.member(account=studio, name="Charlie", role=Role.ADMIN)
    invitation = invited(studio, role=Role.OWNER)

    with pytest.raises(NotTheirsToManageError):
        revoke(invitation, by=make.person(name="Charlie"), at=NOW)


# --- Accepting -----------------------------------------------------------------------------------


def test_accepted_it_is_a_seat(studio) -> None:
    invitation, bob = invited(studio, role=Role.BILLING), verified("Bob")

    seat = accept(invitation, user=bob, at=NOW)

    assert (seat.account, seat.user, seat.role) == (studio, bob, "billing")
    assert Activity.objects.filter(kind="joined_team", by=bob).exists()


@pytest.mark.parametrize(("when", "holds"), [(-A_SECOND, True), (0 * A_SECOND, False)])
def test_it_can_be_accepted_for_two_weeks(studio, when: timedelta, holds: bool) -> None:
    invitation, bob = invited(studio), verified("Bob")
    at = NOW + INVITATION_VALID + when

    if holds:
        assert accept(invitation, user=bob, at=at).user == bob
    else:
        with pytest.raises(InvitationOverError):
            accept(invitation, user=bob, at=at)


def test_it_is_accepted_once(studio) -> None:
    invitation, bob = invited(studio), verified("Bob")
    accept(invitation, user=bob, at=NOW)
    bob.memberships.all().delete()

    with pytest.raises(InvitationOverError):
        accept(invitation, user=bob, at=NOW)


def test_another_persons_login_does_not_take_the_seat(studio) -> None:
    invitation = invited(studio)

    with pytest.raises(OtherAddressError):
        accept(invitation, user=verified("Charlie"), at=NOW)


def test_an_address_that_is_not_verified_does_not_take_the_seat(studio) -> None:
    invitation, bob = invited(studio), make.person(name="Bob")
    EmailAddress.objects.create(user=bob, email=bob.email, verified=False)

    with pytest.raises(OtherAddressError):
        accept(invitation, user=bob, at=NOW)


def test_a_second_address_of_ones_own_is_as_good(studio) -> None:
    invitation = invited(studio)
    charlie = verified("Charlie", email="Bob@Studio.example")

    assert accept(invitation, user=charlie, at=NOW).user == charlie


def test_who_sits_there_by_now_keeps_the_role_they_have(studio) -> None:
    invitation, bob = invited(studio, role=Role.ADMIN), verified("Bob")
    make.member(account=studio, name="Bob", role=Role.BILLING)

    assert accept(invitation, user=bob, at=NOW).role == "billing"


@pytest.mark.django_db(transaction=True)
def test_two_who_accept_at_once_get_one_seat() -> None:
    invitation = invited(make.studio())
    bob, charlie = verified("Bob"), verified("Charlie", email=BOB.upper())

    answers = at_once(
        lambda: accept(invitation, user=bob, at=NOW),
        lambda: accept(invitation, user=charlie, at=NOW),
    )

    assert {type(answer) for answer in answers} == {InvitationOverError, Membership}
    assert Membership.objects.exclude(role="owner").count() == 1
