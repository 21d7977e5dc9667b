"""A card is removed: what was charged to it goes to another, or waits for one."""

from datetime import date, timedelta

import pytest

from billing import tasks
from billing.actions.cards import UnknownCardError, add_card, set_default
from billing.actions.remove_card import card_gone, remove_card
from billing.actions.renew import renew_due
from billing.card_queries import removal_of
from billing.errors import LastCardError, PaymentUnderWayError
from billing.models import Invoice, PaymentMethod, Subscription
from billing.models.invoices import InvoiceState
from billing.rules import Cycle
from portal.lib import clock
from portal.testing import builders as make
from portal.testing.races import at_once, begun, not_yet_committed

BOUGHT, CHARGED = date(2026, 6, 15), date(2026, 7, 15)
A_DAY = timedelta(days=1)


@pytest.fixture
def monthly(db) -> Subscription:
    return make.subscription_bought(cycle=Cycle.MONTHLY, on=BOUGHT)


@pytest.fixture
def first(monthly) -> PaymentMethod:
    """The card it was bought with, and the default."""
    return monthly.account.payment_methods.get()


def remove(card: PaymentMethod, *, on: date = BOUGHT, even_if_last: bool = False):
    return remove_card(card, even_if_last=even_if_last, by=make.person(), on=on, at=make.noon(on))


def renewal() -> Invoice:
    return Invoice.objects.latest("id")


def tried_with() -> list[PaymentMethod | None]:
    attempts = renewal().attempts.order_by("ordinal").select_related("payment_method")
    return [attempt.payment_method for attempt in attempts]


# --- What it leaves ------------------------------------------------------------------------------


def test_a_removed_card_is_kept_as_a_row_and_charged_no_more(monthly, first, live) -> None:
    second = make.card(account=monthly.account)

    remove(first)
    live(CHARGED)

    first.refresh_from_db()
    assert (first.removed_at, first.is_default) == (make.noon(BOUGHT), False)
    assert tried_with() == [second]


def test_without_the_default_the_newest_other_card_is_it(monthly, first, live) -> None:
    with clock.frozen(BOUGHT + A_DAY):
        make.card(account=monthly.account, is_default=False)
    with clock.frozen(BOUGHT + 2 * A_DAY):
        newest = make.card(account=monthly.account, is_default=False)

    successor = remove(first)
    live(CHARGED)

    assert successor == newest
    assert list(monthly.account.payment_methods.filter(is_default=True)) == [newest]
    assert tried_with() == [newest]


def test_without_another_card_the_default_stays_the_default(monthly, first) -> None:
    make.card(account=monthly.account, is_default=False)
    other = make.card(account=monthly.account, is_default=False)

    assert remove(other) == first

    assert list(monthly.account.payment_methods.filter(is_default=True)) == [first]


def test_what_was_charged_to_it_by_name_falls_back_to_the_default(monthly, first, live) -> None:
    named = make.card(account=monthly.account, is_default=False)
    Subscription.objects.update(payment_method=named)

    remove(named)
    live(CHARGED)

    monthly.refresh_from_db()
    assert monthly.payment_method is None
    assert tried_with() == [first]


@pytest.mark.parametrize("test_card", ["sim_soft", "sim_lost"])
def test_what_it_could_not_pay_is_due_at_once_on_the_new_default(
    monthly, first, live, test_card
) -> None:
    refusing = make.card(account=monthly.account, test_card=test_card)
    live(CHARGED)

    remove(refusing, on=CHARGED)
    live(CHARGED)

    assert tried_with() == [refusing, first]
    assert renewal().state == InvoiceState.PAID


def test_what_another_card_could_not_pay_keeps_its_day(monthly, first, live) -> None:
    make.card(account=monthly.account, test_card="sim_soft")
    live(CHARGED)

    remove(first, on=CHARGED)

    assert renewal().next_attempt_on == CHARGED + A_DAY


def test_removed_again_nothing_changes(monthly, first) -> None:
    second = make.card(account=monthly.account)
    remove(first)

    assert remove(first, on=BOUGHT + A_DAY) == second

    first.refresh_from_db()
    assert first.removed_at == make.noon(BOUGHT)


def test_the_same_card_given_again_is_another_one_on_file(monthly, first) -> None:
    make.card(account=monthly.account)
    remove(first)

    with pytest.raises(UnknownCardError):  # its old reference is forgotten
        add_card(monthly.account, method_ref=first.provider_ref, by=make.person(), on=BOUGHT)
    again = add_card(monthly.account, method_ref="sim_ok:given-again", by=make.person(), on=BOUGHT)

    assert (again.last4, again.is_default) == (first.last4, True)


def test_invoices_it_paid_still_name_it(monthly, first) -> None:
    make.card(account=monthly.account)

    remove(first)

    assert tried_with() == [first]


# --- The last one --------------------------------------------------------------------------------


def test_the_last_card_of_what_renews_is_kept_unless_that_is_meant(monthly, first) -> None:
    with pytest.raises(LastCardError):
        remove(first)
    assert monthly.account.payment_methods.usable().exists()

    assert remove(first, even_if_last=True) is None

    assert not monthly.account.payment_methods.usable().exists()


@pytest.mark.django_db
def test_the_last_card_goes_at_once_where_nothing_renews() -> None:
    card = make.card(account=make.studio())

    assert remove(card) is None

    card.refresh_from_db()
    assert card.removed_at


def test_without_a_card_a_renewal_ends_on_the_day_the_page_foretold(monthly, first, live) -> None:
    (foretold,) = removal_of(first, on=BOUGHT).charges

    remove(first, even_if_last=True)
    states = {}
    for day in range(10):
        live(CHARGED + day * A_DAY)
        monthly.refresh_from_db()
        states[CHARGED + day * A_DAY] = monthly.state

    assert foretold.collect_until == CHARGED + 7 * A_DAY
    assert states[foretold.collect_until] == "active"
    assert states[foretold.collect_until + A_DAY] == "expired"


def test_a_card_added_in_time_saves_what_was_waiting(monthly, first, live) -> None:
    remove(first, even_if_last=True)
    live(CHARGED)

    add_card(monthly.account, method_ref="sim_ok:new", by=make.person(), on=CHARGED + 7 * A_DAY)
    live(CHARGED + 7 * A_DAY)

    assert renewal().state == InvoiceState.PAID


# --- Gone at the gateway -------------------------------------------------------------------------


def test_a_card_gone_at_the_gateway_is_removed_even_if_it_is_the_last(monthly, first) -> None:
    at = make.noon(BOUGHT)

    card_gone(first.provider_ref, gateway="simulated", on=BOUGHT, at=at)

    first.refresh_from_db()
    assert (first.removed_at, first.detached_at) == (at, at)


def test_a_card_gone_at_the_gateway_and_not_on_file_is_no_news(monthly, first) -> None:
    at = make.noon(BOUGHT)

    assert card_gone("sim_ok:other", gateway="simulated", on=BOUGHT, at=at) is None
    assert card_gone(first.provider_ref, gateway="stripe", on=BOUGHT, at=at) is None

    assert monthly.account.payment_methods.usable().get() == first


# --- While it is being charged -------------------------------------------------------------------


def test_a_card_is_not_removed_while_the_gateway_is_asked_to_charge_it(
    monthly, first, gateway, live
) -> None:
    make.card(account=monthly.account, is_default=False)
    gateway.does = gateway.take_in_silence
    live(CHARGED)

    with pytest.raises(PaymentUnderWayError):
        remove(first, on=CHARGED)
    live(CHARGED + A_DAY)
    remove(first, on=CHARGED + A_DAY)

    assert renewal().state == InvoiceState.PAID
    first.refresh_from_db()
    assert first.removed_at


def test_another_card_is_removed_while_one_is_being_charged(monthly, first, gateway, live) -> None:
    other = make.card(account=monthly.account, is_default=False)
    gateway.does = gateway.take_in_silence
    live(CHARGED)

    remove(other, on=CHARGED)

    other.refresh_from_db()
    assert other.removed_at


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.fixture
    def first(self) -> PaymentMethod:
        bought = make.subscription_bought(cycle=Cycle.MONTHLY, on=BOUGHT)
        make.card(account=bought.account, is_default=False)
        return bought.account.payment_methods.get(is_default=True)

    def test_a_renewal_drawn_up_meanwhile_keeps_the_card(self, first, gateway) -> None:
        gateway.does = gateway.take_in_silence

        with not_yet_committed(lambda: renew_due(on=CHARGED)):
            removing = begun(lambda: remove(first, on=CHARGED))

        with pytest.raises(PaymentUnderWayError):
            removing.result()

    def test_a_renewal_due_meanwhile_goes_to_the_other_card(self, first) -> None:
        with not_yet_committed(lambda: remove(first, on=CHARGED)):
            begun(lambda: renew_due(on=CHARGED)).result()
        renew_due(on=CHARGED)

        assert len(tried_with()) == 1
        assert tried_with() != [first]

    def test_a_retry_under_way_keeps_the_card(self, first, gateway, live) -> None:
        gateway.does = gateway.decline
        live(CHARGED)
        gateway.does = gateway.take_in_silence

        def retry() -> None:
            with clock.frozen(CHARGED + A_DAY):
                tasks.retry_payments()

        with not_yet_committed(retry):
            removing = begun(lambda: remove(first, on=CHARGED + A_DAY))

        with pytest.raises(PaymentUnderWayError):
            removing.result()

    def test_two_cards_removed_at_once_leave_the_last_one(self, first) -> None:
        second = first.account.payment_methods.get(is_default=False)

        results = at_once(lambda: remove(first), lambda: remove(second))

        assert sum(isinstance(result, LastCardError) for result in results) == 1
        left = first.account.payment_methods.usable().get()
        assert left.is_default

    def test_a_default_chosen_while_it_is_removed_is_refused_or_gives_way(self, first) -> None:
        second = first.account.payment_methods.get(is_default=False)

        at_once(lambda: remove(second), lambda: set_default(second, by=make.person(), on=BOUGHT))

        assert first.account.payment_methods.usable().get() == first
        first.refresh_from_db()
        assert first.is_default
