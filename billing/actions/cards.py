"""Cards on file: adding one, and which of them is the default."""

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.db.models import F

from billing import gateways
from billing.actions.collect_again import collect_again
from billing.errors import BillingError, CardRemovedError
from billing.gateways import Card
from billing.models import Invoice, InvoiceLine, PaymentMethod, Subscription
from billing.models.invoices import InvoiceState
from partners.actions.activity import record_activity
from partners.models import Account
from portal.lib import clock
from portal.models import User


class UnknownCardError(BillingError):
    """The gateway does not know this reference, or not as this account's, or not any more."""


def add_card(account: Account, *, method_ref: str, by: User | None, on: date) -> PaymentMethod:
    """Keep a card the gateway has on file; the newest becomes the default.

    Invoices that could not be collected are due again at once, on this card. No card number is
    ever seen here: only the gateway's reference. Adding a card again changes nothing; one that was
    removed gets a new reference when it is given again. `by` is None where the
    gateway told of it. Raises UnknownCardError, GatewaySilentError.
    """
    gateway = gateways.current()
    card = gateway.describe(method_ref)
    if card is None:
        raise UnknownCardError(method_ref)
    return _keep(account, card, gateway=gateway.name, by=by, on=on)


@transaction.atomic
def _keep(
    account: Account, card: Card, *, gateway: str, by: User | None, on: date
) -> PaymentMethod:
    hold_payments(account)
    known = PaymentMethod.objects.filter(gateway=gateway, provider_ref=card.provider_ref).first()
    if known is not None:
        if known.account_id != account.pk or known.removed_at is not None:
            raise UnknownCardError(card.provider_ref)
        return known
    PaymentMethod.objects.filter(account=account, is_default=True).update(is_default=False)
    added = PaymentMethod.objects.create(
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
    record_activity(account, "card_added", by=by, at=clock.now(), card=str(added))
    collect_from_default(list(Invoice.objects.in_account(account).uncollected()), on=on)
    return added


@transaction.atomic
def set_default(method: PaymentMethod, *, by: User, on: date) -> None:
    """Charge to this card what names none; set again, nothing changes.

    Invoices that could not be collected go to it as well, and are due at once unless it was tried
    for them before. Raises CardRemovedError.
    """
    hold_payments(method.account)
    method.refresh_from_db()
    if method.removed_at is not None:
        raise CardRemovedError
    if not method.is_default:
        make_default(method)
        told = {"card": str(method)}
        record_activity(method.account, "card_made_default", by=by, at=clock.now(), **told)
        failed = Invoice.objects.in_account(method.account).uncollected()
        collect_from_default(list(failed), on=on)


def make_default(method: PaymentMethod) -> None:
    """This card and no other of its account; needs `hold_payments`."""
    others = PaymentMethod.objects.filter(account=method.account_id, is_default=True)
    others.update(is_default=False)
    method.is_default = True
    method.save(update_fields=["is_default"])


def collect_from_default(failed: Sequence[Invoice], *, on: date) -> None:
    """These invoices, and what they are for, are charged to the default card from today on.

    They could not be collected, and no attempt of theirs is in flight; needs `hold_payments`.
    """
    if not failed:
        return
    by_name = InvoiceLine.objects.filter(
        invoice__in=failed, subscription__payment_method=F("invoice__payment_method")
    )
    Subscription.objects.filter(pk__in=by_name.values("subscription")).update(payment_method=None)
    for invoice in failed:
        invoice.payment_method = None
    Invoice.objects.bulk_update(failed, ["payment_method"])
    collect_again(failed, on=on)


def hold_payments(account: Account) -> None:
    """Let nobody draw up, try or settle payments of the account until this transaction ends.

    An answer is settled before or after a card changes, never beside it: else neither would see
    that what was refused can be tried with the card as it is now.
    """
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    unpaid = Invoice.objects.in_account(account).filter(state=InvoiceState.OPEN)
    list(unpaid.select_for_update(no_key=True).order_by("pk"))
