"""Subscriptions that are charged alike: the database counts them, and they are priced once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Subquery

from billing.models import NonprofitVerification, Plan, PlanChange, Redemption
from billing.models.subscriptions import SubscriptionQuerySet
from billing.pricing import Agreement
from billing.rules import Cycle, Kind
from billing.schedule import Leg

AGREED = ("plan_id", "currency", "purchased_on", "anchor_on", "sale_amount")
LEG = ("leg_ordinal", "leg_months", "leg_charged_on")


@dataclass(frozen=True, slots=True)
class Alike:
    """So many subscriptions under the same agreement, whose next renewal is the same period."""

    agreement: Agreement
    next_ordinal: int
    count: int


def alike(subscriptions: SubscriptionQuerySet, *, on: date) -> Iterator[Alike]:
    """Those of these subscriptions that renew, grouped by all that decides their charges.

    Two queries. There are as many groups as there were days of purchase, however many subscribers.
    A renewal that is being collected is not among them until it is paid.
    """
    free = NonprofitVerification.objects.filter(account=OuterRef("account"), verified_on__lte=on)
    prepaid = Redemption.objects.filter(subscription=OuterRef("pk"))
    change = PlanChange.objects.waiting().filter(subscription=OuterRef("pk"))
    groups = (
        subscriptions.filter(next_charge_on__isnull=False)
        .order_by()
        .values(
            *AGREED,
            *LEG,
            "next_ordinal",
            kind=F("plan__product__kind"),
            cycle=F("plan__cycle"),
            country=F("account__country"),
            is_nonprofit=Exists(free),
            is_prepaid=Exists(prepaid),
            to_plan=Subquery(change.values("to_plan")),
        )
        .annotate(count=Count("pk"))
    )
    plans = Plan.objects.select_related("product").in_bulk()
    return (_alike(row, plans) for row in groups.iterator())


def _alike(row: dict[str, Any], plans: Mapping[int, Plan]) -> Alike:
    agreement = Agreement(
        kind=Kind(row["kind"]),
        cycle=Cycle(row["cycle"]),
        country=row["country"],
        leg=Leg(*(row[name] for name in LEG)),
        is_nonprofit=row["is_nonprofit"],
        is_prepaid=row["is_prepaid"],
        **{name: row[name] for name in AGREED},
    )
    if row["to_plan"]:
        agreement = agreement.on_plan(plans[row["to_plan"]], from_ordinal=row["next_ordinal"])
    return Alike(agreement, next_ordinal=row["next_ordinal"], count=row["count"])
