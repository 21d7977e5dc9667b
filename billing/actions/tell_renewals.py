"""Tell of renewals of plans for a year or longer before they are charged, with day and amount.

One mail a seat and day, however many renewals. What was announced as dearer is not told again.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from billing.changes import coming_agreement, waiting_change
from billing.errors import NoPriceError
from billing.models import NonprofitVerification, PriceNotice, RenewalNotice, Subscription
from billing.models.subscriptions import SubscriptionState
from billing.pricing import PriceBook
from billing.rules import CYCLES_TOLD_AHEAD, RENEWAL_NOTICE_DAYS
from partners.audience import audience, draft_to
from portal.lib.bulk import insert_many
from portal.mail.actions.queue import queue_many

BATCH = 500  # accounts


def tell_renewals(*, on: date) -> int:
    """Tell of every renewal whose day of notice has come; returns how many.

    A missed day is made up for while the charge is still ahead. A batch at a time, each in a
    transaction; run again, or by two at once, nothing is announced twice.
    """
    book, announced, after = PriceBook.load(), 0, 0
    while accounts := _accounts(on=on, after=after):
        announced += _announce(accounts, book, on=on)
        after = accounts[-1]
    return announced


def _coming(*, on: date) -> QuerySet[Subscription]:
    of_the_period = {"subscription": OuterRef("pk"), "starts_on": OuterRef("paid_through")}
    return (
        Subscription.objects.filter(
            state=SubscriptionState.ACTIVE,
            plan__cycle__in=[cycle.value for cycle in CYCLES_TOLD_AHEAD],
            next_charge_on__gt=on,
            next_charge_on__lte=on + timedelta(days=RENEWAL_NOTICE_DAYS),
        )
        .exclude(Exists(RenewalNotice.objects.filter(**of_the_period)))
        .exclude(Exists(PriceNotice.objects.filter(**of_the_period)))
    )


def _accounts(*, on: date, after: int) -> list[int]:
    accounts = _coming(on=on).filter(account__gt=after).order_by("account_id")
    return list(accounts.values_list("account_id", flat=True).distinct()[:BATCH])


@transaction.atomic
def _announce(accounts: Sequence[int], book: PriceBook, *, on: date) -> int:
    free = NonprofitVerification.objects.filter(account=OuterRef("account"), verified_on__lte=on)
    coming = (
        _coming(on=on)
        .filter(account__in=accounts)
        .annotate(is_free=Exists(free))
        .select_related("plan__product", "account")
        .prefetch_related(waiting_change())
        .order_by("next_charge_on", "pk")
    )
    notices = [notice for one in coming if (notice := _notice(one, book, on=on))]
    # Only what this run wrote is told by it.
    written = insert_many(RenewalNotice, notices, ignore_conflicts=True)
    _tell(written)
    return len(written)


def _notice(subscription: Subscription, book: PriceBook, *, on: date) -> dict[str, Any] | None:
    is_free: bool = subscription.is_free  # type: ignore[attr-defined]  # annotated above
    agreement = coming_agreement(subscription, is_nonprofit=is_free)
    try:
        quote = book.quote(agreement, subscription.next_ordinal)
    except NoPriceError:
        return None  # the run that charges parks the account
    if not quote.gross_amount:
        return None
    return {
        "subscription_id": subscription.pk,
        "starts_on": quote.term.starts_on,
        "charge_on": quote.charge_on,
        "amount": quote.gross_amount,
        "currency": quote.currency,
        "announced_on": on,
    }


def _tell(notice_ids: Sequence[int]) -> None:
    notices = RenewalNotice.objects.filter(pk__in=notice_ids).order_by("charge_on", "pk")
    by_account: dict[int, list[int]] = defaultdict(list)
    for account, notice in notices.values_list("subscription__account", "pk"):
        by_account[account].append(notice)
    queue_many(
        draft_to(
            seat,
            letter="billing/renewal_notice",
            key=f"renewal_notice:{min(by_account[seat.account_id])}",
            arguments={"notice_ids": by_account[seat.account_id], "user_id": seat.user_id},
        )
        for seat in audience("renewals", by_account)
    )
