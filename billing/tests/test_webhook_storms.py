"""However an answer reaches the portal, and however often: it ends as if it had simply been given.

Two accounts renew alike. One is answered at once, as on any day; what becomes of the other, whose
answer goes another way, has to be the same.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from billing import tasks
from billing.actions.charge import LEFT_BEHIND_AFTER
from billing.models import GatewayEvent
from billing.tests.fault_proxy import FaultProxy, LostError
from billing.tests.real_cards import CHARGED, keys_settled_as_paid, monthly_plan, renew
from billing.tests.telling import deliver, the_payments_end
from partners.models import Account, QualifyingEvent
from portal.lib import clock
from portal.mail.models import Message
from portal.testing import builders as make
from portal.testing.races import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("stripe server")]

LATER = make.noon(CHARGED) + LEFT_BEHIND_AFTER + timedelta(minutes=1)
ENDS = {"paid": [], "declined": ["insufficient_funds"], "declined for good": ["lost_card"]}


# --- Ways an answer can go -----------------------------------------------------------------------


def tell(event: dict[str, Any]) -> int:
    """Deliver an event; a thread has a clock of its own."""
    with clock.frozen(LATER):
        return int(deliver(event).status_code)


def ask() -> None:
    """What the portal does by itself about attempts that nobody answered."""
    with clock.frozen(LATER):
        tasks.resolve_attempts()


def tell_ten_times_at_once(proxy: FaultProxy) -> None:
    event = the_payments_end(proxy)

    assert at_once(*[lambda: tell(event)] * 10) == [200] * 10


def tell_all_there_was_backwards(proxy: FaultProxy) -> None:
    for event in reversed(proxy.events()):
        assert tell(event) == 200


def never_tell(_proxy: FaultProxy) -> None:
    ask()


def tell_and_be_asked_at_once(proxy: FaultProxy) -> None:
    event = the_payments_end(proxy)

    assert at_once(*[ask, lambda: tell(event)] * 4) == [None, 200] * 4


def be_asked_and_tell_afterwards(proxy: FaultProxy) -> None:
    ask()
    tell_ten_times_at_once(proxy)


# --- What has to come of it ----------------------------------------------------------------------


@pytest.fixture(params=list(ENDS))
def faults(request: pytest.FixtureRequest) -> list[str]:
    """What the gateway's server does with a renewal."""
    return ENDS[request.param]


@pytest.fixture
def answered(proxy, faults) -> Account:
    """Its renewal was charged and answered at once."""
    plan = monthly_plan(proxy, make.account(name="Answered"))
    proxy.faults.extend(faults)
    renew()
    return plan.account


@pytest.fixture
def waiting(proxy, faults, answered) -> Account:
    """Its renewal is due, and will end as the other's did."""
    plan = monthly_plan(proxy, make.account(name="Waiting"))
    proxy.faults.extend(faults)
    return plan.account


def became_of(account: Account) -> dict[str, Any]:
    """All that follows from its payments, mail included."""
    invoices, attempts = account.invoices.order_by("pk"), ("ordinal", "outcome", "decline_code")
    subscription = account.subscriptions.get()
    periods = subscription.periods.order_by("ordinal")
    events = QualifyingEvent.objects.filter(site__account=account)
    return {
        "invoices": list(invoices.values_list("due_on", "state", "next_attempt_on")),
        "attempts": [list(invoice.attempts.values_list(*attempts)) for invoice in invoices],
        "serves until": (subscription.state, subscription.paid_through),
        "renews": (subscription.next_ordinal, subscription.next_charge_on),
        "periods": list(periods.values_list("starts_on", "opened_at__date")),
        "events": list(events.order_by("pk").values_list("occurs_on", "paid_on")),
        "mail": Counter(
            Message.objects.filter(account_ref=account.ref).values_list("kind", flat=True)
        ),
    }


def assert_it_went_like(answered: Account, waiting: Account, proxy: FaultProxy) -> None:
    assert became_of(waiting) == became_of(answered)
    assert proxy.keys_paid() == keys_settled_as_paid()
    assert not GatewayEvent.objects.filter(settled_at__isnull=True).exists()


@pytest.mark.parametrize(
    "go_another_way",
    [
        tell_ten_times_at_once,
        tell_all_there_was_backwards,
        never_tell,
        tell_and_be_asked_at_once,
        be_asked_and_tell_afterwards,
    ],
)
def test_an_answer_that_was_lost_comes_to_the_same_on_any_way(
    answered, waiting, proxy, go_another_way: Callable[[FaultProxy], None]
) -> None:
    def lose() -> None:
        raise LostError

    proxy.before_reply = lose
    renew()

    go_another_way(proxy)

    assert_it_went_like(answered, waiting, proxy)


@pytest.mark.parametrize("tell_early", [tell_ten_times_at_once, tell_all_there_was_backwards])
def test_an_answer_told_before_our_own_reply_comes_to_the_same(
    answered, waiting, proxy, tell_early: Callable[[FaultProxy], None]
) -> None:
    told = []

    def tell_first() -> None:
        tell_early(proxy)
        connection.close()  # this thread's own
        told.append(tell_early)

    proxy.before_reply = tell_first
    renew()

    assert told
    assert_it_went_like(answered, waiting, proxy)
