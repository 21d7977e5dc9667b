"""Cancelling: auto-renewal off, served to the end of the period, and taken back until then."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.actions.open_renewals import drop_open_renewal
from billing.errors import NotCancelledError, NotRenewingError
from billing.models import Cancellation, PeriodEnd, Subscription
from billing.models.subscriptions import SubscriptionState
from billing.schedule import Schedule
from partners.actions.activity import record_activity
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
        drop_open_renewal(locked, reason=_("Cancelled before it was paid"), by=by, at=at)
    is_served = locked.paid_through is not None and locked.paid_through > on
    locked.state = SubscriptionState.ENDING if is_served else SubscriptionState.EXPIRED
    locked.next_charge_on = None
    locked.save(update_fields=["state", "next_charge_on"])
    record_activity(locked.account, "cancelled", by=by, at=at, plan=locked.in_words)
    return Cancellation.objects.create(subscription=locked, cancelled_at=at, cancelled_by=by)


@transaction.atomic
def take_back(subscription: Subscription, *, by: User, on: date, at: datetime) -> None:
    """Renew after all, as if it had never been cancelled.

    Raises NotCancelledError, also where it ends because the period paid ahead was paid back: what
    would be renewed is not there any more.
    """
    locked = (
        Subscription.objects.select_for_update(of=("self",))
        .select_related("plan__product")
        .get(pk=subscription.pk)
    )
    in_force = Cancellation.objects.filter(subscription=locked, withdrawn_at__isnull=True)
    paid_back = PeriodEnd.objects.filter(
        period__subscription=locked, period__ordinal=locked.next_ordinal - 1
    )
    ends_on = locked.paid_through
    if locked.state != SubscriptionState.ENDING or ends_on is None or ends_on <= on:
        raise NotCancelledError
    if paid_back.exists():
        raise NotCancelledError
    if not in_force.update(withdrawn_at=at):
        raise NotCancelledError
    locked.state = SubscriptionState.ACTIVE
    locked.next_charge_on = Schedule.of(locked).charge_on(locked.next_ordinal)
    locked.save(update_fields=["state", "next_charge_on"])
    record_activity(locked.account, "cancellation_taken_back", by=by, at=at, plan=locked.in_words)
