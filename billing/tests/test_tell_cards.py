"""A card that something is charged to is told of before its last day; once for each such day."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.actions.cancel import cancel
from billing.actions.tell_cards import tell_cards
from billing.models import CardNotice, PaymentMethod
from billing.rules import CARD_EXPIRES_SOON_DAYS, months_expiring_soon
from partners.models import Account, Choice, Membership
from partners.roles import Role
from partners.tests.telling import told, wants, words
from portal.lib import clock
from portal.mail.models import Message
from portal.testing import builders as make
from portal.testing.assertions import NEVER_CHANGES, refused
from portal.testing.races import at_once

pytestmark = pytest.mark.django_db

KIND = "billing/card_expiring"
BOUGHT = date(2026, 3, 10)
LAST_DAY = date(2026, 8, 31)
TOLD = LAST_DAY - timedelta(days=CARD_EXPIRES_SOON_DAYS)
A_DAY = timedelta(days=1)
ALICE = "alice@studio.example"


def expiring(account: Account, *, is_default: bool = True) -> PaymentMethod:
    """A card with August 2026 on it."""
    card = make.card(account=account, is_default=is_default)
    PaymentMethod.objects.filter(pk=card.pk).update(expires_month=8, expires_year=2026)
    return card


@pytest.fixture
def studio() -> Account:
    """With a subscription that is charged to the default card, which expires."""
    account = make.studio()
    expiring(account)
    make.subscription_bought(account=account, on=BOUGHT)
    return account


def tell(on: date = TOLD) -> int:
    with clock.frozen(on):
        return tell_cards(on=on)


# --- When ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "expected"), [(TOLD - A_DAY, 0), (TOLD, 1), (LAST_DAY, 1), (LAST_DAY + A_DAY, 0)]
)
def test_it_is_told_from_30_days_before_its_last_day_to_that_day(studio, on, expected):
    assert tell(on) == expected


@pytest.mark.parametrize(
    ("on", "months"),
    [
        (date(2026, 1, 1), [(2026, 1)]),
        (date(2026, 1, 29), [(2026, 1), (2026, 2)]),
        (date(2026, 3, 31), [(2026, 3), (2026, 4)]),
        (date(2026, 12, 31), [(2026, 12)]),
        (date(2027, 1, 1), [(2027, 1)]),
    ],
)
def test_months_that_expire_soon(on, months):
    assert months_expiring_soon(on) == months


def test_a_card_nothing_is_charged_to_is_not_told_of(studio):
    expiring(studio, is_default=False)

    assert tell() == 1


def test_a_card_charged_by_name_is_told_of_and_a_default_nothing_follows_is_not(studio):
    named = expiring(studio, is_default=False)
    studio.subscriptions.update(payment_method=named)

    tell()

    assert CardNotice.objects.get().method == named


def test_when_nothing_renews_there_is_nothing_to_tell(studio):
    with clock.frozen(TOLD - A_DAY):
        cancel(studio.subscriptions.get(), by=make.person(), at=clock.now())

    assert tell() == 0


def test_a_removed_card_is_not_told_of(studio):
    studio.payment_methods.update(removed_at=clock.start_of(TOLD), is_default=False)

    assert tell() == 0


# --- What it says --------------------------------------------------------------------------------


def test_it_says_which_card_what_depends_on_it_and_that_there_may_be_nothing_to_do(studio):
    tell()

    with clock.frozen(TOLD):
        text = words(KIND)

    assert "Visa •••• 4242 expires on Aug. 31, 2026" in text
    assert "One subscription of Studio is charged to this card." in text
    assert "card networks usually send us the new details by themselves" in text
    assert "we try the card all the same" in text


# --- To whom, and once ---------------------------------------------------------------------------


def test_who_may_change_cards_is_told_and_not_who_may_not_turned_it_off_or_left(studio):
    for name, role in (("Bob", Role.BILLING), ("Carol", Role.MEMBER), ("Erin", Role.ADMIN)):
        make.member(account=studio, name=name, role=role)
    wants("cards", Choice.OFF, account=studio)
    Membership.objects.filter(user=make.person(name="Erin")).delete()

    tell()

    assert told(KIND) == ["bob@studio.example"]


def test_run_again_it_tells_nothing_twice(studio):
    counts = [tell(), tell(), tell(TOLD + A_DAY)]

    assert counts == [1, 0, 0]
    assert told(KIND) == [ALICE]


def test_a_card_its_network_gave_a_new_day_is_told_of_before_that_one(studio):
    tell()
    studio.payment_methods.update(expires_month=9)

    assert tell(TOLD + timedelta(days=30)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_tell_it_once():
    account = make.studio()
    expiring(account)
    make.subscription_bought(account=account, on=BOUGHT)

    counts = at_once(lambda: tell_cards(on=TOLD), lambda: tell_cards(on=TOLD))

    assert sorted(counts) == [0, 1]
    assert Message.objects.filter(kind=KIND).count() == 1


def test_what_was_told_never_changes(studio):
    tell()

    with refused(NEVER_CHANGES):
        CardNotice.objects.all().delete()


# --- What it costs -------------------------------------------------------------------------------


def queries(count: int) -> int:
    for n in range(count):
        account = make.account(name=f"Studio {n}", owner=f"Owner{count}-{n}")
        expiring(account)
        make.subscription_bought(account=account, on=BOUGHT)
    with CaptureQueriesContext(connection) as asked:
        assert tell() == count
    return len(asked)


def test_fifty_accounts_take_as_many_queries_as_one():
    assert queries(1) == queries(50)
