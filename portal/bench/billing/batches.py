"""Whether a batch costs the same however much is stored, and however many accounts are in it."""

import time
from datetime import timedelta
from typing import Any

from billing.actions.renew import renew_due
from portal.bench.billing.agreements import HELD
from portal.bench.billing.bare import rows_stored
from portal.bench.billing.gateway import agreeable_gateway
from portal.bench.billing.world import DAY, make_world
from portal.bench.statements import statements

ACCOUNTS = 333_334
FEW, MANY, PLENTY = 10, 200, 3_000
A_DAY = timedelta(days=1)


def bench_batches(
    accounts: int = ACCOUNTS, *, few: int = FEW, many: int = MANY, plenty: int = PLENTY
) -> dict[str, Any]:
    """Charge few accounts, many, and plenty, first where there are no others, then where there are.

    Few and many are one batch each, whose statements are counted; plenty are timed.
    """
    due = [few, many, plenty]
    figures: dict[str, Any] = {}
    for size in (sum(due), max(accounts, sum(due))):
        make_world(accounts=size, due=due)
        with agreeable_gateway():
            figures |= _figures(f"{size * len(HELD):,}_subscriptions", due)
    return figures


def _figures(where: str, due: list[int]) -> dict[str, Any]:
    few, many, plenty = due
    of_few = statements(lambda: renew_due(on=DAY))
    of_many = statements(lambda: renew_due(on=DAY + A_DAY))
    before, began = rows_stored(), time.monotonic()
    renew_due(on=DAY + 2 * A_DAY)
    seconds = time.monotonic() - began
    return {
        f"{where}_statements_for_{few}_accounts": of_few,
        f"{where}_statements_for_{many}_accounts": of_many,
        f"{where}_charges_a_second": round(plenty / seconds),
        f"{where}_rows_a_second": round((rows_stored() - before) / seconds),
    }
