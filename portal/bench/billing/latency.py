"""How much of a slow gateway's time is used."""

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from billing.actions.renew import renew_due
from portal.bench.billing.gateway import agreeable_gateway
from portal.bench.billing.world import DAY, make_world

ACCOUNTS = 2_560
CONCURRENCIES = (1, 8, 32, 64, 128)
SECONDS = 0.2


def bench_latency(
    accounts: int = ACCOUNTS,
    *,
    concurrencies: Sequence[int] = CONCURRENCIES,
    seconds: float = SECONDS,
) -> dict[str, Any]:
    """Charge in one process through a gateway that takes its time, with so many charges at once.

    Each concurrency has a day of its own: so many accounts for the highest, fewer for the others,
    so that each takes as long. Possible is what the gateway would take by itself: concurrency
    divided by its seconds.
    """
    rounds = max(1, accounts // max(concurrencies))
    due = [concurrency * rounds for concurrency in concurrencies]
    make_world(accounts=sum(due), due=due)
    figures: dict[str, Any] = {"gateway_seconds": seconds}
    for place, concurrency in enumerate(concurrencies):
        with agreeable_gateway(seconds=seconds, concurrency=concurrency):
            began = time.monotonic()
            charged = renew_due(on=DAY + timedelta(days=place)).total()
            a_second = charged / (time.monotonic() - began)
        possible = concurrency / seconds
        figures[f"{concurrency}_at_once_charges_a_second"] = round(a_second, 1)
        figures[f"{concurrency}_at_once_possible"] = round(possible, 1)
        figures[f"{concurrency}_at_once_percent"] = round(100 * a_second / possible)
    return figures
