"""The dry run of the coming days: what it says is what the runs of these days then charge."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing.actions.cancel import cancel
from billing.actions.change_plan import ask_for_change
from billing.catalogue.charges import Step, forecast
from billing.models import InvoiceLine, ParkedAccount
from billing.rules import Cycle, Kind
from portal.lib import clock
from portal.testing import builders as make
from portal.testing.builders import noon

pytestmark = pytest.mark.django_db

BOUGHT, CHARGE = date(2025, 7, 20), date(2026, 7, 6)
TODAY = date(2026, 6, 15)
A_DAY = timedelta(days=1)


def told(*, until: date = date(2026, 9, 15), on: date = TODAY, step: Step = Step.DAY):
    rows = forecast(on=on, until=until, step=step).rows
    return [(row.on, row.kind, row.currency, row.renewals, row.amount) for row in rows]


@pytest.mark.parametrize(("days", "renewals"), [(-1, 0), (0, 1), (1, 1)])
def test_what_is_charged_on_the_last_day_is_in_it_and_after_it_is_not(days, renewals):
    make.subscription_bought(on=BOUGHT)

    rows = told(until=CHARGE + timedelta(days=days))

    assert rows == [(CHARGE, Kind.SITE_PLAN, "USD", 1, Decimal(100))] * renewals


def test_each_kind_and_currency_of_a_day_is_a_row():
    make.subscription_bought(on=BOUGHT)
    make.subscription_bought(on=BOUGHT)
    make.subscription_bought(on=BOUGHT, currency="EUR")
    make.subscription_bought(on=BOUGHT, kind=Kind.STUDIO_PLAN)

    assert told() == [
        (CHARGE, Kind.SITE_PLAN, "EUR", 1, Decimal(100)),
        (CHARGE, Kind.SITE_PLAN, "USD", 2, Decimal(200)),
        (CHARGE, Kind.STUDIO_PLAN, "USD", 1, Decimal(100)),
    ]


def test_a_monthly_plan_is_charged_as_often_as_it_falls_due():
    make.subscription_bought(on=date(2026, 5, 20), cycle=Cycle.MONTHLY, sale_amount=5)

    assert [(day, amount) for day, *_, amount in told(until=date(2026, 8, 20))] == [
        (date(2026, 6, 20), Decimal(5)),
        (date(2026, 7, 20), Decimal(5)),
        (date(2026, 8, 20), Decimal(5)),
    ]
    assert told(until=date(2026, 8, 20), step=Step.MONTH)[1] == (
        date(2026, 7, 1),
        Kind.SITE_PLAN,
        "USD",
        1,
        Decimal(5),
    )


def test_a_sale_price_ends_and_a_version_begins_where_they_do():
    plan = make.plan()
    make.price(plan=plan, amount=100)
    make.price(plan=plan, amount=120, new_from=TODAY, existing_from=CHARGE + A_DAY)
    make.subscription_bought(on=BOUGHT, sale_amount=60)
    make.subscription_bought(on=BOUGHT + A_DAY, sale_amount=60)

    assert [amount for *_, amount in told()] == [Decimal(100), Decimal(120)]


def test_a_nonprofit_is_counted_and_pays_nothing():
    make.nonprofit(account=make.subscription_bought(on=BOUGHT).account)

    assert told() == [(CHARGE, Kind.SITE_PLAN, "USD", 1, Decimal(0))]


def test_what_is_overdue_counts_for_today():
    make.subscription_bought(on=BOUGHT)

    assert [day for day, *_ in told(on=CHARGE + A_DAY)] == [CHARGE + A_DAY]


def test_what_is_cancelled_is_not_charged():
    cancelled = make.subscription_bought(on=BOUGHT)
    cancel(cancelled, by=make.person(name="Alice"), at=noon(TODAY))

    assert told() == []


def test_what_a_run_would_leave_out_is_told_apart():
    parked = make.subscription_bought(on=BOUGHT, account=make.bakery())
    ParkedAccount.objects.create(account=parked.account, parked_at=noon(TODAY), reason="Broken")
    unpriced = make.subscription_bought(on=BOUGHT, kind=Kind.STUDIO_PLAN)
    unpriced.plan.prices.update(existing_from=date(2027, 1, 1))

    found = forecast(on=TODAY, until=CHARGE)

    assert (found.rows, found.unpriced, found.parked) == ((), 1, 1)


def test_the_sums_of_a_currency_are_those_of_its_rows():
    make.subscription_bought(on=BOUGHT)
    make.subscription_bought(on=BOUGHT + A_DAY, kind=Kind.STUDIO_PLAN)
    make.subscription_bought(on=BOUGHT, currency="EUR")

    found = forecast(on=TODAY, until=date(2026, 9, 15))

    assert found.totals == [("EUR", 1, Decimal(100)), ("USD", 2, Decimal(200))]


def test_the_days_then_charge_what_it_said(live):
    make.catalogue()
    for kind in Kind:
        make.subscription_bought(on=date(2026, 5, 31), kind=kind, cycle=Cycle.YEARLY)
        make.subscription_bought(on=date(2025, 7, 20), kind=kind, cycle=Cycle.YEARLY)
    make.subscription_bought(on=date(2026, 5, 31), cycle=Cycle.MONTHLY)
    make.subscription_bought(on=date(2026, 5, 31), kind=Kind.APP, cycle=Cycle.MONTHLY)
    on, until = date(2026, 6, 10), date(2026, 7, 31)
    expected = forecast(on=on, until=until)
    before = set(InvoiceLine.objects.values_list("pk", flat=True))

    for number in range((until - on).days + 1):
        live(on + number * A_DAY)

    charged = InvoiceLine.objects.exclude(pk__in=before).select_related("invoice")
    assert sum(row.renewals for row in expected.rows) == len(charged)
    assert sum(row.amount for row in expected.rows) == sum(line.amount for line in charged)
    assert {row.on for row in expected.rows} == {
        clock.date_of(line.invoice.issued_at) for line in charged
    }


def test_it_asks_as_much_for_many_subscribers_as_for_few(django_assert_num_queries):
    for number in range(30):
        make.subscription_bought(on=BOUGHT + number * A_DAY)
        if number in {2, 29}:
            with django_assert_num_queries(5):  # the book (2), plans, renewals, parked
                assert len(forecast(on=TODAY, until=date(2026, 9, 15)).rows) == number + 1


def test_a_change_of_plan_that_waits_is_counted_at_the_plan_it_leads_to():
    make.catalogue()
    yearly = make.subscription_bought(on=BOUGHT)
    monthly = make.plan(cycle=Cycle.MONTHLY)
    ask_for_change(yearly, monthly, by=make.person(), at=noon(TODAY))

    rows = told(until=CHARGE)

    assert rows == [(CHARGE, Kind.SITE_PLAN, "USD", 1, Decimal(10))]
