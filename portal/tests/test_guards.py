"""What the database itself refuses of people and the rehearsal clock."""

import pytest

from portal.models import RehearsalClock
from portal.testing import builders as make
from portal.testing.assertions import insert_like, refused, run

pytestmark = pytest.mark.django_db


def test_an_address_is_one_persons_whatever_its_case() -> None:
    alice = make.person()

    with refused("user_email_unique"):
        insert_like(alice, email="ALICE@studio.example")


def test_the_rehearsal_clock_is_one_row() -> None:
    RehearsalClock.objects.create(today=make.TODAY)

    with refused("rehearsal_clock_single_row"):
        run("INSERT INTO portal_rehearsalclock (id, today) VALUES (2, '2026-01-01')")
    with refused("portal_rehearsalclock_pkey"):
        run("INSERT INTO portal_rehearsalclock (id, today) VALUES (1, '2026-01-01')")
