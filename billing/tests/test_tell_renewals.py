"""A renewal of a long plan is told two weeks before it is charged, unless it was announced."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.actions.announce import announce_due
from billing.actions.cancel import cancel
from billing.actions.renew import renew_due
from billing.actions.tell_renewals import tell_renewals
from billing.models import InvoiceLine, RenewalNotice, Subscription
from billing.rules import RENEWAL_NOTICE_DAYS, Cycle
from partners.models import Choice, Membership
from partners.roles import Role
from partners.tests.telling import told, wants, words
from portal.lib import clock
from portal.mail.models import Message
from portal.testing import builders as make
from portal.testing.assertions import NEVER_CHANGES, refused
from portal.testing.races import at_once

pytestmark = pytest.mark.django_db

KIND = "billing/renewal_notice"
BOUGHT = date(2026, 3, 10)
CHARGED = date(2027, 2, 24)  # 14 days before 10 March
TOLD = CHARGED - timedelta(days=RENEWAL_NOTICE_DAYS)
A_DAY = timedelta(days=1)
ALICE = "alice@studio.example"


@pytest.fixture
def yearly() -> Subscription:
    return make.subscription_bought(on=BOUGHT)


def tell(on: date = TOLD) -> int:
    with clock.frozen(on):
        return tell_renewals(on=on)


# --- When ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "expected"),
    [(TOLD - A_DAY, 0), (TOLD, 1), (TOLD + A_DAY, 1), (CHARGED - A_DAY, 1), (CHARGED, 0)],
)
def test_it_is_told_from_two_weeks_before_the_charge_until_the_day_before(yearly, on, expected):
    assert tell(on) == expected


@pytest.mark.parametrize("cycle", Cycle)
def test_plans_for_a_year_or_longer_are_told_of_and_monthly_ones_are_not(cycle):
    bought = make.subscription_bought(on=BOUGHT, cycle=cycle)

    notices = tell(bought.next_charge_on - A_DAY)

    assert notices == (cycle is not Cycle.MONTHLY)


def test_what_was_announced_as_dearer_is_not_told_again():
    make.subscription_bought(on=BOUGHT, sale_amount=60)
    with clock.frozen(CHARGED - timedelta(days=30)):
        announce_due(on=CHARGED - timedelta(days=30))

    assert tell() == 0


def test_what_costs_nothing_is_not_told(yearly):
    make.nonprofit(account=yearly.account)

    assert tell() == 0


def test_what_was_cancelled_is_not_told(yearly):
    with clock.frozen(TOLD - A_DAY):
        cancel(yearly, by=make.person(), at=clock.now())

    assert tell() == 0


# --- What it says --------------------------------------------------------------------------------


def test_it_names_the_amount_the_run_then_charges_the_day_and_the_card(yearly):
    make.tax_rate()
    tell()

    with clock.frozen(CHARGED):
        renew_due(on=CHARGED)

    line = InvoiceLine.objects.latest("pk")
    notice = RenewalNotice.objects.get()
    assert (notice.starts_on, notice.amount) == (line.starts_on, line.gross_amount)
    with clock.frozen(TOLD):
        text = words(KIND)
    assert "$120.00, charged on Feb. 24, 2027 for the period from March 10, 2027" in text
    assert "Visa •••• 4242" in text


def test_without_a_card_it_says_so(yearly):
    yearly.account.payment_methods.update(is_default=False, removed_at=clock.start_of(TOLD))

    tell()

    with clock.frozen(TOLD):
        assert "There is no card on file" in words(KIND)


def test_renewals_of_one_account_are_one_mail(yearly):
    make.subscription_bought(on=BOUGHT, account=yearly.account)

    assert tell() == 2
    assert told(KIND) == [ALICE]


# --- To whom, and once ---------------------------------------------------------------------------


def test_who_pays_is_told_and_not_who_may_not_see_it_turned_it_off_or_left(yearly):
    account = yearly.account
    for name, role in (("Bob", Role.BILLING), ("Carol", Role.MEMBER), ("Erin", Role.ADMIN)):
        make.member(account=account, name=name, role=role)
    wants("renewals", Choice.OFF, account=account)
    Membership.objects.filter(user=make.person(name="Erin")).delete()

    tell()

    assert told(KIND) == ["bob@studio.example"]


def test_run_again_it_tells_nothing_twice(yearly):
    counts = [tell(), tell(), tell(TOLD + A_DAY)]

    assert counts == [1, 0, 0]
    assert told(KIND) == [ALICE]


def test_what_is_due_a_day_later_is_a_mail_of_its_own(yearly):
    make.subscription_bought(on=BOUGHT + A_DAY, account=yearly.account)
    tell()

    tell(TOLD + A_DAY)

    assert told(KIND) == [ALICE] * 2


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_tell_it_once():
    make.subscription_bought(on=BOUGHT)

    counts = at_once(lambda: tell_renewals(on=TOLD), lambda: tell_renewals(on=TOLD))

    assert sorted(counts) == [0, 1]
    assert Message.objects.filter(kind=KIND).count() == 1


def test_what_was_told_never_changes(yearly):
    tell()

    with refused(NEVER_CHANGES):
        RenewalNotice.objects.update(amount=1)


# --- What it costs -------------------------------------------------------------------------------


def queries(count: int) -> int:
    for n in range(count):
        owner = f"Owner{count}-{n}"
        account = make.account(name=f"Studio {n}", owner=owner)
        make.subscription_bought(on=BOUGHT, account=account)
    with CaptureQueriesContext(connection) as asked:
        assert tell() == count
    return len(asked)


def test_fifty_accounts_take_as_many_queries_as_one():
    assert queries(1) == queries(50)
