"""Another default card: what is charged to it, and what is tried again because of it."""

from datetime import date, timedelta

import pytest

from billing import tasks
from billing.actions.cards import set_default
from billing.actions.settle import settle
from billing.errors import CardRemovedError
from billing.models import Invoice, PaymentMethod, Subscription
from billing.models.invoices import InvoiceState
from billing.rules import Cycle
from billing.tests.scripted_gateway import HARD
from portal.lib import clock
from portal.testing import builders as make
from portal.testing.races import at_once, begun, not_yet_committed

BOUGHT, CHARGED = date(2026, 6, 15), date(2026, 7, 15)
A_DAY = timedelta(days=1)


@pytest.fixture
def monthly(db) -> Subscription:
    return make.subscription_bought(cycle=Cycle.MONTHLY, on=BOUGHT)


@pytest.fixture
def good(monthly) -> PaymentMethod:
    """The card it was bought with."""
    return monthly.account.payment_methods.get()


def defaults(account) -> list[PaymentMethod]:
    return list(account.payment_methods.filter(is_default=True))


def renewal() -> Invoice:
    return Invoice.objects.latest("id")


def tried_with() -> list[PaymentMethod | None]:
    attempts = renewal().attempts.order_by("ordinal").select_related("payment_method")
    return [attempt.payment_method for attempt in attempts]


# --- Which one it is -----------------------------------------------------------------------------


def test_the_chosen_card_is_the_default_and_no_other_of_the_account(monthly, good) -> None:
    other = make.card(account=monthly.account, is_default=False)
    charlies = make.card(account=make.account(owner="Charlie"))

    set_default(other, by=make.person(), on=BOUGHT)

    assert defaults(monthly.account) == [other]
    assert defaults(charlies.account) == [charlies]


def test_the_next_renewal_is_charged_to_the_chosen_card(monthly, good, live) -> None:
    other = make.card(account=monthly.account, is_default=False)

    set_default(other, by=make.person(), on=BOUGHT)
    live(CHARGED)

    assert tried_with() == [other]


def test_what_is_charged_to_a_card_by_name_stays_with_it(monthly, good, live) -> None:
    Subscription.objects.update(payment_method=good)

    set_default(make.card(account=monthly.account, is_default=False), by=make.person(), on=BOUGHT)
    live(CHARGED)

    assert tried_with() == [good]


def test_a_card_that_was_removed_meanwhile_does_not_become_the_default(monthly, good) -> None:
    removed = make.card(account=monthly.account, is_default=False)
    PaymentMethod.objects.filter(pk=removed.pk).update(removed_at=make.noon(BOUGHT))

    with pytest.raises(CardRemovedError):
        set_default(removed, by=make.person(), on=BOUGHT)

    assert defaults(monthly.account) == [good]


# --- What could not be collected -----------------------------------------------------------------


def refused_by(test_card, account, live):
    """A new default that could not pay the renewal on its day."""
    card = make.card(account=account, test_card=test_card)
    live(CHARGED)
    return card


@pytest.mark.parametrize("test_card", ["sim_soft", "sim_lost"])
def test_what_another_card_could_not_pay_is_due_at_once_and_paid(
    monthly, good, live, test_card
) -> None:
    refused_by(test_card, monthly.account, live)

    set_default(good, by=make.person(), on=CHARGED)
    due_on = renewal().next_attempt_on
    live(CHARGED)

    assert due_on == CHARGED
    assert (renewal().state, tried_with()[-1]) == (InvoiceState.PAID, good)


def test_what_a_card_by_name_could_not_pay_goes_to_the_default_for_good(
    monthly, good, live
) -> None:
    lost = make.card(account=monthly.account, test_card="sim_lost", is_default=False)
    Subscription.objects.update(payment_method=lost)
    live(CHARGED)
    other = make.card(account=monthly.account, is_default=False)

    set_default(other, by=make.person(), on=CHARGED)
    live(CHARGED)

    assert tried_with() == [lost, other]
    monthly.refresh_from_db()
    assert monthly.payment_method is None


def test_a_card_that_was_tried_keeps_to_the_days_after_a_decline(monthly, good, live) -> None:
    soft = refused_by("sim_soft", monthly.account, live)

    set_default(good, by=make.person(), on=CHARGED)
    set_default(soft, by=make.person(), on=CHARGED)

    assert renewal().next_attempt_on == CHARGED + A_DAY


def test_a_card_that_refused_for_good_is_not_asked_again(monthly, good, live) -> None:
    lost = refused_by("sim_lost", monthly.account, live)

    set_default(good, by=make.person(), on=CHARGED)
    set_default(lost, by=make.person(), on=CHARGED)
    live(CHARGED)

    assert (renewal().next_attempt_on, tried_with()) == (None, [lost])


def test_a_card_renewed_since_it_refused_is_asked_again(monthly, good, live) -> None:
    lost = refused_by("sim_lost", monthly.account, live)
    PaymentMethod.objects.filter(pk=lost.pk).update(updated_at=make.noon(CHARGED + A_DAY))

    set_default(good, by=make.person(), on=CHARGED + A_DAY)
    set_default(lost, by=make.person(), on=CHARGED + A_DAY)

    assert renewal().next_attempt_on == CHARGED + A_DAY


def test_the_default_chosen_again_changes_nothing(monthly, good, live) -> None:
    soft = refused_by("sim_soft", monthly.account, live)

    set_default(soft, by=make.person(), on=CHARGED)

    assert renewal().next_attempt_on == CHARGED + A_DAY
    assert soft.history.count() == 0


def test_what_was_given_up_stays_given_up(monthly, good, live) -> None:
    refused_by("sim_lost", monthly.account, live)
    live(CHARGED + 8 * A_DAY)

    set_default(good, by=make.person(), on=CHARGED + 8 * A_DAY)
    live(CHARGED + 8 * A_DAY)

    assert (renewal().state, len(tried_with())) == (InvoiceState.UNCOLLECTED, 1)


# --- At once -------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_defaults_at_once_leave_one(self) -> None:
        studio = make.studio()
        cards = [make.card(account=studio, is_default=False) for _ in range(2)]

        results = at_once(
            *[lambda card=card: set_default(card, by=make.person(), on=BOUGHT) for card in cards]
        )

        assert results == [None, None]
        assert len(defaults(studio)) == 1

    def test_a_default_chosen_while_a_refusal_is_settled_is_tried(self, gateway, live) -> None:
        bought = make.subscription_bought(cycle=Cycle.MONTHLY, on=BOUGHT)
        other = make.card(account=bought.account, is_default=False)
        gateway.does = gateway.take_in_silence
        live(CHARGED)
        attempt = renewal().attempts.get()

        with not_yet_committed(lambda: settle({attempt.pk: HARD}, on=CHARGED)):
            choosing = begun(lambda: set_default(other, by=make.person(), on=CHARGED))
        choosing.result()

        assert renewal().next_attempt_on == CHARGED

    def test_a_refusal_settled_while_a_default_is_chosen_sees_it(self, gateway, live) -> None:
        bought = make.subscription_bought(cycle=Cycle.MONTHLY, on=BOUGHT)
        other = make.card(account=bought.account, is_default=False)
        gateway.does = gateway.take_in_silence
        live(CHARGED)
        attempt = renewal().attempts.get()

        with not_yet_committed(lambda: set_default(other, by=make.person(), on=CHARGED)):
            settling = begun(lambda: settle({attempt.pk: HARD}, on=CHARGED))
        settling.result()

        assert renewal().next_attempt_on == CHARGED

    def test_a_retry_that_starts_while_a_default_is_chosen_waits_for_it(self, live) -> None:
        bought = make.subscription_bought(cycle=Cycle.MONTHLY, on=BOUGHT)
        good = bought.account.payment_methods.get()
        make.card(account=bought.account, test_card="sim_soft")
        live(CHARGED)

        def retry() -> None:
            with clock.frozen(CHARGED + A_DAY):
                tasks.retry_payments()

        with not_yet_committed(lambda: set_default(good, by=make.person(), on=CHARGED + A_DAY)):
            begun(retry).result()
        retry()

        assert tried_with()[-1] == good
        assert renewal().attempts.count() == 2
