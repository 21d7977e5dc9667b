"""A card goes: taken off file by its holder, or gone at the gateway."""

from datetime import date, datetime

from django.db import transaction

from billing.actions.cards import collect_from_default, hold_payments, make_default
from billing.card_queries import (
    default_without,
    is_under_way,
    something_renews,
    waiting_for,
)
from billing.errors import LastCardError, PaymentUnderWayError
from billing.models import Invoice, PaymentMethod, Subscription
from billing.models.invoices import InvoiceState
from partners.actions.activity import record_activity
from portal.models import User


@transaction.atomic
def remove_card(
    method: PaymentMethod, *, even_if_last: bool = False, by: User, on: date, at: datetime
) -> PaymentMethod | None:
    """Charge this card no more; returns the default card from now on. Removed before: no change.

    What was charged to it by name goes to the default, which becomes the newest other card if it
    was this one; what this card could not pay is due at once. The gateway forgets it later
    (`forget_removed`). Raises PaymentUnderWayError (it is being charged), and LastCardError where
    something renews, unless told `even_if_last`.
    """
    hold_payments(method.account)
    method.refresh_from_db()
    successor = default_without(method)
    if method.removed_at is not None:
        return successor
    if is_under_way(method):
        raise PaymentUnderWayError
    if successor is None and not even_if_last and something_renews(method.account):
        raise LastCardError
    _take_off_file(method, successor, on=on, at=at)
    record_activity(method.account, "card_removed", by=by, at=at, card=str(method))
    return successor


@transaction.atomic
def card_gone(method_ref: str, *, gateway: str, on: date, at: datetime) -> PaymentMethod | None:
    """Take off file what the gateway does not keep any more; None if it is not on file.

    As if its holder had removed it, whatever still needs it.
    """
    method = PaymentMethod.objects.filter(gateway=gateway, provider_ref=method_ref).first()
    if method is None:
        return None
    hold_payments(method.account)
    method.refresh_from_db()
    if method.removed_at is None:
        _take_off_file(method, default_without(method), on=on, at=at)
    PaymentMethod.objects.to_forget().filter(pk=method.pk).update(detached_at=at)
    return method


def _take_off_file(
    method: PaymentMethod, successor: PaymentMethod | None, *, on: date, at: datetime
) -> None:
    waiting = list(waiting_for(method))
    method.removed_at, method.is_default = at, False
    method.save(update_fields=["removed_at", "is_default"])
    if successor and not successor.is_default:
        make_default(successor)
    Invoice.objects.filter(payment_method=method, state=InvoiceState.OPEN).update(
        payment_method=None
    )
    Subscription.objects.filter(payment_method=method).update(payment_method=None)
    collect_from_default(waiting, on=on)
