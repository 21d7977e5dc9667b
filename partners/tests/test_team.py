"""Roles changed, seats ended, accounts handed over; and always an owner."""

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from partners.actions.team import change_role, leave, remove, transfer
from partners.activities import in_words
from partners.errors import GoneError, LastOwnerError, NotTheirsToManageError
from partners.models import Account, Activity, Membership
from partners.roles import Role
from portal.mail.models import Message
from portal.testing import builders as make
from portal.testing.races import at_once

pytestmark = pytest.mark.django_db

NOW = make.noon(make.TODAY)


@pytest.fixture
def studio() -> Account:
    return make.studio()


def seat_of(name: str, account: Account) -> Membership:
    return account.memberships.get(user=make.person(name=name))


def roles(account: Account) -> dict[str, str]:
    return dict(account.memberships.values_list("user__name", "role"))


# --- Roles ---------------------------------------------------------------------------------------


def test_an_owner_gives_any_role(studio) -> None:
    bob = make.member(account=studio)

    for role in Role:
        change_role(bob, role=role, by=make.person(), at=NOW)

        bob.refresh_from_db()
        assert bob.role == role


def test_an_admin_manages_up_to_admins_and_not_owners(studio) -> None:
    make.member(account=studio, name="Charlie", role=Role.ADMIN)
    bob = make.member(account=studio)
    charlie = make.person(name="Charlie")

    change_role(bob, role=Role.ADMIN, by=charlie, at=NOW)

    with pytest.raises(NotTheirsToManageError):
        change_role(bob, role=Role.OWNER, by=charlie, at=NOW)
    with pytest.raises(NotTheirsToManageError):
        change_role(seat_of("Alice", studio), role=Role.MEMBER, by=charlie, at=NOW)


@pytest.mark.parametrize("role", [Role.MEMBER, Role.BILLING])
def test_other_roles_manage_nobody(studio, role: Role) -> None:
    make.member(account=studio, name="Charlie", role=role)
    bob = make.member(account=studio)

    with pytest.raises(NotTheirsToManageError):
        change_role(bob, role=Role.BILLING, by=make.person(name="Charlie"), at=NOW)
    with pytest.raises(NotTheirsToManageError):
        remove(bob, by=make.person(name="Charlie"), at=NOW)


def test_the_last_owner_is_not_made_anything_else(studio) -> None:
    with pytest.raises(LastOwnerError):
        change_role(seat_of("Alice", studio), role=Role.ADMIN, by=make.person(), at=NOW)


def test_one_of_two_owners_can_step_down(studio) -> None:
    make.member(account=studio, role=Role.OWNER)

    change_role(seat_of("Alice", studio), role=Role.ADMIN, by=make.person(), at=NOW)

    assert roles(studio) == {"Alice": "admin", "Bob": "owner"}


def test_a_change_is_told_in_the_log_with_both_roles(studio) -> None:
    change_role(make.member(account=studio), role=Role.ADMIN, by=make.person(), at=NOW)

    assert in_words(Activity.objects.get()) == "made Bob Admin instead of Member"


def test_the_role_somebody_has_is_no_change(studio) -> None:
    change_role(make.member(account=studio), role=Role.MEMBER, by=make.person(), at=NOW)

    assert not Activity.objects.exists()


# --- Ends ----------------------------------------------------------------------------------------


def test_who_is_removed_is_out_with_the_next_request_and_told(studio, client: Client) -> None:
    bob = make.member(account=studio)
    client.force_login(bob.user)
    page = reverse("partners:team", args=[studio.ref])
    assert client.get(page).status_code == 200

    remove(bob, by=make.person(), at=NOW)

    assert client.get(page).status_code == 404
    assert Message.objects.get(kind="partners/removed").to == bob.user.email


def test_a_seat_that_ended_is_not_ended_again(studio) -> None:
    bob = make.member(account=studio)
    remove(bob, by=make.person(), at=NOW)

    with pytest.raises(GoneError):
        remove(bob, by=make.person(), at=NOW)


def test_who_was_removed_removes_nobody(studio) -> None:
    charlie = make.member(account=studio, name="Charlie", role=Role.ADMIN)
    bob = make.member(account=studio)
    remove(charlie, by=make.person(), at=NOW)

    with pytest.raises(NotTheirsToManageError):
        remove(bob, by=charlie.user, at=NOW)


def test_anybody_leaves_but_the_last_owner(studio) -> None:
    bob = make.member(account=studio)

    leave(bob, at=NOW)

    assert roles(studio) == {"Alice": "owner"}
    with pytest.raises(LastOwnerError):
        leave(seat_of("Alice", studio), at=NOW)


# --- Handing over --------------------------------------------------------------------------------


def test_the_new_owner_owns_and_the_old_one_is_an_admin(studio) -> None:
    bob = make.member(account=studio)

    transfer(bob, by=make.person(), at=NOW)

    assert roles(studio) == {"Alice": "admin", "Bob": "owner"}
    assert Message.objects.get(kind="partners/ownership").to == bob.user.email


def test_only_an_owner_hands_over_and_not_to_themselves(studio) -> None:
    make.member(account=studio, name="Charlie", role=Role.ADMIN)
    bob = make.member(account=studio)

    with pytest.raises(NotTheirsToManageError):
        transfer(bob, by=make.person(name="Charlie"), at=NOW)
    with pytest.raises(NotTheirsToManageError):
        transfer(seat_of("Alice", studio), by=make.person(), at=NOW)


# --- Races, and the database ---------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_demote_each_other_at_once_leave_one() -> None:
    studio = make.studio()
    bob = make.member(account=studio, role=Role.OWNER)
    alice = seat_of("Alice", studio)

    at_once(
        lambda: change_role(bob, role=Role.MEMBER, by=alice.user, at=NOW),
        lambda: change_role(alice, role=Role.MEMBER, by=bob.user, at=NOW),
    )

    assert sorted(roles(studio).values()) == ["member", "owner"]


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_leave_at_once_leave_one() -> None:
    studio = make.studio()
    bob = make.member(account=studio, role=Role.OWNER)
    alice = seat_of("Alice", studio)

    answers = at_once(lambda: leave(bob, at=NOW), lambda: leave(alice, at=NOW))

    assert {type(answer) for answer in answers} == {type(None), LastOwnerError}
    assert studio.memberships.filter(role="owner").count() == 1


@pytest.mark.django_db(transaction=True)
def test_not_even_plain_statements_at_once_end_the_last_owner() -> None:
    studio = make.studio()
    make.member(account=studio, role=Role.OWNER)

    at_once(
        *(
            lambda pk=pk: Membership.objects.filter(pk=pk).update(role="member")
            for pk in studio.memberships.values_list("pk", flat=True)
        )
    )

    assert studio.memberships.filter(role="owner").count() == 1


@pytest.mark.parametrize(
    "end", [lambda seats: seats.delete(), lambda seats: seats.update(role="member")]
)
def test_the_database_keeps_the_last_owner(studio, end) -> None:
    with pytest.raises(DatabaseError, match="the last owner"), transaction.atomic():
        end(Membership.objects.filter(account=studio))
