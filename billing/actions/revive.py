"""Reviving what ran out: charged now, and renewing again."""

from datetime import date, datetime

from django.db import transaction

from billing.actions.charge_now import charge_now
from billing.actions.draw_up import Item, draw_up
from billing.actions.only_one import only_one_running
from billing.errors import NoPaymentMethodError, NotRevivableError
from billing.models import PlanChange, Revival, Subscription
from billing.models.subscriptions import SubscriptionState
from billing.pricing import PriceBook, Quote
from billing.queries import default_card
from billing.revivals import is_revivable, revived_agreement
from billing.subjects import key_of
from partners.actions.activity import record_activity
from partners.models import Account
from portal.lib import clock
from portal.models import User

BEGUN_AGAIN = (
    "anchor_on",
    "leg_ordinal",
    "leg_months",
    "leg_charged_on",
    "state",
    "exclusive_key",
)


def revive(subscription: Subscription, *, by: User, at: datetime) -> None:
    """Serve what has run out from today on, and renew it as before.

    Charged now to its card, at what existing subscribers pay today. Raises NotRevivableError,
    AlreadySubscribedError, NoPriceError, NoPaymentMethodError (unless nothing is to pay),
    PaymentDeclinedError (all is as before), PaymentInDoubtError (it completes by itself).
    """
    attempts = _open_revival(subscription, by=by, at=at)
    charge_now(attempts, on=clock.date_of(at))


@transaction.atomic
def _open_revival(subscription: Subscription, *, by: User, at: datetime) -> list[int]:
    on = clock.date_of(at)
    account = Account.objects.select_for_update(no_key=True).get(pk=subscription.account_id)
    locked = (
        Subscription.objects.select_for_update(of=("self",), no_key=True)
        .select_related("account", "plan__product", "site")
        .get(pk=subscription.pk)
    )
    if not is_revivable(locked, on=on):
        raise NotRevivableError
    quote = _begin_again(locked, on=on, at=at)
    if quote.gross_amount and default_card(account) is None:
        raise NoPaymentMethodError
    record_activity(account, "revived", by=by, at=at, plan=locked.in_words)
    Revival.objects.create(subscription=locked, revived_at=at, revived_by=by)
    return draw_up([Item.of(locked, quote)], on=on, is_purchase=True)


def _begin_again(subscription: Subscription, *, on: date, at: datetime) -> Quote:
    """Set its days anew, and say what the next period costs. What was cancelled is so no more."""
    agreement = revived_agreement(subscription, on=on)
    quote = PriceBook.load().quote(agreement, subscription.next_ordinal)
    subscription.anchor_on = agreement.anchor_on
    subscription.leg_ordinal = agreement.leg.ordinal
    subscription.leg_months = agreement.leg.months
    subscription.leg_charged_on = agreement.leg.charged_on
    subscription.state = SubscriptionState.STARTING
    subscription.exclusive_key = key_of(subscription)
    with only_one_running():
        subscription.save(update_fields=BEGUN_AGAIN)
    subscription.cancellations.filter(withdrawn_at__isnull=True).update(withdrawn_at=at)
    PlanChange.objects.waiting().filter(subscription=subscription).update(withdrawn_at=at)
    return quote
