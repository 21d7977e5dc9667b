"""Subscriptions, their periods paid on the old system, and the events that follow from them."""
# ruff: noqa: S608 - the statements are made of this package's own words

from datetime import date, datetime

from django.conf import settings

from billing.models import Cancellation, Period, Subscription
from billing.rules import KINDS_THAT_EARN_POINTS
from partners.actions.points import schedule
from partners.models import QualifyingEvent
from partners.rules import EventKind
from portal.handover.exclusive import KEY
from portal.handover.upsert import Count, count, run, upsert

ROWS = """
    FROM handover_subscriptions s
    JOIN handover_course c ON c.line = s.line AND NOT c.keeps_its_own
    JOIN partners_account a ON a.platform_ref = s.account
    JOIN billing_product p ON p.code = s.product
    JOIN billing_plan plan ON plan.product_id = p.id AND plan.cycle = s.cycle
    LEFT JOIN partners_site site ON site.platform_ref = s.site
    LEFT JOIN billing_paymentmethod m ON m.provider_ref = s.payment_method AND m.account_id = a.id
"""
TERMS = """
    FROM handover_term t
    JOIN handover_course c ON c.subscription = t.subscription AND NOT c.keeps_its_own
    JOIN billing_subscription b ON b.platform_ref = t.subscription
"""


VALUES = {
    "ref": "s.ref",
    "platform_ref": "s.id",
    "account_id": "a.id",
    "site_id": "site.id",
    "plan_id": "plan.id",
    "label": "COALESCE(c.name, s.label, '')",
    "exclusive_key": KEY,
    "currency": "s.currency",
    "payment_method_id": "m.id",
    "purchased_on": "s.purchased_on",
    "anchor_on": "s.purchased_on",
    "sale_amount": "s.sale_amount",
    "state": "c.state",
    "paid_through": "c.paid_through",
    "next_ordinal": "c.next_ordinal",
    "next_charge_on": "c.next_charge_on",
}
STAYS = frozenset({"ref", "platform_ref", "purchased_on", "anchor_on"})


def write_subscriptions(*, at: datetime) -> list[Count]:
    _make_way()
    kept = count("FROM handover_course WHERE keeps_its_own")
    subscriptions = upsert(
        Subscription,
        source=f"{ROWS} ORDER BY s.line",
        values=VALUES,
        conflict="(platform_ref)",
        update=tuple(column for column in VALUES if column not in STAYS),
        kept=kept,
    )
    return [subscriptions, _cancellations(at=at)]


def _make_way() -> None:
    """Keys that go to another subscription of this import, or end with theirs, are given up."""
    run(
        f"""
        UPDATE billing_subscription b SET exclusive_key = ''
          FROM (SELECT s.id AS ref, {KEY} AS key, c.state {ROWS}) AS told
         WHERE b.platform_ref = told.ref AND b.exclusive_key <> ''
           AND (b.exclusive_key <> told.key
                OR (told.state = 'expired' AND b.state <> 'expired'))
        """
    )


def _cancellations(*, at: datetime) -> Count:
    """A cancellation taken over can be taken back in the portal like any other."""
    run(
        """
        DELETE FROM billing_cancellation k USING billing_subscription b, handover_course c
         WHERE k.subscription_id = b.id AND b.platform_ref = c.subscription
           AND NOT c.keeps_its_own AND c.state = 'active'
        """
    )
    return upsert(
        Cancellation,
        source="FROM handover_course c JOIN billing_subscription b"
        " ON b.platform_ref = c.subscription"
        " WHERE c.state = 'ending' AND NOT c.keeps_its_own",
        values={"subscription_id": "b.id", "cancelled_at": "%(at)s::timestamptz"},
        conflict="(subscription_id) WHERE withdrawn_at IS NULL",
        parameters={"at": at},
    )


EARNING_TERMS = (
    f"{TERMS} JOIN partners_site site ON site.id = b.site_id"
    " JOIN billing_plan plan ON plan.id = b.plan_id"
    " JOIN billing_product p ON p.id = plan.product_id AND p.kind = ANY(%(kinds)s)"
    " WHERE t.starts_on >= %(new_year)s ORDER BY t.starts_on, b.id"
)


def write_periods(*, at: datetime, on: date) -> list[Count]:
    """The periods, then the events among them; points are decided on for all at once."""
    new_year = date(on.year, 1, 1)
    periods = upsert(
        Period,
        source=f"{TERMS} ORDER BY b.id, t.ordinal",
        values={
            "subscription_id": "b.id",
            "ordinal": "t.ordinal",
            "starts_on": "t.starts_on",
            "ends_on": "t.ends_on",
            "opened_at": "t.paid_on::timestamp AT TIME ZONE %(zone)s",
        },
        conflict="(subscription_id, starts_on)",
        parameters={"zone": settings.BUSINESS_TIME_ZONE},
    )
    events = upsert(
        QualifyingEvent,
        source=EARNING_TERMS,
        values={
            "source": "'import:' || t.subscription || ':' || t.starts_on",
            "site_id": "site.id",
            "kind": "CASE WHEN t.ordinal = 0 THEN %(activated)s ELSE %(renewed)s END",
            "occurs_on": "t.starts_on",
            "paid_on": "t.paid_on",
            "product_code": "p.code",
            "recorded_at": "%(at)s::timestamptz",
        },
        conflict="(source)",
        parameters={
            "kinds": [kind.value for kind in KINDS_THAT_EARN_POINTS],
            "new_year": new_year,
            "activated": EventKind.ACTIVATED.value,
            "renewed": EventKind.RENEWED.value,
            "at": at,
        },
        ids_into="handover_event",
    )
    schedule(events_where="id IN (SELECT id FROM handover_event)", parameters={}, on=on)
    return [periods, events]
