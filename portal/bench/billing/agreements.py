"""What the accounts of the invented platform hold: three subscriptions each.

Two tables of the bench's own say what every other row goes by: `bench_held` the plans, and
`bench_agreement` who holds which since when, so that it renews on its day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import accumulate

from billing.models import Plan, Price, Product, Subscription
from billing.models.subscriptions import SubscriptionState
from billing.rules import CHARGE_LEADS, MONTHS, Cycle, Kind
from portal.bench.billing.accounts import CURRENCY
from portal.bench.billing.filling import add, ref
from portal.handover.upsert import run


@dataclass(frozen=True, slots=True)
class Held:
    """What every account holds one of.

    What is not due now is charged within so many days, as many on each of them.
    """

    kind: Kind
    cycle: Cycle
    amount: Decimal
    spread_days: int


HELD = (
    Held(Kind.SITE_PLAN, Cycle.YEARLY, Decimal(120), spread_days=330),
    Held(Kind.MARKETING_SUITE, Cycle.MONTHLY, Decimal(25), spread_days=24),
    Held(Kind.BUSINESS_EMAIL, Cycle.YEARLY, Decimal(60), spread_days=330),
)
GAP_DAYS = 4  # what is due later is so many days behind the last due day


def add_catalogue(*, on: date) -> None:
    """Sell what is held since that day, always at the same price."""
    run("DROP TABLE IF EXISTS bench_held")
    run(
        "CREATE TABLE bench_held (place int, plan_id bigint, price_id bigint, code text,"
        " amount numeric, months int, lead_days int, spread_days int)"
    )
    for place, held in enumerate(HELD, start=1):
        code = held.kind.value.replace("_", "-")
        product = Product.objects.create(code=code, name=code, kind=held.kind.value)
        plan = Plan.objects.create(product=product, cycle=held.cycle.value)
        price = Price.objects.create(
            plan=plan, currency=CURRENCY, amount=held.amount, new_from=on, existing_from=on
        )
        run(
            "INSERT INTO bench_held VALUES (%(place)s, %(plan)s, %(price)s, %(code)s, %(amount)s,"
            " %(months)s, %(lead)s, %(spread)s)",
            {
                "place": place,
                "plan": plan.pk,
                "price": price.pk,
                "code": code,
                "amount": held.amount,
                "months": MONTHS[held.cycle],
                "lead": CHARGE_LEADS[held.kind].days(held.cycle),
                "spread": held.spread_days,
            },
        )


def agree(*, accounts: int, due: Sequence[int], on: date) -> None:
    """Decide since when each account holds what it holds.

    Everything of the first `due[0]` accounts is charged on that day, of the next `due[1]` on the
    day after, and so on; of the others later.
    """
    run("DROP TABLE IF EXISTS bench_agreement")
    run(
        """
        CREATE TABLE bench_agreement AS
        SELECT (n - 1) * %(held)s + place AS id, n AS account, h.*, anchor_on,
               (anchor_on + make_interval(months => months))::date AS ends_on
          FROM generate_series(1, %(accounts)s) n
          CROSS JOIN LATERAL (SELECT width_bucket(n, %(after)s::int[]) AS place_in_due) d
          CROSS JOIN bench_held h
          CROSS JOIN LATERAL (
              SELECT CASE WHEN place_in_due < %(days)s THEN place_in_due
                          ELSE %(days)s + %(gap)s + n %% spread_days END AS days) later
          CROSS JOIN LATERAL (
              SELECT (%(on)s::date + days + lead_days
                      - make_interval(months => months))::date AS anchor_on) since
         ORDER BY n, place
        """,
        {
            "accounts": accounts,
            "held": len(HELD),
            "after": [last + 1 for last in accumulate(due)],
            "days": len(due),
            "gap": GAP_DAYS,
            "on": on,
        },
    )
    run("ANALYZE bench_agreement")


def add_subscriptions() -> None:
    """Add what was agreed, its first period paid for. The first thing held is of the site."""
    values = {
        "id": "id",
        "ref": ref("subscription", "id"),
        "account_id": "account",
        "site_id": "CASE WHEN place = 1 THEN account END",
        "plan_id": "plan_id",
        "label": "CASE WHEN place = 1 THEN '' ELSE 'thing-' || id || '.example' END",
        "currency": f"'{CURRENCY}'",
        "purchased_on": "anchor_on",
        "anchor_on": "anchor_on",
        "state": f"'{SubscriptionState.ACTIVE.value}'",
        "paid_through": "ends_on",
        "next_ordinal": "1",
        "next_charge_on": "greatest(ends_on - lead_days, anchor_on)",
    }
    add(Subscription, "FROM bench_agreement", values)
