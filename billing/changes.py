"""Changes of plan as previews, timelines and notices see them: what can be chosen, what waits."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet

from billing.errors import NoPriceError
from billing.models import NonprofitVerification, Plan, PlanChange, Subscription
from billing.pricing import Agreement, PriceBook, Quote
from billing.rules import KINDS_WITH_TIERS, MONTHS, Kind, PriceReason
from portal.lib.periods import add_months

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


def plans_to_change_to(subscription: Subscription) -> QuerySet[Plan]:
    """The plans sold today that it can move to: other cycles, and other tiers where there are."""
    kind = subscription.plan.product.kind
    plans = Plan.objects.filter(is_sold=True, prices__currency=subscription.currency)
    if Kind(kind) in KINDS_WITH_TIERS:
        plans = plans.filter(product__kind=kind)
    else:
        plans = plans.filter(product=subscription.plan.product_id)
    return plans.exclude(pk=subscription.plan_id).select_related("product").distinct()


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A plan it could move to, and what its first period there would cost, by what charges."""

    plan: Plan
    first: Quote


def choices(subscription: Subscription, *, book: PriceBook, on: date) -> list[Choice]:
    """Every plan it can move to with its next renewal, cheapest tier and shortest cycle first."""
    return [
        Choice(plan=plan, first=first)
        for plan in sorted(
            plans_to_change_to(subscription),
            key=lambda plan: (plan.product.tier, plan.product_id, MONTHS[plan.cycle_rule]),
        )
        if (first := first_quote(subscription, plan, book=book, on=on))
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The charges on the present plan and on another, for the periods that begin before a day."""

    until: date
    staying: list[Quote]
    moving: list[Quote]
    ends_sale: bool

    @property
    def staying_total(self) -> Decimal:
        return sum((quote.gross_amount for quote in self.staying), Decimal(0))

    @property
    def moving_total(self) -> Decimal:
        return sum((quote.gross_amount for quote in self.moving), Decimal(0))


def compare(subscription: Subscription, plan: Plan, *, book: PriceBook, on: date) -> Comparison:
    """Both, from the next renewal on, over the longer of the cycles (a year at least).

    By the code that will charge. Raises NoPriceError.
    """
    is_nonprofit = NonprofitVerification.objects.covers(subscription.account, on=on)
    agreement = Agreement.of(subscription, is_nonprofit=is_nonprofit)
    following = subscription.next_ordinal
    moved = agreement.on_plan(plan, from_ordinal=following)
    months = max(12, MONTHS[agreement.cycle], MONTHS[moved.cycle])
    until = add_months(agreement.term(following).starts_on, months)
    staying = _starting_before(until, agreement, book, first=following)
    return Comparison(
        until=until,
        staying=staying,
        moving=_starting_before(until, moved, book, first=following),
        ends_sale=any(quote.reason is PriceReason.SALE for quote in staying),
    )


def _starting_before(
    until: date, agreement: Agreement, book: PriceBook, *, first: int
) -> list[Quote]:
    quotes, ordinal = [], first
    while agreement.term(ordinal).starts_on < until:
        quotes.append(book.quote(agreement, ordinal))
        ordinal += 1
    return quotes


def first_quote(
    subscription: Subscription, plan: Plan, *, book: PriceBook, on: date
) -> Quote | None:
    """The first period on another plan; None where it has no price on its charge day."""
    is_nonprofit = NonprofitVerification.objects.covers(subscription.account, on=on)
    agreement = Agreement.of(subscription, is_nonprofit=is_nonprofit)
    following = subscription.next_ordinal
    with suppress(NoPriceError):
        return book.quote(agreement.on_plan(plan, from_ordinal=following), following)
    return None
