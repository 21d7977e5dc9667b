"""When a subscription's periods begin and are charged: asked by whatever charges or foretells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self, TypedDict

from billing import rules
from billing.models import Plan, Subscription
from billing.rules import Cycle, Kind
from portal.lib.periods import Term, add_months


@dataclass(frozen=True, slots=True)
class Leg:
    """A run of periods on one plan: its first, how many months after the anchor that begins, and
    when it was charged (None: as it began, at the anchor).
    """

    ordinal: int = 0
    months: int = 0
    charged_on: date | None = None


COLUMNS = (
    "plan__product__kind",
    "plan__cycle",
    "anchor_on",
    "leg_ordinal",
    "leg_months",
    "leg_charged_on",
)


class ScheduleFields(TypedDict):
    kind: Kind
    cycle: Cycle
    anchor_on: date
    leg: Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What of a subscription decides its days.

    Periods are always counted from the anchor, through every change of plan: a subscription of the
    31st that becomes yearly in February and monthly again a year later is one of the 31st still.
    """

    kind: Kind
    cycle: Cycle
    anchor_on: date
    leg: Leg = Leg()

    @classmethod
    def of(cls, subscription: Subscription) -> Self:
        """The schedule on the present plan; reads the plan and its product."""
        return cls(**schedule_fields(schedule_values(subscription)))

    @classmethod
    def columns(cls, of: str = "") -> tuple[str, ...]:
        """What to query for `read`; `of` leads from what is queried to the subscription."""
        return tuple(f"{of}{name}" for name in COLUMNS)

    @classmethod
    def read(cls, values: Sequence[Any]) -> Self:
        """The same from the values of `columns`, without a subscription being made."""
        return cls(**schedule_fields(values))

    def term(self, ordinal: int) -> Term:
        """Period `ordinal` of this leg or after it."""
        return Term(
            ordinal=ordinal,
            starts_on=add_months(self.anchor_on, self.months_to(ordinal)),
            ends_on=add_months(self.anchor_on, self.months_to(ordinal + 1)),
        )

    def charge_on(self, ordinal: int) -> date:
        """The day period `ordinal` is charged: a leg's first as it was, the next by their kind."""
        if ordinal == self.leg.ordinal:
            return self.leg.charged_on or self.anchor_on
        return rules.charge_on(kind=self.kind, cycle=self.cycle, running=self.term(ordinal - 1))

    def months_to(self, ordinal: int) -> int:
        """Months from the anchor to the start of that period."""
        return self.leg.months + (ordinal - self.leg.ordinal) * rules.MONTHS[self.cycle]

    def leg_from(self, ordinal: int) -> Leg:
        """The leg of another plan that takes over with that period.

        It is charged when this plan's next period would have been.
        """
        return Leg(ordinal, self.months_to(ordinal), self.charge_on(ordinal))


def schedule_values(subscription: Subscription) -> tuple[Any, ...]:
    """Its values of the columns."""
    plan: Plan = subscription.plan
    leg = (subscription.leg_ordinal, subscription.leg_months, subscription.leg_charged_on)
    return (plan.product.kind, plan.cycle, subscription.anchor_on, *leg)


def schedule_fields(values: Sequence[Any]) -> ScheduleFields:
    """What a schedule is made of, for those who make more of it."""
    kind, cycle, anchor_on, *leg = values
    return {"kind": Kind(kind), "cycle": Cycle(cycle), "anchor_on": anchor_on, "leg": Leg(*leg)}
