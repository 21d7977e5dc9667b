"""Another plan or cycle, from the next renewal on."""

from collections.abc import Sequence

from billing.models import PlanChange, Subscription
from billing.pricing import Agreement


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
