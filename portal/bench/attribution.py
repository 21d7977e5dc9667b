"""How fast events become points, beside one SQL statement that writes the same ledger."""

import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from partners.actions.points import attribute, schedule
from partners.actions.years import prepare_year
from partners.models import (
    Account,
    Enrolment,
    PointsDue,
    PointsEntry,
    ProgrammeTerms,
    ProgrammeYear,
    QualifyingEvent,
    Site,
    Standing,
)
from partners.rules import EventKind
from portal.bench.billing.filling import add, ref
from portal.bench.memory import peak_mib
from portal.handover.upsert import run
from portal.models import User

SITES_EACH = 400
ACCOUNTS = 2_500
FEW = 5_000
DAY = date(2027, 6, 15)
LONG_AGO = date(2020, 1, 1)
A_DAY = timedelta(days=1)
SPREAD_DAYS = 100  # events of so many days, the last of which landed on `DAY`

ROOTS = (Account, ProgrammeTerms, ProgrammeYear, User)

BARE = """
    WITH due AS (
        DELETE FROM partners_pointsdue WHERE due_on <= %(on)s
        RETURNING event_id, account_id, relation
    )
    INSERT INTO partners_pointsentry
           (account_id, programme_year_id, kind, points, credited_on, site_id, event_id, relation,
            rule_id, note, created_at)
    SELECT due.account_id, value.programme_year_id, 'credit', value.points, %(on)s, event.site_id,
           event.id, due.relation, value.id, '', now()
      FROM due
      JOIN partners_qualifyingevent event ON event.id = due.event_id
      JOIN partners_pointvalue value
        ON value.programme_year_id = extract(year FROM event.occurs_on)
       AND value.relation = due.relation
"""


class NotAllCreditedError(Exception):
    """The ledger is not what it must be: the figures would say nothing."""


def bench_attribution(accounts: int = ACCOUNTS, *, few: int = FEW) -> dict[str, Any]:
    """Credit an event of each of an account's sites, all due by one day; a few more before, after.

    The bare statement writes the same rows from the same notes, under the same constraints and
    triggers, once the ledger is empty again.
    """
    sites = accounts * SITES_EACH
    _make_world(accounts=accounts, sites=sites + 2 * few)
    _tell(first=1, last=few)
    onto_nothing = _seconds(lambda: attribute(on=DAY))
    _empty_the_ledger()
    _tell(first=few + 1, last=few + sites)
    idle = _seconds(lambda: attribute(on=DAY - SPREAD_DAYS * A_DAY))
    before = peak_mib()
    credited = _seconds(lambda: attribute(on=DAY))
    _see_all_credited(sites, accounts)
    peak = peak_mib()
    _tell(first=few + sites + 1, last=sites + 2 * few)
    onto_all = _seconds(lambda: attribute(on=DAY))
    bare = _bare(few, sites, accounts)
    return {
        "events": sites,
        "events_a_second": round(sites / credited),
        "events_a_second_bare_sql": round(sites / bare),
        "percent_of_bare_sql": round(100 * bare / credited),
        "peak_mib_before": round(before),
        "peak_mib": round(peak),
        "seconds_nothing_due": round(idle, 3),
        f"seconds_{few}_onto_an_empty_ledger": round(onto_nothing, 3),
        f"seconds_{few}_onto_all": round(onto_all, 3),
    }


def _bare(few: int, sites: int, accounts: int) -> float:
    _empty_the_ledger()
    run("TRUNCATE partners_qualifyingevent RESTART IDENTITY CASCADE")
    _tell(first=few + 1, last=few + sites)
    seconds = _seconds(lambda: run(BARE, {"on": DAY}))
    _see_all_credited(sites, accounts)
    return seconds


def _seconds(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def _see_all_credited(sites: int, accounts: int) -> None:
    found = PointsEntry.objects.count(), Standing.objects.count(), PointsDue.objects.count()
    if found != (sites, accounts, 0):
        raise NotAllCreditedError(found)


# --- The world -----------------------------------------------------------------------------------


def _make_world(*, accounts: int, sites: int) -> None:
    """Empty the database for good, and fill it with accounts that have joined, and their sites."""
    tables = ", ".join(model._meta.db_table for model in ROOTS)  # noqa: SLF001
    run(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
    prepare_year(DAY.year)
    terms = ProgrammeTerms.objects.create(version="1", in_force_from=LONG_AGO, text="Be fair.")
    person = User.objects.create(email="alice@studio.example", name="Alice")
    counted = {"accounts": accounts, "sites": sites}
    each_account = "FROM generate_series(1, %(accounts)s) n"
    email = "'owner@account-' || n || '.example'"
    named = {"ref": ref("account", "n"), "name": "'Account ' || n", "email": email}
    add(Account, each_account, {**named, "country": "'GB'", "currency": "'USD'"}, **counted)
    joined = {"enrolled_at": "%(on)s::date", "enrolled_on": "%(on)s::date"}
    under = {"enrolled_by_id": str(person.pk), "terms_id": str(terms.pk)}
    add(Enrolment, each_account, {"account_id": "n", **joined, **under}, on=LONG_AGO, **counted)
    of_site = {"account_id": "1 + n %% %(accounts)s", "address": "'site-' || n || '.example'"}
    each_site = "FROM generate_series(1, %(sites)s) n"
    add(Site, each_site, {"ref": ref("site", "n"), **of_site}, **counted)


def _tell(*, first: int, last: int) -> None:
    """An event of each of these sites, on its day of the spread, and the notes that follow."""
    occurs_on = "(%(lands_by)s::date - 14 - n %% %(days)s)"
    values = {
        "source": "'bench:' || n",
        "site_id": "n",
        "kind": f"'{EventKind.RENEWED.value}'",
        "occurs_on": occurs_on,
        "paid_on": occurs_on,
        "product_code": "'premium'",
    }
    told = {"first": first, "last": last}
    each = "FROM generate_series(%(first)s::int, %(last)s) n"
    add(QualifyingEvent, each, values, lands_by=DAY, days=SPREAD_DAYS, **told)
    schedule(
        events_where="site_id BETWEEN %(first)s AND %(last)s",
        parameters=told,
        on=DAY - 2 * SPREAD_DAYS * A_DAY,
    )
    run("VACUUM ANALYZE")


def _empty_the_ledger() -> None:
    run("TRUNCATE partners_pointsentry, partners_standing RESTART IDENTITY CASCADE")
