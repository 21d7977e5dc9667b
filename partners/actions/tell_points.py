"""Tell who wants to know it what has landed: one mail a seat and day, or a week.

A seat's row says up to which line of the ledger it has been told; it moves in the transaction that
queues the mail. Meanwhile nobody else writes to the ledger (`one_at_a_time`), so that no line with
a lower number turns up later, and a second scheduler waits, and then finds nothing.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce

from partners.actions.points import one_at_a_time
from partners.audience import audience, draft_to
from partners.models import Choice, Membership, PointsEntry, PointsTold
from partners.rules import DIGEST_LOOKS_BACK, DIGEST_WEEKDAY
from portal.lib import clock
from portal.mail.actions.queue import queue_many

BATCH = 500  # accounts


@dataclass(frozen=True, slots=True)
class News:
    """What a seat has not been told yet: the lines of its account from one to another."""

    seat: Membership
    first: int
    last: int


def tell_points(*, on: date) -> int:
    """Queue the digests that are due; returns how many. A batch at a time, each in a transaction.

    Run again, or by two at once, it queues nothing more.
    """
    told, after = 0, 0
    while accounts := _accounts_with_news(on=on, after=after):
        told += _tell_batch(accounts, on=on)
        after = accounts[-1]
    return told


def _landed(*, on: date) -> QuerySet[PointsEntry]:
    return PointsEntry.objects.filter(credited_on__gt=on - DIGEST_LOOKS_BACK, credited_on__lte=on)


def _accounts_with_news(*, on: date, after: int) -> list[int]:
    accounts = _landed(on=on).filter(account__gt=after).order_by("account_id")
    return list(accounts.values_list("account_id", flat=True).distinct()[:BATCH])


@transaction.atomic
def _tell_batch(accounts: Sequence[int], *, on: date) -> int:
    one_at_a_time()
    news = _news(accounts, on=on)
    PointsTold.objects.bulk_create(
        [PointsTold(seat=one.seat, up_to=one.last, told_on=on) for one in news],
        update_conflicts=True,
        unique_fields=["seat"],
        update_fields=["up_to", "told_on"],
    )
    queue_many(
        draft_to(
            one.seat,
            letter="partners/points_landed",
            key=f"points:{one.seat.account.ref}:{on}",
            arguments={
                "account_id": one.seat.account_id,
                "user_id": one.seat.user_id,
                "first": one.first,
                "last": one.last,
            },
        )
        for one in news
    )
    return len(news)


def _news(accounts: Sequence[int], *, on: date) -> list[News]:
    """What each seat that is due has not been told yet; of days before it sat there, nothing."""
    lines: dict[int, list[tuple[int, date]]] = defaultdict(list)
    landed = _landed(on=on).filter(account__in=accounts).order_by("pk")
    for account, line, day in landed.values_list("account", "pk", "credited_on"):
        lines[account].append((line, day))
    found = []
    for seat, up_to in _due(accounts, on=on):
        since = clock.date_of(seat.since_at)
        news = [line for line, day in lines[seat.account_id] if line > up_to and day >= since]
        if news:
            found.append(News(seat, first=news[0], last=news[-1]))
    return found


def _due(accounts: Sequence[int], *, on: date) -> list[tuple[Membership, int]]:
    """The seats that are told today and have not been, each with the last line it knows."""
    seats = (
        audience("points", accounts)
        .exclude(points_told__told_on__gte=on)
        .annotate(up_to=Coalesce(F("points_told__up_to"), Value(0)))
    )
    is_their_day = on.weekday() == DIGEST_WEEKDAY
    return [
        (seat, seat.up_to)
        for seat in seats
        if is_their_day or seat.choice != Choice.WEEKLY  # type: ignore[attr-defined]  # annotated
    ]
