"""An unsuccessful charge is tried again on its days, waits for another card, or is given up."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing.models import Invoice, Period, Subscription
from billing.models.invoices import InvoiceState
from billing.rules import Cycle, Kind
from portal.mail.models import Message
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

BOUGHT = date(2026, 6, 15)
A_DAY = timedelta(days=1)


@pytest.fixture
def monthly() -> Subscription:
    """Renews on 15 July, on the day it is charged."""
    return make.subscription_bought(cycle=Cycle.MONTHLY, on=BOUGHT)


@pytest.fixture
def yearly() -> Subscription:
    """Renews on 15 June 2027; charged on the 1st."""
    return make.subscription_bought(on=BOUGHT)


def live_through(live, first: date, last: date) -> None:
    day = first
    while day <= last:
        live(day)
        day += A_DAY


def attempted_on(invoice: Invoice) -> list[date]:
    return list(invoice.attempts.order_by("ordinal").values_list("attempted_on", flat=True))


def renewal() -> Invoice:
    return Invoice.objects.latest("id")


def mails(kind: str) -> int:
    return Message.objects.filter(kind=kind).count()


# --- Soft declines -------------------------------------------------------------------------------


def test_charged_on_the_day_it_is_tried_for_a_week_and_then_given_up(monthly, live) -> None:
    make.card(account=monthly.account, test_card="sim_soft")

    live_through(live, date(2026, 7, 14), date(2026, 7, 25))

    assert [day.day for day in attempted_on(renewal())] == [15, 16, 18, 20, 22]
    assert renewal().state == InvoiceState.UNCOLLECTED
    monthly.refresh_from_db()
    assert (monthly.state, monthly.next_charge_on) == ("expired", None)


def test_charged_early_it_is_tried_until_the_day_it_expires(yearly, live) -> None:
    make.card(account=yearly.account, test_card="sim_soft")

    live_through(live, date(2027, 5, 31), date(2027, 6, 17))

    assert [day.day for day in attempted_on(renewal())] == [1, 2, 4, 8, 14, 15]
    yearly.refresh_from_db()
    assert (yearly.state, yearly.paid_through) == ("expired", date(2027, 6, 15))


def test_the_service_goes_on_while_there_is_hope(monthly, live) -> None:
    make.card(account=monthly.account, test_card="sim_soft")

    live_through(live, date(2026, 7, 15), date(2026, 7, 21))

    monthly.refresh_from_db()
    assert monthly.state == "active"
    assert monthly.paid_through == date(2026, 7, 15)


def test_nothing_is_tried_between_the_days(monthly, live) -> None:
    make.card(account=monthly.account, test_card="sim_soft")
    live_through(live, date(2026, 7, 15), date(2026, 7, 16))

    live(date(2026, 7, 17))

    assert len(attempted_on(renewal())) == 2
    assert renewal().next_attempt_on == date(2026, 7, 18)


def test_a_day_lived_twice_is_tried_once(monthly, live) -> None:
    make.card(account=monthly.account, test_card="sim_soft")
    live(date(2026, 7, 15))

    live(date(2026, 7, 16))
    live(date(2026, 7, 16))

    assert len(attempted_on(renewal())) == 2


def test_a_missed_day_is_tried_on_the_next(monthly, live) -> None:
    make.card(account=monthly.account, test_card="sim_soft")
    live(date(2026, 7, 15))

    live(date(2026, 7, 19))

    assert [day.day for day in attempted_on(renewal())] == [15, 19]
    assert renewal().next_attempt_on == date(2026, 7, 20)


def test_a_retry_uses_the_card_as_it_is_then_and_the_period_keeps_its_dates(monthly, live) -> None:
    make.card(account=monthly.account, test_card="sim_soft")
    live(date(2026, 7, 15))
    good = make.card(account=monthly.account)

    live(date(2026, 7, 16))

    invoice = renewal()
    assert invoice.state == InvoiceState.PAID
    assert invoice.attempts.get(outcome="succeeded").payment_method == good
    monthly.refresh_from_db()
    assert (monthly.paid_through, monthly.next_charge_on) == (
        date(2026, 8, 15),
        date(2026, 8, 15),
    )


def test_a_retry_is_the_same_invoice_and_no_second_period(monthly, live) -> None:
    make.card(account=monthly.account, test_card="sim_soft")

    live_through(live, date(2026, 7, 15), date(2026, 7, 18))

    assert Invoice.objects.count() == 2
    assert Period.objects.filter(opened_at=None).count() == 1


def test_a_line_of_a_shared_charge_is_given_up_on_its_own_last_day(live) -> None:
    studio = make.studio()
    make.subscription_bought(account=studio, kind=Kind.SITE_PLAN, on=BOUGHT)
    make.subscription_bought(account=studio, kind=Kind.APP, on=date(2026, 6, 1))
    make.card(account=studio, test_card="sim_soft")

    live_through(live, date(2027, 6, 1), date(2027, 6, 9))

    # The app's period starts on 1 June: it has a week of grace. The site's starts on the 15th.
    assert [day.day for day in attempted_on(renewal())] == [1, 2, 4, 6, 8]
    states = Subscription.objects.values_list("plan__product__kind", "state")
    assert dict(states) == {"site_plan": "active", "app": "expired"}
    assert renewal().state == InvoiceState.OPEN
    assert renewal().next_attempt_on == date(2027, 6, 14)
    assert renewal().collect_until == date(2027, 6, 15)


def test_what_was_given_up_leaves_the_invoice_by_a_credit_note_and_is_not_charged(live) -> None:
    studio = make.studio()
    make.subscription_bought(account=studio, kind=Kind.SITE_PLAN, on=BOUGHT)
    app = make.subscription_bought(account=studio, kind=Kind.APP, on=date(2026, 6, 1))
    make.card(account=studio, test_card="sim_soft")
    live_through(live, date(2027, 6, 1), date(2027, 6, 9))
    make.card(account=studio)

    live(date(2027, 6, 14))

    note = renewal().credit_notes.get()
    assert (note.kind, note.amount) == ("uncollected", Decimal(100))
    assert renewal().state == InvoiceState.PAID
    assert renewal().attempts.latest("ordinal").amount == Decimal(100)
    app.refresh_from_db()
    assert (app.state, app.paid_through) == ("expired", date(2027, 6, 1))
    assert mails("billing/given_up") == 1


def test_a_card_refused_for_good_keeps_each_line_until_its_own_last_day(live) -> None:
    studio = make.studio()
    make.subscription_bought(account=studio, kind=Kind.SITE_PLAN, on=BOUGHT)
    make.subscription_bought(account=studio, kind=Kind.APP, on=date(2026, 6, 1))
    make.card(account=studio, test_card="sim_lost")

    live_through(live, date(2027, 6, 1), date(2027, 6, 16))

    assert [day.day for day in attempted_on(renewal())] == [1]
    assert renewal().state == InvoiceState.UNCOLLECTED
    states = Subscription.objects.values_list("plan__product__kind", "state")
    assert dict(states) == {"site_plan": "expired", "app": "expired"}
    assert mails("billing/given_up") == 2


# --- Given up ------------------------------------------------------------------------------------


def test_what_was_given_up_leaves_no_period_behind(monthly, live) -> None:
    make.card(account=monthly.account, test_card="sim_soft")

    live_through(live, date(2026, 7, 15), date(2026, 7, 22))

    assert monthly.periods.get().ordinal == 0
    assert renewal().lines.count() == 1


def test_the_payer_is_told_of_every_decline_and_of_the_end(monthly, live) -> None:
    make.card(account=monthly.account, test_card="sim_soft")

    live_through(live, date(2026, 7, 15), date(2026, 7, 22))

    assert mails("billing/payment_failed") == 4
    assert mails("billing/given_up") == 1  # says so of the fifth, too


def test_what_was_given_up_is_never_charged_again(monthly, live) -> None:
    make.card(account=monthly.account, test_card="sim_soft")
    live_through(live, date(2026, 7, 15), date(2026, 7, 22))
    make.card(account=monthly.account)

    live_through(live, date(2026, 8, 14), date(2026, 8, 16))

    assert Invoice.objects.count() == 2
    monthly.refresh_from_db()
    assert monthly.state == "expired"


# --- Hard declines -------------------------------------------------------------------------------


@pytest.mark.parametrize("test_card", ["sim_lost", "sim_authentication"])
def test_a_hard_decline_is_not_tried_again(yearly, live, test_card) -> None:
    make.card(account=yearly.account, test_card=test_card)

    live_through(live, date(2027, 6, 1), date(2027, 6, 15))

    invoice = renewal()
    assert len(attempted_on(invoice)) == 1
    assert (invoice.state, invoice.next_attempt_on) == (InvoiceState.OPEN, None)
    yearly.refresh_from_db()
    assert yearly.state == "active"


def test_a_hard_decline_is_given_up_when_the_time_to_collect_is_over(yearly, live) -> None:
    make.card(account=yearly.account, test_card="sim_lost")

    live_through(live, date(2027, 6, 1), date(2027, 6, 16))

    assert renewal().state == InvoiceState.UNCOLLECTED
    yearly.refresh_from_db()
    assert (yearly.state, yearly.paid_through) == ("expired", date(2027, 6, 15))


@pytest.mark.parametrize(("last_day", "state"), [(22, "open"), (23, "uncollected")])
def test_on_the_day_a_hard_decline_waits_through_the_week_of_grace(
    monthly, live, last_day, state
) -> None:
    make.card(account=monthly.account, test_card="sim_lost")

    live_through(live, date(2026, 7, 15), date(2026, 7, last_day))

    assert renewal().state == state


def test_without_a_card_no_gateway_is_asked(monthly, gateway, live) -> None:
    monthly.account.payment_methods.update(removed_at=make.noon(BOUGHT))

    live(date(2026, 7, 15))

    attempt = renewal().attempts.get()
    assert (attempt.outcome, attempt.decline_code) == ("hard_decline", "no_payment_method")
    assert not gateway.asked
    assert mails("billing/payment_failed") == 1


def test_a_removed_card_gives_way_to_the_default(live) -> None:
    studio = make.studio()
    default, own = make.card(account=studio), make.card(account=studio, is_default=False)
    make.subscription_bought(account=studio, cycle=Cycle.MONTHLY, on=BOUGHT, payment_method=own)
    own.removed_at = make.noon(BOUGHT)
    own.save()

    live(date(2026, 7, 15))

    assert renewal().attempts.get().payment_method == default
