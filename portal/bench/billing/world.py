"""An invented platform for the benches of billing, as large as one likes."""

from collections.abc import Sequence
from datetime import date

from django.core.management.color import no_style
from django.db import connection

from billing.models import (
    Invoice,
    InvoiceLine,
    InvoiceSeries,
    PaymentAttempt,
    PaymentMethod,
    Period,
    Product,
    Subscription,
)
from partners.actions.years import prepare_year
from partners.models import Account, ProgrammeTerms, ProgrammeYear, QualifyingEvent, Site
from portal.bench.billing.accounts import add_accounts
from portal.bench.billing.agreements import add_catalogue, add_subscriptions, agree
from portal.bench.billing.past import add_past
from portal.handover.upsert import run
from portal.mail.models import Message
from portal.models import User

DAY = date(2027, 6, 15)
LONG_AGO = date(2020, 1, 1)

# What everything else hangs from.
ROOTS = (Account, InvoiceSeries, Message, Product, ProgrammeTerms, ProgrammeYear, User)
# What is given its number here, and goes on by itself afterwards.
NUMBERED = (
    Account,
    Invoice,
    InvoiceLine,
    Message,
    PaymentAttempt,
    PaymentMethod,
    Period,
    QualifyingEvent,
    Site,
    Subscription,
)


def make_world(*, accounts: int, due: Sequence[int] = ()) -> None:
    """Empty the database for good, and fill it with so many accounts and what they hold.

    The first `due[0]` of them are to be charged on `DAY`, each in one invoice, the next `due[1]` on
    the day after, and so on; the others later.
    """
    _empty()
    for year in (DAY.year - 1, DAY.year, DAY.year + 1):
        prepare_year(year)
    ProgrammeTerms.objects.create(version="1", in_force_from=LONG_AGO, text="Be fair.")
    User.objects.create(email="alice@studio.example", name="Alice")
    add_accounts(accounts, on=LONG_AGO)
    add_catalogue(on=LONG_AGO)
    agree(accounts=accounts, due=due, on=DAY)
    add_subscriptions()
    add_past()
    _settle_down()


def _empty() -> None:
    tables = ", ".join(model._meta.db_table for model in ROOTS)  # noqa: SLF001
    run(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")


def _settle_down() -> None:
    """As a database that has been there for a while: numbers go on, statistics are known."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), NUMBERED):
            cursor.execute(statement)
        cursor.execute("VACUUM ANALYZE")
