"""Changes of plan that wait for the next renewal, as previews, timelines and notices see them."""

from typing import Any

from django.db.models import Prefetch

from billing.models import PlanChange, Subscription
from billing.pricing import Agreement

WAITING = "waiting_changes"


def waiting_change() -> "Prefetch[Any]":
    """To fetch with subscriptions, so that `change_waiting` asks nothing."""
    waiting = PlanChange.objects.waiting().select_related("to_plan__product")
    return Prefetch("plan_changes", waiting, to_attr=WAITING)


def change_waiting(subscription: Subscription) -> PlanChange | None:
    """The change of plan that waits for its next renewal; needs the prefetch."""
    waiting: list[PlanChange] = getattr(subscription, WAITING)
    return waiting[0] if waiting else None


def after_change(
    agreement: Agreement, change: PlanChange | None, *, from_ordinal: int
) -> Agreement:
    """What is agreed from that period on: the same, unless a change waits for it."""
    return agreement.on_plan(change.to_plan, from_ordinal=from_ordinal) if change else agreement


def coming_agreement(subscription: Subscription, *, is_nonprofit: bool) -> Agreement:
    """What is agreed from the next renewal on; needs the prefetch."""
    return after_change(
        Agreement.of(subscription, is_nonprofit=is_nonprofit),
        change_waiting(subscription),
        from_ordinal=subscription.next_ordinal,
    )
