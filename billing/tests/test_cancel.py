"""Cancelling: served to the end of what was paid, and taken back until then."""

from datetime import date, timedelta

import pytest

from billing.actions.cancel import cancel, take_back
from billing.actions.give_up import end_subscriptions, give_up_due
from billing.errors import NotCancelledError, NotRenewingError
from billing.models import Cancellation, Invoice, Subscription
from billing.rules import Cycle, Kind
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

BOUGHT = date(2026, 6, 15)
ENDS_ON = date(2027, 6, 15)
CHARGE_ON = date(2027, 6, 1)
A_DAY = timedelta(days=1)


@pytest.fixture
def yearly() -> Subscription:
    return make.subscription_bought(on=BOUGHT)


def cancelled(subscription: Subscription, *, on: date) -> Cancellation:
    cancellation = cancel(subscription, by=make.person(), at=make.noon(on))
    subscription.refresh_from_db()
    return cancellation


def taken_back(subscription: Subscription, *, on: date) -> None:
    take_back(subscription, by=make.person(), on=on, at=make.noon(on))
    subscription.refresh_from_db()


# --- Cancelling ----------------------------------------------------------------------------------


def test_a_cancelled_subscription_is_served_on_and_does_not_renew(yearly, live) -> None:
    cancelled(yearly, on=date(2026, 9, 1))

    live(CHARGE_ON)

    yearly.refresh_from_db()
    assert (yearly.state, yearly.paid_through) == ("ending", ENDS_ON)
    assert Invoice.objects.count() == 1


def test_a_cancellation_says_who_and_when(yearly) -> None:
    cancellation = cancelled(yearly, on=date(2026, 9, 1))

    assert cancellation.cancelled_by == make.person()
    assert cancellation.cancelled_at == make.noon(date(2026, 9, 1))


@pytest.mark.parametrize(
    ("on", "state"),
    [(ENDS_ON - A_DAY, "ending"), (ENDS_ON, "expired"), (ENDS_ON + A_DAY, "expired")],
)
def test_a_cancelled_subscription_ends_with_its_period(yearly, on, state) -> None:
    cancelled(yearly, on=date(2026, 9, 1))

    end_subscriptions(on=on)

    yearly.refresh_from_db()
    assert yearly.state == state


def test_a_running_subscription_is_not_ended(yearly) -> None:
    end_subscriptions(on=ENDS_ON + A_DAY)

    yearly.refresh_from_db()
    assert yearly.state == "active"


def test_a_cancelled_subscription_is_not_cancelled_again(yearly) -> None:
    cancelled(yearly, on=date(2026, 9, 1))

    with pytest.raises(NotRenewingError):
        cancelled(yearly, on=date(2026, 9, 2))

    assert Cancellation.objects.count() == 1


def test_an_ended_subscription_is_not_cancelled(yearly) -> None:
    Subscription.objects.update(state="expired", next_charge_on=None)

    with pytest.raises(NotRenewingError):
        cancelled(yearly, on=date(2028, 1, 1))


# --- Taking back ---------------------------------------------------------------------------------


def test_taken_back_it_renews_as_if_it_had_never_been_cancelled(yearly, live) -> None:
    cancelled(yearly, on=date(2026, 9, 1))

    taken_back(yearly, on=date(2026, 9, 2))

    assert (yearly.state, yearly.next_charge_on) == ("active", CHARGE_ON)
    assert Cancellation.objects.get().withdrawn_at == make.noon(date(2026, 9, 2))
    live(CHARGE_ON)
    yearly.refresh_from_db()
    assert yearly.paid_through == date(2028, 6, 15)


def test_taken_back_after_its_charge_day_it_is_charged_with_the_next_run(yearly, live) -> None:
    cancelled(yearly, on=date(2027, 5, 1))

    taken_back(yearly, on=date(2027, 6, 10))
    live(date(2027, 6, 10))

    invoice = Invoice.objects.latest("id")
    assert (invoice.due_on, invoice.state) == (CHARGE_ON, "paid")
    line = invoice.lines.get()
    assert (line.starts_on, line.ends_on) == (ENDS_ON, date(2028, 6, 15))


def test_a_cancellation_is_taken_back_until_the_last_day_served(yearly) -> None:
    cancelled(yearly, on=date(2026, 9, 1))

    taken_back(yearly, on=ENDS_ON - A_DAY)

    assert yearly.state == "active"


@pytest.mark.parametrize("on", [ENDS_ON, ENDS_ON + A_DAY])
def test_once_the_period_is_over_nothing_is_taken_back(yearly, on) -> None:
    cancelled(yearly, on=date(2026, 9, 1))

    with pytest.raises(NotCancelledError):
        taken_back(yearly, on=on)

    assert Cancellation.objects.get().withdrawn_at is None


def test_what_was_never_cancelled_cannot_be_taken_back(yearly) -> None:
    with pytest.raises(NotCancelledError):
        taken_back(yearly, on=date(2026, 9, 1))


def test_a_cancellation_is_taken_back_once(yearly) -> None:
    cancelled(yearly, on=date(2026, 9, 1))
    taken_back(yearly, on=date(2026, 9, 2))

    with pytest.raises(NotCancelledError):
        taken_back(yearly, on=date(2026, 9, 3))


def test_after_taking_back_it_can_be_cancelled_again(yearly) -> None:
    cancelled(yearly, on=date(2026, 9, 1))
    taken_back(yearly, on=date(2026, 9, 2))

    cancelled(yearly, on=date(2026, 9, 3))

    assert yearly.state == "ending"
    assert Cancellation.objects.count() == 2


def test_what_was_given_up_unpaid_cannot_be_taken_back(live) -> None:
    monthly = make.subscription_bought(cycle=Cycle.MONTHLY, on=BOUGHT)
    make.card(account=monthly.account, test_card="sim_soft")
    for days in range(9):
        live(date(2026, 7, 15) + days * A_DAY)

    with pytest.raises(NotCancelledError):
        taken_back(monthly, on=date(2026, 7, 24))


def test_once_the_period_paid_ahead_was_paid_back_nothing_is_taken_back(yearly, live) -> None:
    live(CHARGE_ON)
    yearly.refresh_from_db()
    cancelled(yearly, on=CHARGE_ON)
    make.paid_back(line=yearly.invoice_lines.latest("id"), on=CHARGE_ON + A_DAY)

    with pytest.raises(NotCancelledError):
        taken_back(yearly, on=CHARGE_ON + A_DAY)

    yearly.refresh_from_db()
    assert (yearly.state, yearly.paid_through) == ("ending", ENDS_ON)


# --- While it is being collected -----------------------------------------------------------------


def test_what_stays_on_the_invoice_is_collected_to_its_own_last_day(live) -> None:
    studio = make.studio()
    yearly = make.subscription_bought(account=studio, on=BOUGHT)
    app = make.subscription_bought(account=studio, kind=Kind.APP, on=date(2026, 6, 1))
    make.card(account=studio, test_card="sim_soft")
    live(CHARGE_ON)

    cancelled(app, on=CHARGE_ON + A_DAY)
    for days in range(1, 10):  # the app would have been given up after the eighth of June
        live(CHARGE_ON + days * A_DAY)

    invoice = Invoice.objects.latest("id")
    assert (invoice.state, invoice.collect_until) == ("open", ENDS_ON)
    yearly.refresh_from_db()
    assert yearly.state == "active"


def test_an_invoice_none_of_whose_lines_is_late_yet_is_passed_by(yearly, live) -> None:
    make.card(account=yearly.account, test_card="sim_soft")
    live(CHARGE_ON)
    Invoice.objects.filter(state="open").update(collect_until=CHARGE_ON)

    assert give_up_due(on=CHARGE_ON + A_DAY) == 0

    assert Invoice.objects.latest("id").state == "open"


def test_a_free_plan_goes_on_when_what_was_to_be_paid_beside_it_is_cancelled(live) -> None:
    studio = make.studio()
    free = make.subscription_bought(account=studio, cycle=Cycle.MONTHLY, on=BOUGHT)
    app = make.subscription_bought(account=studio, kind=Kind.APP, cycle=Cycle.MONTHLY, on=BOUGHT)
    make.nonprofit(account=studio)
    make.card(account=studio, test_card="sim_soft")
    live(date(2026, 7, 15))

    cancelled(app, on=date(2026, 7, 15))
    live(date(2026, 7, 16))

    assert Invoice.objects.latest("id").state == "paid"
    free.refresh_from_db()
    assert (free.state, free.paid_through) == ("active", date(2026, 8, 15))
