"""Cancelling: auto-renewal off, served to the end of the period, and taken back until then."""

from datetime import date, datetime

from django.db import transaction

from billing.errors import NotCancelledError, NotRenewingError
from billing.models import Cancellation, Subscription
from billing.models.subscriptions import SubscriptionState
from billing.pricing import Agreement
from portal.models import User


@transaction.atomic
def cancel(subscription: Subscription, *, by: User, at: datetime) -> Cancellation:
    """Stop renewing; what was paid for is served. Raises NotRenewingError."""
    locked = Subscription.objects.select_for_update().get(pk=subscription.pk)
    if locked.state != SubscriptionState.ACTIVE or locked.next_charge_on is None:
        raise NotRenewingError
    locked.state, locked.next_charge_on = SubscriptionState.ENDING, None
    locked.save(update_fields=["state", "next_charge_on"])
    return Cancellation.objects.create(subscription=locked, cancelled_at=at, cancelled_by=by)


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
    agreement = Agreement.of(locked, is_nonprofit=False)
    locked.state = SubscriptionState.ACTIVE
    locked.next_charge_on = agreement.charge_on(locked.next_ordinal)
    locked.save(update_fields=["state", "next_charge_on"])
