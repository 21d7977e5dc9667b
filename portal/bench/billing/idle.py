"""What a day costs on which nothing is due, however much there is."""

import time
from collections.abc import Callable
from datetime import date
from typing import Any

from billing.actions.announce import announce_due
from billing.actions.charge import retry_due
from billing.actions.give_up import give_up_due
from billing.actions.renew import renew_due
from billing.models import Subscription
from portal.bench.billing.gateway import agreeable_gateway
from portal.bench.billing.world import DAY, make_world

ACCOUNTS = 333_334
JOBS: tuple[Callable[..., object], ...] = (renew_due, retry_due, announce_due, give_up_due)


class SomethingWasDueError(Exception):
    """A job found something to do: its figure would not be that of finding nothing."""


def bench_idle(accounts: int = ACCOUNTS) -> dict[str, Any]:
    """Run the daily jobs on a day without anything due, beside reading every row once.

    No renewal is due on that day, but all of them within the year, a third within the month.
    """
    make_world(accounts=accounts)
    with agreeable_gateway():
        jobs = {f"seconds_{job.__name__}": _seconds(job, on=DAY) for job in JOBS}
    began = time.monotonic()
    read = sum(1 for _ in Subscription.objects.values_list("next_charge_on").iterator())
    return {
        "subscriptions": read,
        **{name: round(seconds, 3) for name, seconds in jobs.items()},
        "seconds_together": round(sum(jobs.values()), 3),
        "seconds_to_read_all": round(time.monotonic() - began, 3),
    }


def _seconds(job: Callable[..., object], *, on: date) -> float:
    began = time.monotonic()
    if done := job(on=on):
        raise SomethingWasDueError(f"{job.__name__}: {done}")
    return time.monotonic() - began
