"""What landed is told once: to who sits in the account and wants it, each day or on Mondays."""

from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from partners.actions.approvals import end_approval
from partners.actions.points import attribute
from partners.actions.tell_points import tell_points
from partners.models import Account, Choice, Membership
from partners.roles import Role
from partners.rules import DIGEST_LINES, DIGEST_LOOKS_BACK, YEAR_DEFAULTS
from partners.tests.telling import told, wants, words
from portal.lib import clock
from portal.mail.models import Message
from portal.models import User
from portal.testing import builders as make
from portal.testing.races import at_once

pytestmark = pytest.mark.django_db

KIND = "partners/points_landed"
A_DAY = timedelta(days=1)
EVENT = date(2026, 6, 1)  # a Monday, and so is the day its points land
LANDS = EVENT + timedelta(days=YEAR_DEFAULTS.waiting_days)
ALICE, BOB = "alice@studio.example", "bob@studio.example"


@pytest.fixture
def studio() -> Account:
    with clock.frozen(date(2026, 1, 2)):
        return make.enrolled()


def landed(account: Account, *, on: date = LANDS, sites: int = 1) -> None:
    """Points of so many sites land on that day."""
    for _n in range(sites):
        event = on - timedelta(days=YEAR_DEFAULTS.waiting_days)
        make.event(site=make.site(account=account), on=event)
    with clock.frozen(on):
        attribute(on=on)


def tell(on: date = LANDS) -> int:
    with clock.frozen(on):
        return tell_points(on=on)


# --- What it says --------------------------------------------------------------------------------


def test_it_says_which_site_why_the_total_and_how_far_the_next_rank_is(studio):
    make.event(site=make.site(account=studio, address="mine.example"), on=EVENT)
    make.event(site=make.site(account=studio, address="next.example"), on=EVENT + 3 * A_DAY)
    with clock.frozen(LANDS):
        attribute(on=LANDS)

    tell()

    with clock.frozen(LANDS):
        text = words(KIND)
    assert "mine.example: +100. Renewed on June 1, 2026 (100 points for a site of your own" in text
    assert "Total of 2026: 100 points. 900 more reach Creator." in text
    assert "next.example: 100 points on June 18, 2026" in text


def test_what_an_approval_brought_says_so_and_when_it_ends_too(studio):
    clients = make.clients_site()
    make.approved(account=studio, site=clients, on=EVENT)
    make.event(site=clients, on=EVENT)
    with clock.frozen(LANDS):
        attribute(on=LANDS)
    tell()
    with clock.frozen(LANDS):
        assert "Renewed on June 1, 2026 (100 points for a client’s site in 2026)" in words(KIND)

    with clock.frozen(LANDS + A_DAY):
        end_approval(account=studio, site=clients, on=LANDS + A_DAY)
    tell(LANDS + A_DAY)

    with clock.frozen(LANDS + A_DAY):
        assert "-100. The client’s approval was taken back" in words(KIND)


def test_points_whose_money_went_back_are_told_as_taken_back(studio):
    entry = make.credited(site=make.site(account=studio), on=EVENT)
    tell(LANDS)
    with clock.frozen(LANDS + A_DAY):
        make.refunded(entry=entry, on=LANDS + A_DAY)

    tell(LANDS + A_DAY)

    with clock.frozen(LANDS + A_DAY):
        assert "-100. What was paid for June 1, 2026 was refunded" in words(KIND)
        assert "The points of Studio have changed" in words(KIND)


def test_points_of_december_are_told_with_the_total_of_their_year(studio):
    landed(studio, on=date(2027, 1, 14))

    tell(date(2027, 1, 14))

    with clock.frozen(date(2027, 1, 14)):
        assert "Total of 2026: 100 points." in words(KIND)


def test_a_long_digest_ends_and_says_how_much_more_there_is(studio):
    landed(studio, sites=DIGEST_LINES + 2)

    tell()

    with clock.frozen(LANDS):
        assert words(KIND).count("+100") == DIGEST_LINES
        assert "and 2 more lines" in words(KIND)


# --- To whom -------------------------------------------------------------------------------------


def test_everyone_who_sits_in_the_account_is_told_and_nobody_else(studio):
    with clock.frozen(EVENT):
        make.member(account=studio, name="Bob", role=Role.BILLING)
        make.account(name="Elsewhere", owner="Charlie")
    landed(studio)

    tell()

    assert told(KIND) == [ALICE, BOB]


def test_who_turned_it_off_has_left_or_cannot_sign_in_is_not_told(studio):
    with clock.frozen(EVENT):
        for name in ("Bob", "Carol", "Erin"):
            make.member(account=studio, name=name)
    wants("points", Choice.OFF, account=studio)
    Membership.objects.filter(user=make.person(name="Carol")).delete()
    User.objects.filter(name="Erin").update(is_active=False)
    landed(studio)

    tell()

    assert told(KIND) == [BOB]


def test_a_new_member_is_told_nothing_of_the_days_before(studio):
    landed(studio)
    with clock.frozen(LANDS + A_DAY):
        make.member(account=studio, name="Bob")

    tell(LANDS + A_DAY)

    assert told(KIND) == [ALICE]


# --- How often -----------------------------------------------------------------------------------


def test_nothing_is_told_when_nothing_landed(studio):
    make.event(site=make.site(account=studio), on=EVENT)

    assert tell(LANDS - A_DAY) == 0


def test_run_again_it_tells_nothing_twice(studio):
    landed(studio)

    counts = [tell(), tell(), tell(LANDS + A_DAY)]

    assert counts == [1, 0, 0]


def test_there_is_one_mail_a_day_and_what_lands_later_is_in_the_next(studio):
    landed(studio)
    tell()
    landed(studio)

    counts = [tell(), tell(LANDS + A_DAY)]

    assert counts == [0, 1]
    with clock.frozen(LANDS + A_DAY):
        assert words(KIND).count("+100") == 1


def test_who_reads_weekly_is_told_on_monday_of_the_week_before(studio):
    wants("points", Choice.WEEKLY, account=studio)
    for days in (1, 2, 3):
        landed(studio, on=LANDS + days * A_DAY)

    counts = [tell(LANDS + days * A_DAY) for days in range(1, 9)]

    assert counts == [0, 0, 0, 0, 0, 0, 1, 0]
    with clock.frozen(LANDS + 7 * A_DAY):
        assert words(KIND).count("+100") == 3


def test_a_monday_that_was_missed_is_made_up_for_on_the_next(studio):
    wants("points", Choice.WEEKLY, account=studio)
    landed(studio, on=LANDS + A_DAY)

    assert tell(LANDS + 14 * A_DAY) == 1


@pytest.mark.parametrize(("days", "mails"), [(-1, 1), (0, 0), (1, 0)])
def test_older_news_than_the_digest_looks_back_on_is_no_news(studio, days, mails):
    landed(studio)

    assert tell(LANDS + DIGEST_LOOKS_BACK + days * A_DAY) == mails


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_send_one_digest():
    with clock.frozen(date(2026, 1, 2)):
        studio = make.enrolled()
    landed(studio)

    counts = at_once(lambda: tell_points(on=LANDS), lambda: tell_points(on=LANDS))

    assert sorted(counts) == [0, 1]
    assert Message.objects.filter(kind=KIND).count() == 1


def test_what_a_killed_worker_had_queued_is_queued_by_the_next(studio):
    landed(studio)
    with transaction.atomic():
        tell()
        transaction.set_rollback(True)

    assert tell() == 1


# --- What it costs -------------------------------------------------------------------------------


def queries(count: int) -> int:
    with clock.frozen(date(2026, 1, 2)):
        accounts = [
            make.enrolled(account=make.account(name=f"Studio {n}", owner=f"Owner{count}-{n}"))
            for n in range(count)
        ]
    for account in accounts:
        make.event(site=make.site(account=account), on=EVENT)
    with clock.frozen(LANDS):
        attribute(on=LANDS)
    with CaptureQueriesContext(connection) as asked:
        assert tell() == count
    return len(asked)


def test_fifty_accounts_take_as_many_queries_as_one():
    assert queries(1) == queries(50)


def queries_to_write(lines: int) -> int:
    with clock.frozen(date(2026, 1, 2)):
        account = make.enrolled(account=make.account(name="Studio", owner=f"Owner{lines}"))
    landed(account, sites=lines)
    for n in range(lines):
        make.event(site=make.site(account=account), on=EVENT + (n % 9 + 1) * A_DAY)
    tell()
    with clock.frozen(LANDS), CaptureQueriesContext(connection) as asked:
        words(KIND)
    return len(asked)


def test_a_long_digest_takes_as_many_queries_as_a_short_one():
    assert queries_to_write(1) == queries_to_write(20)
