"""Money that goes back while the gateway is being asked for more of the same subscription."""

from datetime import date, timedelta

import pytest

from billing.actions.cancel import cancel
from billing.actions.revive import revive
from billing.actions.settle import settle
from billing.errors import NotRevivableError, PaymentInDoubtError
from billing.gateways import Reply
from billing.models import PaymentAttempt, Subscription
from billing.rules import Cycle, Kind, Outcome
from billing.tests.scripted_gateway import HARD, SOFT
from portal.lib import clock
from portal.testing import builders as make
from portal.testing.builders import noon

pytestmark = pytest.mark.django_db

BOUGHT, CHARGED = date(2026, 6, 15), date(2026, 7, 15)
A_DAY = timedelta(days=1)
PAID = Reply(outcome=Outcome.SUCCEEDED, provider_ref="late")


def bought(kind: Kind = Kind.SITE_PLAN, **given) -> Subscription:
    return make.subscription_bought(kind=kind, cycle=Cycle.MONTHLY, on=BOUGHT, **given)


def asked_without_an_answer(subscription: Subscription, live) -> PaymentAttempt:
    """Its renewal is being charged; what was paid first is paid back meanwhile."""
    make.card(account=subscription.account, test_card="sim_timeout_before")
    live(CHARGED)
    make.paid_back(line=subscription.invoice_lines.earliest("pk"), on=CHARGED)
    return PaymentAttempt.objects.get(settled_at=None)


@pytest.mark.parametrize("declined", [SOFT, HARD], ids=["softly", "for good"])
def test_declined_the_renewal_of_what_was_paid_back_leaves_its_invoice(live, declined) -> None:
    monthly = bought()
    attempt = asked_without_an_answer(monthly, live)

    settle({attempt.pk: declined}, on=CHARGED)
    make.card(account=monthly.account)
    live(CHARGED + A_DAY)

    attempt.invoice.refresh_from_db()
    assert attempt.invoice.state == "uncollected"
    monthly.refresh_from_db()
    assert (monthly.state, monthly.paid_through) == ("expired", CHARGED)


def test_declined_what_else_is_on_its_invoice_goes_on_being_collected(live) -> None:
    monthly = bought()
    app = bought(Kind.APP, account=monthly.account)
    attempt = asked_without_an_answer(monthly, live)

    settle({attempt.pk: SOFT}, on=CHARGED)
    make.card(account=monthly.account)
    live(CHARGED + A_DAY)

    attempt.invoice.refresh_from_db()
    assert attempt.invoice.state == "paid"
    monthly.refresh_from_db()
    app.refresh_from_db()
    assert (monthly.state, app.state) == ("expired", "active")


def test_paid_after_all_the_renewal_is_served(live) -> None:
    monthly = bought()
    attempt = asked_without_an_answer(monthly, live)

    settle({attempt.pk: PAID}, on=CHARGED)

    monthly.refresh_from_db()
    assert (monthly.state, monthly.paid_through) == ("active", date(2026, 8, 15))


def test_a_revival_that_is_being_paid_is_not_ended_by_what_is_paid_back(live) -> None:
    monthly = bought()
    cancel(monthly, by=make.person(), at=noon(BOUGHT))
    live(CHARGED)
    make.card(account=monthly.account, test_card="sim_timeout_before")
    with clock.frozen(CHARGED), pytest.raises(PaymentInDoubtError):
        revive(monthly, by=make.person(), at=noon(CHARGED))

    make.paid_back(line=monthly.invoice_lines.earliest("pk"), on=CHARGED)

    monthly.refresh_from_db()
    assert monthly.state == "starting"
    with pytest.raises(NotRevivableError):
        revive(monthly, by=make.person(), at=noon(CHARGED + A_DAY))
