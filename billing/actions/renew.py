"""Renewals: draw up what is due and charge it; one customer's broken data stops nobody else."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import Exists, OuterRef

from billing.actions import charge
from billing.actions.change_plan import carry_out
from billing.actions.draw_up import Item, draw_up
from billing.models import NonprofitVerification, ParkedAccount, Subscription
from billing.models.catalogue import plan_name
from billing.models.subscriptions import plan_for
from billing.names import as_people_write
from billing.pricing import Agreement, PriceBook
from partners.models import Account
from partners.models.accounts import bills_to
from portal.lib import clock
from portal.lib.bulk import update_many

log = logging.getLogger(__name__)

ACCOUNTS_A_BATCH = 500


def renew_due(*, on: date) -> Counter[str]:
    """Charge every renewal that is due, each under the date it was due.

    After missed days it catches up: whatever falls due by what it charges is charged as well.
    """
    totals: Counter[str] = Counter()
    book = PriceBook.load()
    while charged := charge.run(_opened(book, on=on), on=on):
        totals += charged
    return totals


def _opened(book: PriceBook, *, on: date) -> Iterator[list[int]]:
    for accounts in _accounts_due(on=on):
        yield open_due(accounts, book=book, on=on)


def _accounts_due(*, on: date) -> Iterator[list[int]]:
    """The accounts with something due, a batch at a time, parked ones left out.

    By day and by number, as the index is: a batch is read from where the one before it ended, and
    the last one of a long day costs what the first one did.
    """
    due = Subscription.objects.due(on).exclude(
        Exists(ParkedAccount.objects.filter(account=OuterRef("account")))
    )
    days = due.order_by("next_charge_on").values_list("next_charge_on", flat=True).distinct()
    for day in list(days):
        of_day = due.filter(next_charge_on=day).order_by("account_id").distinct()
        ids, after = of_day.values_list("account_id", flat=True), 0
        while accounts := list(ids.filter(account_id__gt=after)[:ACCOUNTS_A_BATCH]):
            yield accounts
            after = accounts[-1]


def open_due(accounts: list[int], *, book: PriceBook, on: date) -> list[int]:
    """Draw up the due renewals of these accounts, in one transaction.

    If the database refuses the batch, its halves are tried, down to the broken account: parked.
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
        log.exception("%s accounts could not be drawn up together; trying halves", len(accounts))
    middle = len(accounts) // 2
    halves = (accounts[:middle], accounts[middle:])
    return [attempt for half in halves for attempt in open_due(half, book=book, on=on)]


def _open_batch(accounts: list[int], *, book: PriceBook, on: date) -> list[int]:
    locked = list(
        Account.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(pk__in=accounts)
        .values_list("pk", flat=True)
    )
    carry_out(locked, on=on)
    items = _items_due(locked, book=book, on=on)
    update_many(
        Subscription, [{"id": item.subscription_id, "next_charge_on": None} for item in items]
    )
    return draw_up(items, on=on)


def _items_due(accounts: list[int], *, book: PriceBook, on: date) -> list[Item]:
    """The periods these accounts are to be charged for, each priced as of the day it was due."""
    nonprofits = _nonprofits(accounts, on=on)
    # Locked themselves, as a cancellation locks them: what is cancelled just now is not charged.
    due = (
        Subscription.objects.due(on)
        .select_for_update(of=("self",), no_key=True)
        .filter(account__in=accounts)
        .order_by("account_id", "id")
        .values_list(
            "pk",
            "account_id",
            "account__name",
            bills_to("account__"),
            "payment_method_id",
            "plan__product__name",
            "site__address",
            "label",
            "next_ordinal",
            *Agreement.columns(),
        )
    )
    return [_item(row, book=book, nonprofits=nonprofits) for row in due]


def _item(row: Sequence[Any], *, book: PriceBook, nonprofits: set[int]) -> Item:
    pk, account, name, email, method, product, site, label, ordinal, *agreed = row
    agreement = Agreement.read(agreed, is_nonprofit=account in nonprofits)
    return Item(
        subscription_id=pk,
        payment_method_id=method,
        account_id=account,
        bill_to_name=name,
        bill_to_email=email,
        description=plan_for(plan_name(product, agreement.cycle), as_people_write(label) or site),
        quote=book.quote(agreement, ordinal),
    )


def _nonprofits(accounts: list[int], *, on: date) -> set[int]:
    verified = NonprofitVerification.objects.filter(account__in=accounts, verified_on__lte=on)
    return set(verified.values_list("account_id", flat=True))


def _park(account_id: int, error: Exception) -> None:
    """Leave this account out of the runs until staff have looked into it."""
    log.error("account %s is parked: its renewals cannot be drawn up", account_id, exc_info=error)
    ParkedAccount.objects.get_or_create(
        account_id=account_id,
        defaults={"parked_at": clock.now(), "reason": f"{type(error).__name__}: {error}"},
    )
