"""Another plan or cycle, from the next renewal on."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from billing.changes import first_quote, plans_to_change_to
from billing.errors import (
    NoChangeWaitingError,
    NotForSaleError,
    NotRenewingError,
    PaymentUnderWayError,
)
from billing.models import Plan, PlanChange, Subscription
from billing.models.subscriptions import SubscriptionState
from billing.pricing import Agreement, PriceBook
from portal.lib import clock
from portal.models import User


@transaction.atomic
def ask_for_change(subscription: Subscription, plan: Plan, *, by: User, at: datetime) -> PlanChange:
    """Move to another plan with the next renewal, instead of any change asked for before.

    Nothing is charged now; a sale price ends with the change. Raises NotRenewingError,
    PaymentUnderWayError (the next renewal is being collected), NotForSaleError.
    """
    locked = _locked(subscription)
    if locked.state != SubscriptionState.ACTIVE:
        raise NotRenewingError
    if locked.next_charge_on is None:
        raise PaymentUnderWayError
    if not plans_to_change_to(locked).filter(pk=plan.pk).exists():
        raise NotForSaleError
    quote = first_quote(locked, plan, book=PriceBook.load(), on=clock.date_of(at))
    if quote is None:
        raise NotForSaleError
    PlanChange.objects.waiting().filter(subscription=locked).update(withdrawn_at=at)
    return PlanChange.objects.create(
        subscription=locked,
        from_plan=locked.plan,
        to_plan=plan,
        quoted_amount=quote.gross_amount,
        requested_at=at,
        requested_by=by,
    )


@transaction.atomic
def withdraw_change(subscription: Subscription, *, at: datetime) -> None:
    """Stay on the present plan after all. Raises NoChangeWaitingError."""
    locked = _locked(subscription)
    if not PlanChange.objects.waiting().filter(subscription=locked).update(withdrawn_at=at):
        raise NoChangeWaitingError


def _locked(subscription: Subscription) -> Subscription:
    """Locked as the run that draws up renewals locks it: a change comes before that, or after."""
    return (
        Subscription.objects.select_for_update(of=("self",), no_key=True)
        .select_related("account", "plan__product")
        .get(pk=subscription.pk)
    )


def carry_out(subscriptions: Sequence[Subscription]) -> None:
    """Move these (locked, about to be renewed) to the plans that were asked for, if any.

    Constant number of statements. Must run in the transaction that draws up the renewals.
    """
    waiting = PlanChange.objects.waiting().filter(subscription__in=subscriptions)
    changes = {
        change.subscription_id: change for change in waiting.select_related("to_plan__product")
    }
    moved = [subscription for subscription in subscriptions if subscription.pk in changes]
    for subscription in moved:
        _move(subscription, changes[subscription.pk])
    if moved:
        PlanChange.objects.bulk_update(changes.values(), ["starts_on"])
        Subscription.objects.bulk_update(
            moved, ["plan", "leg_ordinal", "leg_months", "leg_charged_on", "sale_amount"]
        )


def _move(subscription: Subscription, change: PlanChange) -> None:
    """The next period is the first on the other plan, and the sale price is over."""
    following = subscription.next_ordinal
    agreement = Agreement.of(subscription).on_plan(change.to_plan, from_ordinal=following)
    change.starts_on = agreement.term(following).starts_on
    subscription.plan = change.to_plan
    subscription.leg_ordinal = agreement.leg.ordinal
    subscription.leg_months = agreement.leg.months
    subscription.leg_charged_on = agreement.leg.charged_on
    subscription.sale_amount = None
