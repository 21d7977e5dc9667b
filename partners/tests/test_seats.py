"""Seats that wait for an address to be proved."""

import pytest

from partners.actions.seats import take_seats
from partners.models import Account, Membership, PendingMembership
from portal.testing import builders as make

pytestmark = pytest.mark.django_db


def waiting(account: Account, *, email: str = "bob@studio.example", role: str = "billing") -> None:
    PendingMembership.objects.create(account=account, email=email, role=role)


def test_a_proved_address_takes_the_seats_that_waited_for_it() -> None:
    studio, bob = make.studio(), make.person(name="Bob")
    waiting(studio)
    waiting(make.bakery(), role="admin")

    taken = take_seats(user=bob, email=bob.email)

    assert taken == 2
    assert set(bob.memberships.values_list("role", flat=True)) == {"billing", "admin"}
    assert not PendingMembership.objects.exists()


def test_an_address_is_recognised_whatever_its_case() -> None:
    waiting(make.studio(), email="Bob@Studio.example")

    assert take_seats(user=make.person(name="Bob"), email="bob@studio.example") == 1


def test_who_sits_there_already_keeps_the_role_they_have() -> None:
    studio = make.studio()
    seat = make.member(account=studio, name="Bob")
    waiting(studio, role="admin")

    take_seats(user=seat.user, email=seat.user.email)

    assert Membership.objects.get(user=seat.user).role == "member"
    assert not PendingMembership.objects.exists()


def test_seats_of_other_addresses_go_on_waiting() -> None:
    waiting(make.studio(), email="carol@bakery.example")

    assert take_seats(user=make.person(name="Bob"), email="bob@studio.example") == 0
    assert PendingMembership.objects.count() == 1
