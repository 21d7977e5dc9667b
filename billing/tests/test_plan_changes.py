"""Another plan or cycle from the next renewal on: asked for, previewed, taken back, carried out."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError

from billing.actions.announce import announce_due
from billing.actions.cancel import cancel, take_back
from billing.actions.change_plan import ask_for_change, withdraw_change
from billing.changes import choices
from billing.errors import (
    NoChangeWaitingError,
    NotForSaleError,
    NotRenewingError,
    PaymentUnderWayError,
)
from billing.models import InvoiceLine, Plan, PlanChange, PriceNotice, Subscription
from billing.pricing import PriceBook
from billing.queries import coming_charges
from billing.rules import Cycle, Kind
from partners.models import QualifyingEvent
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

BOUGHT = date(2026, 6, 15)
CHARGE_ON, ENDS_ON = date(2027, 6, 1), date(2027, 6, 15)
A_DAY = timedelta(days=1)


@pytest.fixture
def catalogue() -> None:
    make.catalogue()


@pytest.fixture
def yearly(catalogue) -> Subscription:
    return make.subscription_bought(on=BOUGHT)


def plan(cycle: Cycle, kind: Kind = Kind.SITE_PLAN) -> Plan:
    return make.plan(kind=kind, cycle=cycle)


def asked(subscription: Subscription, to: Plan, *, on: date = date(2026, 9, 1)) -> PlanChange:
    return ask_for_change(subscription, to, by=make.person(), at=make.noon(on))


def lines(subscription: Subscription) -> list[tuple[date, date, Decimal, str]]:
    rows = InvoiceLine.objects.filter(subscription=subscription).order_by("starts_on")
    return list(rows.values_list("starts_on", "ends_on", "amount", "price_reason"))


# --- Carried out ---------------------------------------------------------------------------------


def test_the_next_period_is_on_the_new_cycle_and_charged_when_the_old_would_have_been(
    yearly, live
) -> None:
    asked(yearly, plan(Cycle.MONTHLY))

    live(CHARGE_ON - A_DAY)
    assert len(lines(yearly)) == 1
    live(CHARGE_ON)

    assert lines(yearly)[1:] == [(ENDS_ON, date(2027, 7, 15), Decimal(10), "standard")]
    yearly.refresh_from_db()
    assert yearly.plan == plan(Cycle.MONTHLY)
    assert yearly.next_charge_on == date(2027, 7, 15)


def test_a_month_becomes_a_year_and_is_charged_ahead_from_then_on(catalogue, live) -> None:
    monthly = make.subscription_bought(cycle=Cycle.MONTHLY, on=date(2026, 1, 31))
    asked(monthly, plan(Cycle.YEARLY), on=date(2026, 2, 10))

    live(date(2026, 2, 28))

    assert lines(monthly)[1:] == [(date(2026, 2, 28), date(2027, 2, 28), Decimal(100), "standard")]
    monthly.refresh_from_db()
    assert monthly.next_charge_on == date(2027, 2, 14)


def test_the_sale_price_ends_with_the_change(catalogue, live) -> None:
    monthly = make.subscription_bought(cycle=Cycle.MONTHLY, on=BOUGHT, sale_amount=5)
    asked(monthly, plan(Cycle.TWO_YEAR), on=date(2026, 7, 1))

    live(date(2026, 7, 15))

    assert lines(monthly)[0][2:] == (Decimal(5), "sale")
    assert lines(monthly)[1][2:] == (Decimal(180), "standard")


def test_the_renewal_of_a_changed_plan_counts_for_points(yearly, live) -> None:
    asked(yearly, plan(Cycle.MONTHLY))

    live(CHARGE_ON)

    event = QualifyingEvent.objects.filter(site=yearly.site).latest("id")
    assert (event.kind, event.occurs_on) == ("renewed", ENDS_ON)


def test_it_is_carried_out_once(yearly, live) -> None:
    change = asked(yearly, plan(Cycle.MONTHLY))

    live(CHARGE_ON)
    live(date(2027, 7, 15))

    change.refresh_from_db()
    assert change.starts_on == ENDS_ON
    assert [amount for _from, _to, amount, _why in lines(yearly)] == [100, 10, 10]


def test_what_was_previewed_is_what_is_charged(yearly, live) -> None:
    change = asked(yearly, plan(Cycle.MONTHLY))
    coming = coming_charges(yearly.account, on=date(2026, 9, 1), until=date(2027, 7, 20))
    foretold = [(one.quote.charge_on, one.quote.amount) for one in coming]

    live(CHARGE_ON)
    live(date(2027, 7, 15))

    charged = InvoiceLine.objects.filter(subscription=yearly).order_by("starts_on")[1:]
    assert foretold == [(line.invoice.due_on, line.amount) for line in charged]
    assert change.quoted_amount == foretold[0][1] == Decimal(10)


def test_a_price_raised_after_the_change_was_asked_for_is_announced(yearly) -> None:
    asked(yearly, plan(Cycle.TWO_YEAR))
    make.price(plan=plan(Cycle.TWO_YEAR), amount=200, new_from=date(2027, 1, 1))

    announce_due(on=CHARGE_ON - timedelta(days=30))

    notice = PriceNotice.objects.get()
    assert (notice.amount_before, notice.amount_after) == (Decimal(180), Decimal(200))


def test_a_dearer_plan_asked_for_by_oneself_is_not_announced(yearly) -> None:
    asked(yearly, plan(Cycle.TWO_YEAR))

    announce_due(on=CHARGE_ON - timedelta(days=30))

    assert not PriceNotice.objects.exists()


# --- Asked for and taken back --------------------------------------------------------------------


def test_a_later_wish_takes_the_place_of_an_earlier_one(yearly, live) -> None:
    first = asked(yearly, plan(Cycle.MONTHLY))

    second = asked(yearly, plan(Cycle.THREE_YEAR))

    first.refresh_from_db()
    assert first.withdrawn_at
    assert list(PlanChange.objects.waiting()) == [second]


def test_a_change_is_taken_back_until_it_is_carried_out(yearly, live) -> None:
    asked(yearly, plan(Cycle.MONTHLY))
    withdraw_change(yearly, by=make.person(), at=make.noon(CHARGE_ON - A_DAY))

    live(CHARGE_ON)

    assert lines(yearly)[1][2] == Decimal(100)
    with pytest.raises(NoChangeWaitingError):
        withdraw_change(yearly, by=make.person(), at=make.noon(CHARGE_ON))


def test_once_carried_out_it_is_not_taken_back(yearly, live) -> None:
    asked(yearly, plan(Cycle.MONTHLY))
    live(CHARGE_ON)

    with pytest.raises(NoChangeWaitingError):
        withdraw_change(yearly, by=make.person(), at=make.noon(CHARGE_ON))


def test_what_does_not_renew_is_not_changed(yearly) -> None:
    cancel(yearly, by=make.person(), at=make.noon(date(2026, 9, 1)))

    with pytest.raises(NotRenewingError):
        asked(yearly, plan(Cycle.MONTHLY))


def test_a_cancellation_taken_back_leaves_the_change_waiting(yearly, live) -> None:
    asked(yearly, plan(Cycle.MONTHLY))
    cancel(yearly, by=make.person(), at=make.noon(date(2026, 9, 2)))
    take_back(yearly, by=make.person(), on=date(2026, 9, 3), at=make.noon(date(2026, 9, 3)))

    live(CHARGE_ON)

    assert lines(yearly)[1][2] == Decimal(10)


def test_while_its_renewal_is_being_collected_nothing_is_changed(yearly, live) -> None:
    make.card(account=yearly.account, test_card="sim_soft")
    live(CHARGE_ON)

    with pytest.raises(PaymentUnderWayError):
        asked(yearly, plan(Cycle.MONTHLY), on=CHARGE_ON)


def test_a_renewal_that_was_changed_and_given_up_leaves_no_period(yearly, live) -> None:
    asked(yearly, plan(Cycle.MONTHLY))
    make.card(account=yearly.account, test_card="sim_soft")
    day = CHARGE_ON
    while day <= ENDS_ON + A_DAY:
        live(day)
        day += A_DAY

    yearly.refresh_from_db()
    assert (yearly.state, yearly.paid_through) == ("expired", ENDS_ON)
    assert yearly.periods.count() == 1


# --- What can be chosen --------------------------------------------------------------------------


def test_a_site_plan_can_change_its_tier_and_its_cycle(yearly) -> None:
    pro = make.plan(code="pro")
    make.price(plan=pro, amount=150)

    offered = choices(yearly, book=PriceBook.load(), on=BOUGHT)

    assert {choice.plan.cycle for choice in offered if choice.plan.product.code != "pro"} == {
        "monthly",
        "2-year",
        "3-year",
    }
    assert [choice.first.amount for choice in offered if choice.plan == pro] == [150]


def test_a_domain_changes_its_cycle_and_nothing_else(catalogue) -> None:
    domain = make.subscription_bought(kind=Kind.DOMAIN, on=BOUGHT)
    make.price(plan=make.plan(kind=Kind.DOMAIN, code="other-domain"))

    offered = choices(domain, book=PriceBook.load(), on=BOUGHT)

    assert {choice.plan.product.code for choice in offered} == {"domain"}
    with pytest.raises(NotForSaleError):
        asked(domain, make.plan(kind=Kind.DOMAIN, code="other-domain"))


def test_a_plan_of_another_kind_not_sold_or_without_a_price_is_refused(yearly) -> None:
    withdrawn = make.plan(code="old")
    make.price(plan=withdrawn)
    withdrawn.is_sold = False
    withdrawn.save()

    for refused in (plan(Cycle.YEARLY, Kind.APP), withdrawn, make.plan(code="unpriced")):
        with pytest.raises(NotForSaleError):
            asked(yearly, refused)


def test_the_plan_it_has_is_no_change(yearly) -> None:
    with pytest.raises(NotForSaleError):
        asked(yearly, plan(Cycle.YEARLY))


def test_one_change_waits_at_a_time(yearly) -> None:
    waiting = asked(yearly, plan(Cycle.MONTHLY))
    waiting.pk = None

    with pytest.raises(IntegrityError):
        waiting.save(force_insert=True)
