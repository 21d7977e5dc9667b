"""Another plan or cycle, from the next renewal on."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from billing.changes import change_waiting, first_quote, plans_to_change_to, waiting_change
from billing.errors import (
    NoChangeWaitingError,
    NotForSaleError,
    NotRenewingError,
    PaymentUnderWayError,
)
from billing.models import Plan, PlanChange, Subscription
from billing.models.subscriptions import SubscriptionState
from billing.pricing import Agreement, PriceBook
from partners.actions.activity import record_activity
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
    told = {"plan": locked.in_words, "to": str(plan)}
    record_activity(locked.account, "plan_change_asked", by=by, at=at, **told)
    return PlanChange.objects.create(
        subscription=locked,
        from_plan=locked.plan,
        to_plan=plan,
        quoted_amount=quote.gross_amount,
        requested_at=at,
        requested_by=by,
    )


@transaction.atomic
def withdraw_change(subscription: Subscription, *, by: User, at: datetime) -> None:
    """Stay on the present plan after all. Raises NoChangeWaitingError."""
    locked = _locked(subscription)
    if not PlanChange.objects.waiting().filter(subscription=locked).update(withdrawn_at=at):
        raise NoChangeWaitingError
    record_activity(locked.account, "plan_change_taken_back", by=by, at=at, plan=locked.in_words)


def _locked(subscription: Subscription) -> Subscription:
    """Locked as the run that draws up renewals locks it: a change comes before that, or after."""
    return (
        Subscription.objects.select_for_update(of=("self",), no_key=True)
        .select_related("account", "plan__product")
        .get(pk=subscription.pk)
    )


def carry_out(accounts: Sequence[int], *, on: date) -> None:
    """Move what is due for renewal in these (locked) accounts to the plans that were asked for.

    Constant number of statements. Must run in the transaction that draws up the renewals.
    """
    moving = list(
        Subscription.objects.due(on)
        .select_for_update(of=("self",), no_key=True)
        .filter(account__in=accounts, pk__in=PlanChange.objects.waiting().values("subscription"))
        .select_related("account", "plan__product")
        .prefetch_related(waiting_change())
        .order_by("pk")
    )
    changes = [change for one in moving if (change := change_waiting(one))]
    for subscription, change in zip(moving, changes, strict=True):
        _move(subscription, change)
    PlanChange.objects.bulk_update(changes, ["starts_on"])
    Subscription.objects.bulk_update(
        moving, ["plan", "leg_ordinal", "leg_months", "leg_charged_on", "sale_amount"]
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
