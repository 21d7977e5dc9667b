"""Cards on file."""

from datetime import date

from django.db import transaction

from billing import gateways
from billing.errors import BillingError
from billing.models import Invoice, PaymentMethod, Subscription
from partners.models import Account


class UnknownCardError(BillingError):
    """The gateway does not know this reference."""


@transaction.atomic
def add_card(account: Account, *, method_ref: str, on: date) -> PaymentMethod:
    """Keep a card the gateway has on file; the newest becomes the default.

    Invoices that could not be collected are due again at once, on this card. No card number is
    ever seen here: only the gateway's reference. Raises UnknownCardError.
    """
    gateway = gateways.current()
    card = gateway.describe(method_ref)
    if card is None:
        raise UnknownCardError(method_ref)
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    PaymentMethod.objects.filter(account=account, is_default=True).update(is_default=False)
    failed = Invoice.objects.in_account(account).uncollected()
    Subscription.objects.filter(invoice_lines__invoice__in=failed).update(payment_method=None)
    failed.update(next_attempt_on=on, payment_method=None)
    return PaymentMethod.objects.create(
        account=account,
        gateway=gateway.name,
        provider_ref=card.provider_ref,
        brand=card.brand,
        last4=card.last4,
        expires_month=card.expires_month,
        expires_year=card.expires_year,
        is_default=True,
    )
