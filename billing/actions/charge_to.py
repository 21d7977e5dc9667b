"""Which card a subscription is charged to."""

from datetime import date

from django.db import transaction

from billing.actions.cards import hold_payments
from billing.actions.collect_again import collect_again
from billing.errors import CardRemovedError
from billing.models import Invoice, InvoiceLine, PaymentMethod, Subscription
from billing.models.invoices import InvoiceState
from partners.actions.activity import record_activity
from portal.lib import clock
from portal.models import User


@transaction.atomic
def charge_to(
    subscription: Subscription, method: PaymentMethod | None, *, by: User, on: date
) -> None:
    """Charge it to this card of its account from now on; None: the default, whichever it is then.

    A renewal that could not be collected goes to it as well, if its invoice is for nothing that is
    charged elsewhere, and is due at once unless the card was tried for it. Raises CardRemovedError
    (it is not on file, or not this account's).
    """
    account = subscription.account
    hold_payments(account)
    if method and not account.payment_methods.usable().filter(pk=method.pk).exists():
        raise CardRemovedError
    subscription.payment_method = method
    subscription.save(update_fields=["payment_method"])
    _note(subscription, by=by)
    _move_open_renewal(subscription, on=on)


def _note(subscription: Subscription, *, by: User) -> None:
    kind, told = "charged_to_default", {"plan": subscription.in_words}
    if card := subscription.payment_method:
        kind, told = "charged_to", told | {"card": str(card)}
    record_activity(subscription.account, kind, by=by, at=clock.now(), **told)


def _move_open_renewal(subscription: Subscription, *, on: date) -> None:
    wanted = InvoiceLine.objects.filter(period__opened_at__isnull=True, period__isnull=False)
    theirs = wanted.filter(subscription=subscription, invoice__state=InvoiceState.OPEN)
    invoice = Invoice.objects.filter(lines__in=theirs).first()
    if invoice is None:
        return
    cards = wanted.filter(invoice=invoice).values_list("subscription__payment_method", flat=True)
    if set(cards) != {subscription.payment_method_id}:
        return
    invoice.payment_method_id = subscription.payment_method_id
    invoice.save(update_fields=["payment_method"])
    collect_again(list(Invoice.objects.uncollected().filter(pk=invoice.pk)), on=on)
