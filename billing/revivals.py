"""What reviving a subscription would mean, told before it is done and by what does it."""

from dataclasses import replace
from datetime import date

from billing.models import NonprofitVerification, Subscription
from billing.models.subscriptions import SubscriptionState
from billing.pricing import Agreement
from billing.schedule import Leg


def is_revivable(subscription: Subscription, *, on: date) -> bool:
    """Whether it was served once and has run out.

    What is still served after a cancellation is taken back instead. Where the last period was paid
    back and its time is not over, it would be served twice: that is bought anew.
    """
    if subscription.state != SubscriptionState.EXPIRED or subscription.paid_through is None:
        return False
    return not subscription.periods.filter(opened_at__isnull=False, ends_on__gt=on).exists()


def revived_agreement(subscription: Subscription, *, on: date) -> Agreement:
    """The agreement with its next period beginning that day, and all later ones counted from it."""
    is_nonprofit = NonprofitVerification.objects.covers(subscription.account, on=on)
    agreement = Agreement.of(subscription, is_nonprofit=is_nonprofit)
    return replace(agreement, anchor_on=on, leg=Leg(subscription.next_ordinal))
