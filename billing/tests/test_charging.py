"""No period is charged twice and no money goes unrecorded, whatever the gateway does."""

from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection

from billing.actions.cancel import cancel
from billing.actions.charge import LEFT_BEHIND_AFTER, resolve_left_behind, retry_due, run
from billing.actions.give_up import give_up_due
from billing.actions.renew import renew_due
from billing.actions.settle import settle
from billing.gateways import ChargeRequest, Reply
from billing.models import Invoice, PaymentAttempt, Period, SimulatedCharge, Subscription
from billing.models.invoices import InvoiceState
from billing.rules import Cycle, Outcome
from billing.tests.scripted_gateway import HARD, SILENT, SOFT
from partners.models import QualifyingEvent
from portal.lib import clock
from portal.mail.models import Message
from portal.testing import builders as make
from portal.testing.races import at_once, begun, not_yet_committed

BOUGHT = date(2026, 6, 15)
CHARGED = date(2026, 7, 15)
PAID = Reply(outcome=Outcome.SUCCEEDED, provider_ref="ref")


def renew_on(day: date) -> None:
    with clock.frozen(day):
        renew_due(on=day)


def resolve_on(day: date, *, after: timedelta = LEFT_BEHIND_AFTER + timedelta(seconds=1)) -> None:
    """Ask what became of attempts, so long after noon of that day."""
    at: datetime = make.noon(day) + after
    with clock.frozen(at):
        resolve_left_behind(on=day, at=at)


@pytest.fixture
def monthly(gateway) -> Subscription:
    """Bought and paid; its first renewal is charged on 15 July."""
    return make.subscription_bought(cycle=Cycle.MONTHLY, on=BOUGHT)


def renewal() -> Invoice:
    return Invoice.objects.latest("id")


# --- Committed before the gateway hears of it ----------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_an_attempt_is_committed_with_its_key_before_the_gateway_is_asked(gateway) -> None:
    make.subscription_bought(cycle=Cycle.MONTHLY, on=BOUGHT)
    seen: list[Any] = []

    def look_first(request: ChargeRequest) -> Reply:
        seen.append((connection.in_atomic_block, _as_others_see(request.idempotency_key)))
        return gateway.take(request)

    gateway.does = look_first
    renew_on(CHARGED)

    assert seen == [(False, (None, ""))]  # no transaction; committed, not settled


def _as_others_see(key: str) -> Any:
    """The attempt, read on a connection of its own."""
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": None}) as other:
        found = other.execute(
            "SELECT settled_at, outcome FROM billing_paymentattempt WHERE idempotency_key = %s",
            [key],
        )
        return found.fetchone()


@pytest.mark.django_db
def test_a_charge_asks_for_the_invoices_total_with_the_cards_reference(monthly, gateway) -> None:
    renew_on(CHARGED)

    request, attempt = gateway.asked[-1], renewal().attempts.get()
    assert request.idempotency_key == attempt.idempotency_key
    assert (request.amount, request.currency) == (renewal().total_amount, "USD")
    assert attempt.payment_method
    assert request.method_ref == attempt.payment_method.provider_ref


# --- No answer -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_silent_gateway_leaves_the_attempt_in_flight(monthly, gateway) -> None:
    gateway.does = gateway.take_in_silence

    renew_on(CHARGED)

    attempt = renewal().attempts.get()
    assert (attempt.outcome, attempt.settled_at) == ("unknown", None)
    assert renewal().state == InvoiceState.OPEN


@pytest.mark.django_db
def test_an_unknown_outcome_is_settled_by_asking_and_never_charged_again(monthly, gateway) -> None:
    gateway.does = gateway.take_in_silence
    renew_on(CHARGED)
    asked = len(gateway.asked)

    resolve_on(CHARGED)

    assert renewal().state == InvoiceState.PAID
    assert len(gateway.asked) == asked
    assert gateway.money_taken() == 2  # the purchase and this
    monthly.refresh_from_db()
    assert monthly.paid_through == date(2026, 8, 15)


@pytest.mark.django_db
def test_an_attempt_is_left_to_its_worker_for_a_while(monthly, gateway) -> None:
    gateway.does = gateway.take_in_silence
    renew_on(CHARGED)

    resolve_on(CHARGED, after=LEFT_BEHIND_AFTER - timedelta(seconds=1))

    assert renewal().state == InvoiceState.OPEN


@pytest.mark.django_db
def test_while_an_attempt_is_in_flight_nothing_is_retried_or_given_up(monthly, gateway) -> None:
    gateway.does = gateway.take_in_silence
    renew_on(CHARGED)
    Invoice.objects.filter(pk=renewal().pk).update(next_attempt_on=CHARGED)

    retry_due(on=date(2026, 8, 1))
    give_up_due(on=date(2026, 8, 1))

    assert renewal().attempts.count() == 1
    assert renewal().state == InvoiceState.OPEN


@pytest.mark.django_db
def test_a_gateway_that_cannot_say_is_asked_again_later(monthly, gateway) -> None:
    gateway.does = lambda request: gateway.enter(request, SILENT)
    renew_on(CHARGED)
    resolve_on(CHARGED)
    still = renewal().attempts.get().outcome

    gateway.book[renewal().attempts.get().idempotency_key] = PAID
    resolve_on(CHARGED)

    assert (still, renewal().state) == ("unknown", InvoiceState.PAID)


@pytest.mark.django_db
def test_an_outage_costs_no_attempt(monthly, gateway) -> None:
    gateway.does = gateway.be_down
    renew_on(CHARGED)
    gateway.does = gateway.take

    resolve_on(CHARGED)

    attempt = renewal().attempts.get()
    assert (attempt.ordinal, attempt.outcome) == (1, "succeeded")
    assert {request.idempotency_key for request in gateway.asked[-2:]} == {attempt.idempotency_key}


@pytest.mark.django_db
def test_an_answer_nobody_can_read_holds_up_nobody_else(monthly, gateway) -> None:
    make.subscription_bought(account=make.account(owner="Charlie"), cycle=Cycle.MONTHLY, on=BOUGHT)
    broken = monthly.account.payment_methods.get().provider_ref
    gateway.does = lambda request: (
        gateway.break_down(request) if request.method_ref == broken else gateway.take(request)
    )

    renew_on(CHARGED)

    charlies = Invoice.objects.filter(
        account__name="Studio", state=InvoiceState.PAID, due_on=CHARGED
    )
    assert charlies.get().account != monthly.account
    assert PaymentAttempt.objects.get(settled_at=None).outcome == "unknown"


@pytest.mark.django_db
def test_a_decline_learnt_late_is_retried_from_then(monthly, gateway) -> None:
    gateway.does = lambda request: (gateway.decline(request), SILENT)[1]
    renew_on(CHARGED)

    resolve_on(CHARGED + timedelta(days=4))

    assert renewal().next_attempt_on == date(2026, 7, 20)


@pytest.mark.django_db
def test_a_decline_learnt_too_late_is_given_up(monthly, gateway) -> None:
    gateway.does = lambda request: (gateway.decline(request), SILENT)[1]
    renew_on(CHARGED)

    resolve_on(CHARGED + timedelta(days=8))

    assert renewal().state == InvoiceState.UNCOLLECTED


# --- Told twice ----------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("told_again", [PAID, SOFT, HARD, SILENT])
def test_an_attempt_that_was_paid_stays_paid_whatever_is_told_later(
    monthly, gateway, told_again
) -> None:
    renew_on(CHARGED)
    attempt = renewal().attempts.get()
    before = (Subscription.objects.values().get(), Period.objects.count())

    settle({attempt.pk: told_again}, on=CHARGED + timedelta(days=1))

    attempt.refresh_from_db()
    assert (attempt.outcome, renewal().state) == ("succeeded", InvoiceState.PAID)
    assert (Subscription.objects.values().get(), Period.objects.count()) == before
    assert QualifyingEvent.objects.count() == 2
    assert Message.objects.filter(key=f"receipt:{renewal().ref}").count() == 1


@pytest.mark.django_db
def test_an_attempt_that_was_declined_stays_declined(monthly, gateway) -> None:
    gateway.does = gateway.decline
    renew_on(CHARGED)
    attempt = renewal().attempts.get()

    settle({attempt.pk: PAID}, on=CHARGED)

    attempt.refresh_from_db()
    assert (attempt.outcome, renewal().state) == ("soft_decline", InvoiceState.OPEN)


@pytest.mark.django_db
def test_charging_an_attempt_again_uses_its_key_and_takes_nothing_more(monthly, gateway) -> None:
    renew_on(CHARGED)
    attempt = renewal().attempts.get()

    run([[attempt.pk]], on=CHARGED)

    assert gateway.money_taken() == 2


# --- The book ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_gateways_book_is_what_the_portal_holds_for_paid(live) -> None:
    for owner, test_card in (
        ("Alice", "sim_ok"),
        ("Bob", "sim_soft"),
        ("Carol", "sim_lost"),
        ("Charlie", "sim_ok_mastercard"),
    ):
        account = make.account(owner=owner)
        make.subscription_bought(account=account, cycle=Cycle.MONTHLY, on=BOUGHT)
        make.subscription_bought(account=account, on=date(2025, 7, 29))
        make.card(account=account, test_card=test_card)

    for day in range(1, 40, 3):
        live(BOUGHT + timedelta(days=day))

    book = SimulatedCharge.objects.filter(outcome="succeeded")
    paid = PaymentAttempt.objects.filter(outcome="succeeded")
    assert set(book.values_list("idempotency_key", "amount", "currency")) == set(
        paid.values_list("idempotency_key", "amount", "currency")
    )
    assert Invoice.objects.filter(state=InvoiceState.PAID).count() == paid.count() > 8
    assert not Period.objects.exclude(opened_at=None).exclude(
        line__invoice__state=InvoiceState.PAID
    )


# --- At once -------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_two_runs_at_once_charge_once(self, gateway) -> None:
        for owner in ("Alice", "Bob", "Charlie"):
            make.subscription_bought(
                account=make.account(owner=owner), cycle=Cycle.MONTHLY, on=BOUGHT
            )

        at_once(*[lambda: renew_due(on=CHARGED)] * 2)
        renew_due(on=CHARGED)

        assert gateway.money_taken() == 6
        assert Period.objects.count() == Invoice.objects.count() == 6

    def test_two_retries_at_once_attempt_once(self, gateway) -> None:
        make.subscription_bought(cycle=Cycle.MONTHLY, on=BOUGHT)
        gateway.does = gateway.decline
        renew_on(CHARGED)
        gateway.does = gateway.take

        at_once(*[lambda: retry_due(on=CHARGED + timedelta(days=1))] * 2)

        assert renewal().attempts.count() == 2
        assert gateway.money_taken() == 2

    def test_an_answer_told_by_two_at_once_is_settled_once(self, gateway) -> None:
        make.subscription_bought(cycle=Cycle.MONTHLY, on=BOUGHT)
        gateway.does = gateway.take_in_silence
        renew_on(CHARGED)
        attempt = renewal().attempts.get()

        results = at_once(*[lambda: settle({attempt.pk: PAID}, on=CHARGED)] * 2)

        assert results == [None, None]
        assert Subscription.objects.get().next_ordinal == 2
        assert QualifyingEvent.objects.count() == 2

    def test_what_is_cancelled_during_a_run_is_not_charged(self, gateway) -> None:
        bought = make.subscription_bought(cycle=Cycle.MONTHLY, on=BOUGHT)
        alice = make.person()

        with not_yet_committed(lambda: cancel(bought, by=alice, at=make.noon(CHARGED))):
            renewing = begun(lambda: renew_due(on=CHARGED))
        renewing.result()

        assert Invoice.objects.count() == 1
        bought.refresh_from_db()
        assert (bought.state, bought.paid_through) == ("expired", CHARGED)
