"""How many charges a second: a day's renewals, from due to settled, by what production calls."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db import connection

from billing.actions.renew import renew_due
from billing.models import Invoice, InvoiceSeries
from billing.models.invoices import InvoiceState
from portal.bench.billing import bare
from portal.bench.billing.agreements import HELD
from portal.bench.billing.gateway import agreeable_gateway
from portal.bench.billing.world import DAY, make_world
from portal.bench.workers import Ran, Start, Work, at_once, seconds

ACCOUNTS = 30_000
PROCESSES = 2


class NotAllChargedError(Exception):
    """The run left something out: its figures would say nothing."""


def bench_charges(accounts: int = ACCOUNTS) -> dict[str, Any]:
    """Charge so many accounts, all due on one day: by one process, by two, and by bare SQL."""
    alone = _run([_renew], accounts=accounts)
    together = _run([_renew] * PROCESSES, accounts=accounts)
    rows = bare.keep_what_is_new(accounts=accounts)
    again = partial(bare.write_again, parts=PROCESSES, accounts=accounts)
    written = _run([partial(again, part=part) for part in range(PROCESSES)], accounts=accounts)
    return {
        "accounts": accounts,
        "lines": accounts * len(HELD),
        "rows_written": rows,
        "charges_a_second_one_process": round(accounts / seconds(alone)),
        "charges_a_second": round(accounts / seconds(together)),
        "charges_a_second_bare_sql": round(accounts / seconds(written)),
        "percent_of_bare_sql": round(100 * seconds(written) / seconds(together)),
        "peak_mib_before": round(max(one.peak_mib_before for one in alone + together)),
        "peak_mib": round(max(one.peak_mib for one in alone + together)),
    }


def _run(works: Sequence[Work], *, accounts: int) -> list[Ran]:
    """Do the works at once on a platform made anew, and see that every account was charged."""
    make_world(accounts=accounts, due=[accounts])
    InvoiceSeries.objects.create(issuer="BENCH", year=DAY.year)
    ran = at_once(works)
    charged = Invoice.objects.filter(due_on=DAY, state=InvoiceState.PAID).count()
    if charged != accounts:
        raise NotAllChargedError(f"{charged} of {accounts} accounts were charged")
    return ran


def _renew(start: Start) -> None:
    with agreeable_gateway():
        connection.ensure_connection()
        start()
        renew_due(on=DAY)
