"""Cards on file: the gateway keeps them, the portal shows what may be shown."""

from datetime import date, timedelta

import pytest

from billing.actions.cards import UnknownCardError, add_card
from billing.actions.settle import settle
from billing.models import Invoice, PaymentMethod
from billing.models.invoices import InvoiceState
from billing.rules import Cycle
from billing.tests.scripted_gateway import HARD
from portal.lib import clock
from portal.testing import builders as make
from portal.testing.races import at_once, begun, not_yet_committed


@pytest.mark.django_db
def test_a_card_is_kept_as_the_gateway_describes_it() -> None:
    card = add_card(
        make.studio(), method_ref="sim_ok_mastercard:1", by=make.person(), on=clock.today()
    )

    assert (card.gateway, card.provider_ref) == ("simulated", "sim_ok_mastercard:1")
    assert (card.brand, card.last4) == ("Mastercard", "4444")
    assert (card.expires_month, card.expires_year) == (12, 2034)


@pytest.mark.django_db
def test_the_newest_card_becomes_the_default() -> None:
    studio = make.studio()
    first = add_card(studio, method_ref="sim_ok:1", by=make.person(), on=clock.today())

    second = add_card(studio, method_ref="sim_ok:2", by=make.person(), on=clock.today())

    first.refresh_from_db()
    assert (first.is_default, second.is_default) == (False, True)


@pytest.mark.django_db
def test_one_accounts_default_leaves_anothers_alone() -> None:
    charlies = add_card(
        make.account(owner="Charlie"), method_ref="sim_ok:1", by=make.person(), on=clock.today()
    )

    add_card(make.studio(), method_ref="sim_ok:2", by=make.person(), on=clock.today())

    charlies.refresh_from_db()
    assert charlies.is_default


@pytest.mark.django_db
@pytest.mark.parametrize("method_ref", ["", "4242424242424242", "nonsense:1"])
def test_a_reference_the_gateway_does_not_know_is_refused(method_ref) -> None:
    with pytest.raises(UnknownCardError):
        add_card(make.studio(), method_ref=method_ref, by=make.person(), on=clock.today())

    assert not PaymentMethod.objects.exists()


# --- A new card collects what is open ------------------------------------------------------------

BOUGHT, CHARGED = date(2026, 6, 15), date(2026, 7, 15)


@pytest.fixture
def unpaid(db, live) -> Invoice:
    """A renewal of Alice's that her lost card could not pay."""
    bought = make.subscription_bought(cycle=Cycle.MONTHLY, on=BOUGHT)
    make.card(account=bought.account, test_card="sim_lost")
    live(CHARGED)
    return Invoice.objects.latest("id")


def test_a_new_card_pays_what_is_open_with_the_next_run(unpaid, live) -> None:
    later = CHARGED + timedelta(days=2)

    card = add_card(unpaid.account, method_ref="sim_ok:new", by=make.person(), on=later)
    live(later)

    unpaid.refresh_from_db()
    assert (unpaid.state, unpaid.attempts.count()) == (InvoiceState.PAID, 2)
    assert unpaid.attempts.get(outcome="succeeded").payment_method == card


def test_a_new_card_that_is_declined_as_well_goes_on_by_the_days(unpaid, live) -> None:
    later = CHARGED + timedelta(days=2)

    add_card(unpaid.account, method_ref="sim_soft:new", by=make.person(), on=later)
    live(later)

    unpaid.refresh_from_db()
    assert unpaid.next_attempt_on == CHARGED + timedelta(days=3)


def test_a_new_card_leaves_what_was_given_up_and_what_is_anothers_alone(unpaid, live) -> None:
    live(CHARGED + timedelta(days=8))

    add_card(
        unpaid.account, method_ref="sim_ok:1", by=make.person(), on=CHARGED + timedelta(days=9)
    )
    add_card(make.account(owner="Charlie"), method_ref="sim_ok:2", by=make.person(), on=CHARGED)
    live(CHARGED + timedelta(days=9))

    unpaid.refresh_from_db()
    assert (unpaid.state, unpaid.attempts.count()) == (InvoiceState.UNCOLLECTED, 1)


@pytest.mark.django_db
def test_a_new_card_does_not_disturb_an_attempt_in_flight(gateway, live) -> None:
    bought = make.subscription_bought(cycle=Cycle.MONTHLY, on=BOUGHT)
    gateway.does = gateway.take_in_silence
    live(CHARGED)

    add_card(bought.account, method_ref="any", by=make.person(), on=CHARGED)
    live(CHARGED)

    invoice = Invoice.objects.latest("id")
    assert (invoice.attempts.count(), invoice.next_attempt_on) == (1, None)


@pytest.mark.django_db(transaction=True)
def test_two_cards_added_at_once_leave_one_default() -> None:
    studio = make.studio()

    at_once(
        lambda: add_card(studio, method_ref="sim_ok:1", by=make.person(), on=clock.today()),
        lambda: add_card(studio, method_ref="sim_ok:2", by=make.person(), on=clock.today()),
    )

    assert PaymentMethod.objects.count() == 2
    assert PaymentMethod.objects.filter(is_default=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_card_added_while_a_refusal_is_being_settled_is_tried(gateway, live) -> None:
    bought = make.subscription_bought(cycle=Cycle.MONTHLY, on=BOUGHT)
    gateway.does = gateway.take_in_silence
    live(CHARGED)
    invoice = Invoice.objects.latest("id")
    attempt = invoice.attempts.get()

    with not_yet_committed(lambda: settle({attempt.pk: HARD}, on=CHARGED)):
        adding = begun(
            lambda: add_card(bought.account, method_ref="any", by=make.person(), on=CHARGED)
        )
    adding.result()

    invoice.refresh_from_db()
    assert invoice.next_attempt_on == CHARGED


@pytest.mark.django_db
def test_the_same_card_added_again_is_the_same_card() -> None:
    studio = make.studio()

    first, again = (
        add_card(studio, method_ref="sim_ok:1", by=make.person(), on=clock.today())
        for _ in range(2)
    )

    assert first == again


@pytest.mark.django_db
def test_a_card_of_another_account_is_refused() -> None:
    add_card(make.studio(), method_ref="sim_ok:1", by=make.person(), on=clock.today())

    with pytest.raises(UnknownCardError):
        add_card(
            make.account(owner="Charlie"), method_ref="sim_ok:1", by=make.person(), on=clock.today()
        )
