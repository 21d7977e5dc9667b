"""Cancelling: auto-renewal off, served to the end of the period, and taken back until then."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.credit import issue_credit_note
from billing.collection import uncollected
from billing.errors import NotCancelledError, NotRenewingError, PaymentUnderWayError
from billing.models import Cancellation, Invoice, InvoiceLine, Period, Subscription
from billing.models.credits import CreditKind
from billing.models.invoices import InvoiceState
from billing.models.subscriptions import SubscriptionState
from billing.schedule import Schedule
from portal.lib import clock
from portal.models import User


@transaction.atomic
def cancel(subscription: Subscription, *, by: User, at: datetime) -> Cancellation:
    """Stop renewing; what was paid for is served.

    A renewal that could not be collected yet is taken off its invoice, by a credit note. Raises
    NotRenewingError, PaymentUnderWayError (the gateway is being asked for it right now).
    """
    on = clock.date_of(at)
    locked = Subscription.objects.select_for_update().get(pk=subscription.pk)
    if locked.state != SubscriptionState.ACTIVE:
        raise NotRenewingError
    if locked.next_charge_on is None:
        _drop_open_renewal(locked, by=by, at=at)
    is_served = locked.paid_through is not None and locked.paid_through > on
    locked.state = SubscriptionState.ENDING if is_served else SubscriptionState.EXPIRED
    locked.next_charge_on = None
    locked.save(update_fields=["state", "next_charge_on"])
    return Cancellation.objects.create(subscription=locked, cancelled_at=at, cancelled_by=by)


def _drop_open_renewal(subscription: Subscription, *, by: User, at: datetime) -> None:
    """Take the renewal being collected off its invoice; the rest of the invoice stays due."""
    line = (
        InvoiceLine.objects.filter(subscription=subscription, period__opened_at__isnull=True)
        .exclude(period=None)
        .get()
    )
    invoice = Invoice.objects.select_for_update(no_key=True).get(pk=line.invoice_id)
    if invoice.attempts.filter(settled_at__isnull=True).exists():
        raise PaymentUnderWayError
    Period.objects.filter(line=line).delete()
    if line.amount:
        issue_credit_note(
            invoice,
            {line.pk: line.gross_amount},
            kind=CreditKind.ADJUSTMENT,
            reason=_("Cancelled before it was paid"),
            by=by,
            at=at,
        )
    _collect_the_rest(invoice)


def _collect_the_rest(invoice: Invoice) -> None:
    """What stays on the invoice has its own last day; with nothing left it is over."""
    same = Invoice.objects.filter(pk=invoice.pk)
    if staying := uncollected([invoice])[invoice.pk]:
        same.update(collect_until=min(one.last_day for one in staying))
    else:
        same.update(state=InvoiceState.CREDITED, next_attempt_on=None)


@transaction.atomic
def take_back(subscription: Subscription, *, on: date, at: datetime) -> None:
    """Renew after all, as if it had never been cancelled. Raises NotCancelledError."""
    locked = (
        Subscription.objects.select_for_update(of=("self",))
        .select_related("plan__product")
        .get(pk=subscription.pk)
    )
    in_force = Cancellation.objects.filter(subscription=locked, withdrawn_at__isnull=True)
    ends_on = locked.paid_through
    if locked.state != SubscriptionState.ENDING or ends_on is None or ends_on <= on:
        raise NotCancelledError
    if not in_force.update(withdrawn_at=at):
        raise NotCancelledError
    locked.state = SubscriptionState.ACTIVE
    locked.next_charge_on = Schedule.of(locked).charge_on(locked.next_ordinal)
    locked.save(update_fields=["state", "next_charge_on"])
