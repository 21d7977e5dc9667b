"""The start page: what waits and for how long, what happened, what will."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.admin.start import charged, failed
from billing.models import ParkedAccount, PaymentAttempt
from billing.rules import Outcome
from claims.admin.queue import QUEUE
from claims.admin.start import submitted
from claims.models import Claim
from partners.admin.start import opened
from portal.lib import clock
from portal.staff.site import admin_site
from portal.staff.start.charts import bar_charts
from portal.staff.start.tallies import DayTotal, tallies
from portal.staff.tests import populate
from portal.staff.tests.populate import TODAY, browser, staff

pytestmark = pytest.mark.django_db

DAY_INDEXES = ("attempt_by_day", "entry_by_day", "claim_by_day", "account_by_time")

# On empty tables every index costs the planner the same, so it is left only those in question.
ONLY_DAY_INDEXES = """
    UPDATE pg_index SET indisvalid = false
      FROM pg_class AS index, pg_class AS indexed
     WHERE index.oid = indexrelid AND indexed.oid = indrelid
       AND indexed.relnamespace = 'public'::regnamespace
       AND index.relname <> ALL (%s)
"""


def test_a_queue_says_how_much_waits_and_since_when_the_oldest():
    now = clock.now()
    for number, days in enumerate((2, 5, 3)):
        agency = populate.account(f"Agency {number}", f"office{number}@agency.example")
        ParkedAccount.objects.create(account=agency, parked_at=now - timedelta(days=days))
    parked = next(q for q in admin_site.queues if q.permission == "billing.view_parkedaccount")

    backlog = parked.backlog()

    assert (backlog.count, backlog.oldest_at) == (3, now - timedelta(days=5))


def test_the_start_page_tells_the_age_of_what_has_waited_longest():
    populate.programme()
    populate.declined()
    oldest_at = Claim.objects.get().state_since

    with clock.frozen(oldest_at + timedelta(days=3)):
        page = browser(staff("support")).get("/admin/")

    assert "The oldest has waited 3\xa0days." in page.content.decode()


def test_an_empty_queue_has_no_age():
    page = browser(staff("support")).get("/admin/")

    assert QUEUE.backlog().oldest_at is None
    assert "The oldest has waited" not in page.content.decode()


def test_who_may_not_read_answers_sees_no_queue_of_them():
    populate.programme()
    populate.declined()

    page = browser(staff("finance")).get("/admin/")

    assert QUEUE.title not in [queue.title for queue, _url, _backlog in page.context["queues"]]


def shown(page) -> set[str]:
    """The titles of what the start page counts."""
    return {str(one.title) for part in ("happened", "coming") for one in page.context[part]}


PARTNERS = {"Points credited", "Accounts opened", "Points to be decided"}
BILLING = {"Money charged", "Failed charges", "Charges"}
CLAIMS = {"Claims submitted"}


@pytest.mark.parametrize(
    ("role", "titles"),
    [
        ("support", PARTNERS | BILLING | CLAIMS),
        ("programme manager", PARTNERS | CLAIMS),
        ("finance", PARTNERS | BILLING),
        ("", set()),
    ],
)
def test_the_start_page_counts_for_a_role_what_it_may_list(role, titles):
    page = browser(staff(role)).get("/admin/")

    assert shown(page) == titles


@pytest.mark.parametrize(("days_ago", "counted"), [(0, 1), (29, 1), (30, 0)])
def test_an_account_is_counted_for_thirty_days_today_included(days_ago, counted):
    with clock.frozen(TODAY - timedelta(days=days_ago)):
        populate.account("Agency", "office@agency.example")

    found = list(opened(TODAY - timedelta(days=29), TODAY))

    assert sum(day.amount for day in found) == counted


def test_a_claim_is_counted_on_the_day_it_was_submitted():
    populate.programme()
    populate.declined(1)
    populate.declined(2)

    found = list(submitted(TODAY, TODAY))

    assert found == [DayTotal(on=TODAY, amount=2)]
    assert not list(submitted(TODAY - timedelta(days=1), TODAY - timedelta(days=1)))


def test_money_is_counted_by_day_and_currency_and_what_failed_apart():
    populate.programme()
    populate.everything(range(2))
    paid = PaymentAttempt.objects.filter(outcome=Outcome.SUCCEEDED.value, currency="USD")
    day = paid.latest("attempted_on").attempted_on
    of_the_day = paid.filter(attempted_on=day)

    found = list(charged(day, day))

    assert found == [DayTotal(on=day, amount=sum(one.amount for one in of_the_day), currency="USD")]
    declined = PaymentAttempt.objects.filter(attempted_on=day, outcome__endswith="_decline")
    assert sum(one.amount for one in failed(day, day)) == declined.count()


def test_bars_stand_in_proportion_one_a_day_and_a_chart_a_currency():
    totals = [
        DayTotal(on=TODAY, amount=Decimal(50), currency="USD"),
        DayTotal(on=TODAY - timedelta(days=1), amount=Decimal(100), currency="USD"),
        DayTotal(on=TODAY, amount=Decimal(7), currency="EUR"),
    ]

    euros, dollars = bar_charts(totals, first=TODAY - timedelta(days=2), last=TODAY)

    assert (euros.currency, euros.total) == ("EUR", 7)
    assert [bar.height for bar in dollars.bars] == [0, 100, 50]
    assert [bar.on for bar in dollars.rows] == [TODAY, TODAY - timedelta(days=1)]


def test_nothing_is_an_empty_chart():
    (chart,) = bar_charts([], first=TODAY, last=TODAY)

    assert (chart.total, chart.rows) == (0, [])


@pytest.mark.parametrize("tally", tallies, ids=lambda tally: str(tally.title))
def test_a_tally_is_one_query_that_an_index_on_the_day_bounds(tally):
    with CaptureQueriesContext(connection) as asked:
        list(tally.by_day(TODAY - timedelta(days=29), TODAY))
    (query,) = asked.captured_queries

    with connection.cursor() as cursor:
        cursor.execute(ONLY_DAY_INDEXES, [list(DAY_INDEXES)])
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + query["sql"])
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "Index Cond: " in plan, plan
    assert "Seq Scan" not in plan, plan
    assert any(index in plan for index in DAY_INDEXES), plan
