"""Renewals: draw up what is due and charge it; one customer's broken data stops nobody else."""

import logging
from collections import Counter
from datetime import date

from django.db import OperationalError, transaction

from billing.actions import charge
from billing.actions.change_plan import carry_out
from billing.actions.draw_up import Item, draw_up
from billing.models import NonprofitVerification, ParkedAccount, PaymentAttempt, Subscription
from billing.pricing import Agreement, PriceBook
from partners.models import Account
from portal.lib import clock

log = logging.getLogger(__name__)

ACCOUNTS_A_BATCH = 200


def renew_due(*, on: date) -> Counter[str]:
    """Charge every renewal that is due, each under the date it was due.

    After missed days it catches up: whatever falls due by what it charges is charged as well.
    """
    totals: Counter[str] = Counter()
    book = PriceBook.load()
    while True:
        drawn_up, after = 0, 0
        while accounts := _accounts_due(on=on, after=after):
            attempts = open_due(accounts, book=book, on=on)
            totals += charge.run(attempts, on=on)
            drawn_up += len(attempts)
            after = accounts[-1]
        if not drawn_up:
            return totals


def _accounts_due(*, on: date, after: int) -> list[int]:
    """The next accounts with something due, parked ones left out, in order of their id."""
    due = Subscription.objects.due(on).filter(account_id__gt=after, account__parked__isnull=True)
    ids = due.order_by("account_id").values_list("account_id", flat=True).distinct()
    return list(ids[:ACCOUNTS_A_BATCH])


def open_due(accounts: list[int], *, book: PriceBook, on: date) -> list[PaymentAttempt]:
    """Draw up the due renewals of these accounts, in one transaction.

    If the database refuses the batch, each account is tried by itself and the broken one is parked.
    """
    try:
        with transaction.atomic():
            return _open_batch(accounts, book=book, on=on)
    except OperationalError:
        log.exception("the database could not draw up renewals now; the next run tries again")
        return []
    except Exception as error:
        if len(accounts) == 1:
            _park(accounts[0], error)
            return []
        log.exception("a batch of renewals failed; trying its accounts one by one")
    return [attempt for account in accounts for attempt in open_due([account], book=book, on=on)]


def _open_batch(accounts: list[int], *, book: PriceBook, on: date) -> list[PaymentAttempt]:
    locked = list(
        Account.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(pk__in=accounts)
        .values_list("pk", flat=True)
    )
    # Locked themselves, as a cancellation locks them: what is cancelled just now is not charged.
    subscriptions = list(
        Subscription.objects.due(on)
        .select_for_update(of=("self",), no_key=True)
        .filter(account__in=locked)
        .select_related("plan__product", "site", "account")
        .order_by("account_id", "id")
    )
    nonprofits = set(
        NonprofitVerification.objects.filter(account__in=locked, verified_on__lte=on).values_list(
            "account_id", flat=True
        )
    )
    carry_out(subscriptions)
    items = [
        Item(
            subscription,
            book.quote(
                Agreement.of(subscription, is_nonprofit=subscription.account_id in nonprofits),
                subscription.next_ordinal,
            ),
        )
        for subscription in subscriptions
    ]
    attempts = draw_up(items, on=on)
    Subscription.objects.filter(pk__in=[s.pk for s in subscriptions]).update(next_charge_on=None)
    return attempts


def _park(account_id: int, error: Exception) -> None:
    """Leave this account out of the runs until staff have looked into it."""
    log.error("account %s is parked: its renewals cannot be drawn up", account_id, exc_info=error)
    ParkedAccount.objects.get_or_create(
        account_id=account_id,
        defaults={"parked_at": clock.now(), "reason": f"{type(error).__name__}: {error}"},
    )
