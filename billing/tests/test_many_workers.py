"""Several workers on one due list: together they do what one does alone, whoever of them dies."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest

from billing.actions import charge, renew
from billing.rules import Cycle, Kind
from billing.tests.books import Books, assert_books_agree, differences, read_books
from billing.tests.doomed_worker import work_until
from billing.tests.due_day import BOUGHT, DAY, renew_on, run_jobs
from partners.models import Account
from portal.lib.periods import add_months
from portal.testing import builders as make
from portal.testing.saved_tables import SavedTables, put_back, save
from portal.testing.workers import run_worker, run_workers

pytestmark = pytest.mark.django_db(transaction=True)

NOON = make.noon(DAY)
AN_HOUR = timedelta(hours=1)
ACCOUNTS, A_BATCH = 60, 4


@dataclass(frozen=True, slots=True)
class Alone:
    """The state before the day, and what the books say when one worker has done its work."""

    before: SavedTables
    books: Books


@pytest.fixture
def alone() -> Alone:
    """Everybody is due; some for more than one thing, twice or again, some with cards that fail."""
    accounts = [make.account(name=f"Account {n:02}") for n in range(ACCOUNTS)]
    _declined_three_days_ago(accounts[::6])
    for n, account in enumerate(accounts):
        _due(account, n)
    before = save()
    ended = run_worker(in_small_batches, NOON)
    assert ended.code == 0
    return Alone(before, read_books())


def _declined_three_days_ago(accounts: list[Account]) -> None:
    """Retried today, every other with a card that pays now."""
    first_on = DAY - timedelta(days=3)
    for account in accounts:
        _monthly(account, on=add_months(first_on, -1))
        make.card(account=account, test_card="sim_soft")
    renew_on(first_on)
    for account in accounts[::2]:
        make.card(account=account)


def _due(account: Account, n: int) -> None:
    if n % 13 == 0:
        make.nonprofit(account=account)
    _monthly(account, on=BOUGHT - timedelta(days=35 if n % 10 == 3 else 0))
    if n % 5 == 0:
        _monthly(account, kind=Kind.APP)
    if n % 7 == 0:
        make.card(account=account, test_card="sim_soft" if n % 2 else "sim_lost")


def _monthly(account: Account, *, on: date = BOUGHT, kind: Kind = Kind.SITE_PLAN) -> None:
    make.subscription_bought(account=account, kind=kind, cycle=Cycle.MONTHLY, on=on)


def in_small_batches(at: datetime) -> None:
    """The day's jobs, in batches so small that workers meet on the way."""
    renew.ACCOUNTS_A_BATCH = charge.BATCH = A_BATCH
    run_jobs(at)


def test_four_workers_do_what_one_does(alone) -> None:
    put_back(alone.before)

    ended = run_workers([(in_small_batches, NOON)] * 4)

    assert [worker.code for worker in ended] == [0] * 4
    assert_books_agree()
    assert differences(alone.books, read_books()) == {}


def test_four_workers_of_whom_two_are_killed_leave_their_work_to_the_next(alone) -> None:
    put_back(alone.before)

    run_workers(
        [
            (work_until, 15, in_small_batches, NOON),
            (work_until, 60, in_small_batches, NOON),
            (in_small_batches, NOON),
            (in_small_batches, NOON),
        ]
    )
    for hours in (1, 2):
        run_jobs(NOON + hours * AN_HOUR)

    assert_books_agree()
    assert differences(alone.books, read_books()) == {}
