"""Tell of a card that something is charged to, before the last day on it: once for each day."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from billing.models import CardNotice, PaymentMethod, Subscription
from billing.models.subscriptions import SubscriptionState
from billing.rules import months_expiring_soon
from partners.audience import audience, draft_to
from portal.lib.bulk import insert_many
from portal.mail.actions.queue import queue_many

BATCH = 500  # cards


def tell_cards(*, on: date) -> int:
    """Tell of every card in use that expires soon; returns how many.

    A batch at a time, each in a transaction; run again, or by two at once, no card is told twice.
    """
    announced, after = 0, 0
    while cards := list(_expiring(on=on).filter(pk__gt=after).order_by("pk")[:BATCH]):
        announced += _announce(cards, on=on)
        after = cards[-1].pk
    return announced


def _expiring(*, on: date) -> QuerySet[PaymentMethod]:
    """Cards that expire soon, are charged by name or as the default, and were not told of."""
    is_soon = reduce(
        or_,
        (Q(expires_year=year, expires_month=month) for year, month in months_expiring_soon(on)),
        Q(pk__in=[]),
    )
    renewing = Subscription.objects.filter(state=SubscriptionState.ACTIVE)
    by_name = renewing.filter(payment_method=OuterRef("pk"))
    by_default = renewing.filter(
        Q(payment_method__isnull=True) | Q(payment_method__removed_at__isnull=False),
        account=OuterRef("account"),
    )
    told = CardNotice.objects.filter(
        method=OuterRef("pk"),
        expires_on__year=OuterRef("expires_year"),
        expires_on__month=OuterRef("expires_month"),
    )
    is_used = Exists(by_name) | (Q(is_default=True) & Exists(by_default))
    return PaymentMethod.objects.usable().filter(is_soon, is_used).exclude(Exists(told))


@transaction.atomic
def _announce(cards: Sequence[PaymentMethod], *, on: date) -> int:
    notices = [
        {"method_id": card.pk, "expires_on": card.expires_on, "announced_on": on} for card in cards
    ]
    # Only what this run wrote is told by it.
    written = insert_many(CardNotice, notices, ignore_conflicts=True)
    _tell(written)
    return len(written)


def _tell(notice_ids: Sequence[int]) -> None:
    notices = CardNotice.objects.filter(pk__in=notice_ids).order_by("pk")
    by_account: dict[int, list[int]] = defaultdict(list)
    for account, notice in notices.values_list("method__account", "pk"):
        by_account[account].append(notice)
    queue_many(
        draft_to(
            seat,
            letter="billing/card_expiring",
            key=f"card_notice:{notice}",
            arguments={"notice_id": notice, "user_id": seat.user_id},
        )
        for seat in audience("cards", by_account)
        for notice in by_account[seat.account_id]
    )
