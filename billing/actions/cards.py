"""Cards on file."""

from datetime import date

from django.db import transaction

from billing import gateways
from billing.errors import BillingError
from billing.gateways import Card
from billing.models import Invoice, InvoiceLine, PaymentAttempt, PaymentMethod, Subscription
from partners.models import Account


class UnknownCardError(BillingError):
    """The gateway does not know this reference, or not as this account's."""


def add_card(account: Account, *, method_ref: str, on: date) -> PaymentMethod:
    """Keep a card the gateway has on file; the newest becomes the default.

    Invoices that could not be collected are due again at once, on this card. No card number is
    ever seen here: only the gateway's reference. Adding a card again changes nothing. Raises
    UnknownCardError, GatewaySilentError.
    """
    gateway = gateways.current()
    card = gateway.describe(method_ref)
    if card is None:
        raise UnknownCardError(method_ref)
    return _keep(account, card, gateway=gateway.name, on=on)


@transaction.atomic
def _keep(account: Account, card: Card, *, gateway: str, on: date) -> PaymentMethod:
    hold_payments(account)
    known = PaymentMethod.objects.filter(gateway=gateway, provider_ref=card.provider_ref).first()
    if known is not None:
        if known.account_id != account.pk:
            raise UnknownCardError(card.provider_ref)
        return known
    PaymentMethod.objects.filter(account=account, is_default=True).update(is_default=False)
    _collect_again(list(Invoice.objects.in_account(account).uncollected()), on=on)
    return PaymentMethod.objects.create(
        account=account,
        gateway=gateway,
        provider_ref=card.provider_ref,
        customer_ref=card.customer_ref,
        brand=card.brand,
        last4=card.last4,
        expires_month=card.expires_month,
        expires_year=card.expires_year,
        is_default=True,
    )


def _collect_again(failed: list[Invoice], *, on: date) -> None:
    """These invoices, and what they are for, are charged to the default card from today on."""
    if not failed:
        return
    lines = InvoiceLine.objects.filter(invoice__in=failed)
    subscriptions = list(lines.values_list("subscription_id", flat=True))
    Subscription.objects.filter(pk__in=subscriptions).update(payment_method=None)
    Invoice.objects.filter(pk__in=[invoice.pk for invoice in failed]).update(
        next_attempt_on=on, payment_method=None
    )


def hold_payments(account: Account) -> None:
    """Let nobody draw up or settle payments of the account until this transaction ends.

    An answer is settled before or after a card changes, never beside it: else neither would see
    that what was refused can be tried with the card as it is now.
    """
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    in_flight = PaymentAttempt.objects.filter(invoice__account=account, settled_at__isnull=True)
    list(in_flight.select_for_update(of=("self",), no_key=True).order_by("pk"))
