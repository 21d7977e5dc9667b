"""Every test card does what its words say, through the jobs that charge, and money moves once."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command

from billing import gateways, tasks
from billing.actions.cards import add_card
from billing.actions.purchase import buy
from billing.errors import PaymentInDoubtError
from billing.forms import SimulatedCardForm
from billing.gateways.simulated_cards import TEST_CARDS, Trouble
from billing.models import Invoice, PaymentAttempt, SimulatedCharge, Subscription
from billing.models.invoices import InvoiceState
from billing.rules import Cycle, Outcome
from portal.lib import clock
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

BOUGHT, CHARGED = date(2026, 6, 15), date(2026, 7, 15)
NEXT_DAY = CHARGED + timedelta(days=1)
PAYING = [name for name, card in TEST_CARDS.items() if card.outcome is Outcome.SUCCEEDED]
REFUSING = [name for name in TEST_CARDS if name not in PAYING]


@pytest.fixture
def monthly() -> Subscription:
    """Its renewal is charged on 15 July."""
    return make.subscription_bought(cycle=Cycle.MONTHLY, on=BOUGHT)


def renewal() -> Invoice:
    return Invoice.objects.latest("id")


def attempts() -> list[str]:
    return list(renewal().attempts.order_by("ordinal").values_list("outcome", flat=True))


def money_taken() -> list[str]:
    """The keys money was taken under for the renewal, in the gateway's own book."""
    book = SimulatedCharge.objects.filter(outcome=Outcome.SUCCEEDED.value)
    ours = book.filter(idempotency_key__startswith=renewal().ref)
    return list(ours.values_list("idempotency_key", flat=True))


# --- One for each outcome ------------------------------------------------------------------------


def test_everything_that_can_become_of_a_charge_has_its_card() -> None:
    cards = TEST_CARDS.values()

    assert {card.outcome for card in cards} == {
        Outcome.SUCCEEDED,
        Outcome.SOFT_DECLINE,
        Outcome.HARD_DECLINE,
    }
    assert {card.trouble for card in cards} == {None, *Trouble}
    assert {card.decline_code for card in cards} == {
        "",
        "insufficient_funds",
        "lost_card",
        "authentication_required",
        "expired_card",
    }


def test_cards_are_told_apart_by_their_digits_and_their_words():
    choices = dict(SimulatedCardForm().fields["card"].choices)

    assert choices["sim_lost"] == (
        "Visa •••• 9987 – declined for good: reported lost (waits for another card)"
    )
    assert len(set(choices.values())) == len({c.last4 for c in TEST_CARDS.values()}) == len(choices)


@pytest.mark.parametrize("test_card", PAYING)
def test_a_card_that_pays_has_paid_once_by_the_next_day(monthly, live, test_card) -> None:
    make.card(account=monthly.account, test_card=test_card)

    for day in (CHARGED, NEXT_DAY, NEXT_DAY + timedelta(days=1)):
        live(day)

    attempt = renewal().attempts.get()
    assert (renewal().state, attempt.outcome) == (InvoiceState.PAID, "succeeded")
    assert money_taken() == [attempt.idempotency_key]
    monthly.refresh_from_db()
    assert monthly.paid_through == date(2026, 8, 15)


@pytest.mark.parametrize("test_card", REFUSING)
def test_a_card_that_refuses_never_moves_money(monthly, live, test_card) -> None:
    make.card(account=monthly.account, test_card=test_card)

    for day in range(9):
        live(CHARGED + timedelta(days=day))

    assert renewal().state == InvoiceState.UNCOLLECTED
    assert set(attempts()) == {TEST_CARDS[test_card].outcome.value}
    assert money_taken() == []


# --- No answer -----------------------------------------------------------------------------------


def test_timed_out_before_the_money_moved_it_is_charged_under_the_same_key(monthly, live) -> None:
    make.card(account=monthly.account, test_card="sim_timeout_before")

    live(CHARGED)
    moved, known = money_taken(), gateways.current().look_up(_asked())
    live(NEXT_DAY)

    assert (moved, known.outcome) == ([], Outcome.OUTAGE)  # never heard of it
    assert attempts() == ["succeeded"]
    assert money_taken() == [renewal().attempts.get().idempotency_key]


def test_timed_out_after_the_money_moved_it_is_found_and_not_charged_again(monthly, live) -> None:
    make.card(account=monthly.account, test_card="sim_timeout_after")

    live(CHARGED)
    moved, state = money_taken(), renewal().state
    booked_at = SimulatedCharge.objects.get(pk=_asked().idempotency_key).charged_at
    live(NEXT_DAY)

    assert (len(moved), state) == (1, InvoiceState.OPEN)
    assert (attempts(), renewal().state) == (["succeeded"], InvoiceState.PAID)
    assert money_taken() == moved
    assert SimulatedCharge.objects.get(pk=moved[0]).charged_at == booked_at


def test_an_outage_lasts_for_the_day_and_ends_in_the_same_charge(monthly, live) -> None:
    make.card(account=monthly.account, test_card="sim_outage")

    live(CHARGED)
    with clock.frozen(make.noon(CHARGED) + timedelta(hours=11, minutes=50)):
        tasks.resolve_attempts()
    that_evening = (attempts(), money_taken())
    with clock.frozen(make.noon(CHARGED) + timedelta(hours=12, minutes=10)):
        tasks.resolve_attempts()

    assert that_evening == (["outage"], [])
    assert attempts() == ["succeeded"]
    assert money_taken() == [renewal().attempts.get().idempotency_key]


@pytest.mark.parametrize("test_card", ["sim_timeout_before", "sim_timeout_after", "sim_outage"])
def test_a_purchase_without_an_answer_completes_by_itself(test_card, live) -> None:
    site = make.site()
    plan = make.plan()
    make.price(plan=plan)
    make.card(account=site.account, test_card=test_card)

    with clock.frozen(BOUGHT), pytest.raises(PaymentInDoubtError):
        buy(site.account, plan, subject=site, currency="USD", by=make.person(), on=BOUGHT)
    live(BOUGHT + timedelta(days=1))

    assert Subscription.objects.get().state == "active"
    assert len(money_taken()) == PaymentAttempt.objects.count() == 1


def _asked() -> gateways.ChargeRequest:
    attempt = renewal().attempts.get()
    assert attempt.payment_method
    return gateways.ChargeRequest(
        idempotency_key=attempt.idempotency_key,
        method_ref=attempt.payment_method.provider_ref,
        amount=attempt.amount,
        currency=attempt.currency,
    )


# --- Out of date ---------------------------------------------------------------------------------


def test_a_card_that_has_expired_pays_once_its_network_has_renewed_it(monthly, live) -> None:
    make.card(account=monthly.account, test_card="sim_renewable")

    live(CHARGED)
    with clock.frozen(NEXT_DAY):
        call_command("simulate_card_update", monthly.account.ref, verbosity=0)
    live(NEXT_DAY)

    assert attempts() == ["hard_decline", "succeeded"]
    assert len(money_taken()) == 1
    card = monthly.account.payment_methods.get(is_default=True)
    assert (card.last4, card.expires_year) == ("1881", 2031)


def test_an_expired_card_nobody_renews_goes_on_refusing(monthly, live) -> None:
    make.card(account=monthly.account, test_card="sim_expired")

    live(CHARGED)
    with clock.frozen(NEXT_DAY):
        call_command("simulate_card_update", monthly.account.ref, verbosity=0)
    live(NEXT_DAY)

    assert attempts() == ["hard_decline", "hard_decline"]


@pytest.mark.parametrize(
    ("test_card", "month", "year"),
    [("sim_expiring", 6, 2026), ("sim_expired", 1, 2024), ("sim_ok", 12, 2034)],
)
def test_a_test_card_has_the_expiry_its_words_say(test_card, month, year) -> None:
    with clock.frozen(BOUGHT):
        card = add_card(make.studio(), method_ref=f"{test_card}:1", by=make.person(), on=BOUGHT)

    assert (card.expires_month, card.expires_year) == (month, year)
