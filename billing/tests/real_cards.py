"""Subscriptions paid with cards that are kept at the gateway's server."""

from datetime import date

from billing.actions.renew import renew_due
from billing.models import Invoice, PaymentAttempt, PaymentMethod, Subscription
from billing.rules import Cycle
from billing.tests.fault_proxy import FaultProxy
from partners.models import Account
from portal.lib import clock
from portal.testing import builders as make

BOUGHT, CHARGED = date(2026, 6, 15), date(2026, 7, 15)


def card_on_file(proxy: FaultProxy, account: Account) -> PaymentMethod:
    customer = proxy.new_customer()
    return PaymentMethod.objects.create(
        account=account,
        gateway="stripe",
        provider_ref=proxy.new_card(customer=customer),
        customer_ref=customer,
        brand="Visa",
        last4="4242",
        expires_month=12,
        expires_year=2034,
        is_default=True,
    )


def monthly_plan(proxy: FaultProxy, account: Account) -> Subscription:
    """Bought and paid; its first renewal is charged on `CHARGED`."""
    card_on_file(proxy, account)
    return make.subscription_bought(account=account, cycle=Cycle.MONTHLY, on=BOUGHT)


def renew(day: date = CHARGED) -> None:
    with clock.frozen(day):
        renew_due(on=day)


def renewal() -> Invoice:
    return Invoice.objects.latest("id")


def keys_settled_as_paid() -> list[str]:
    paid = PaymentAttempt.objects.filter(outcome="succeeded")
    return sorted(paid.values_list("idempotency_key", flat=True))
