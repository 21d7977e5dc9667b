"""What will be charged over the coming days, by kind and currency: a run that charges nobody."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from billing import timeline
from billing.catalogue.alike import Alike, alike
from billing.errors import NoPriceError
from billing.models import Subscription
from billing.models.catalogue import KINDS
from billing.pricing import PriceBook, Quote
from billing.rules import Kind

Key = TypeVar("Key")
Sums = defaultdict[Key, tuple[int, Decimal]]


class Step(StrEnum):
    """How finely the days are told apart."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """Renewals of one kind in one currency on a day, or in the month that begins with it."""

    on: date
    kind: Kind
    currency: str
    renewals: int
    amount: Decimal

    @property
    def kind_in_words(self) -> str:
        return str(dict(KINDS)[self.kind.value])


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What is charged, and what is left out of it: renewals without a price, parked accounts."""

    rows: tuple[Charged, ...]
    unpriced: int
    parked: int

    @property
    def totals(self) -> list[tuple[str, int, Decimal]]:
        """The number of renewals and their sum, by currency."""
        sums: Sums[str] = defaultdict(lambda: (0, Decimal()))
        for row in self.rows:
            _add(sums, row.currency, row.renewals, row.amount)
        return [(currency, *sums[currency]) for currency in sorted(sums)]


def forecast(*, on: date, until: date, step: Step = Step.DAY) -> Forecast:
    """Every renewal charged from today to a day, priced by the book that charges them.

    What is overdue counts for today. Two queries and the prices; the work grows with the days of
    purchase among the subscriptions, not with their number.
    """
    due, book = Subscription.objects.due(until), PriceBook.load()
    sums: Sums[tuple[date, Kind, str]] = defaultdict(lambda: (0, Decimal()))
    unpriced = 0
    for group in alike(due.filter(account__parked__isnull=True), on=on):
        try:
            for quote in _charges(group, book, until=until):
                key = _key(group, quote, on=on, step=step)
                _add(sums, key, group.count, group.count * quote.amount)
        except NoPriceError:
            unpriced += group.count
    return Forecast(
        rows=tuple(
            Charged(on=day, kind=kind, currency=currency, renewals=number, amount=amount)
            for (day, kind, currency), (number, amount) in sorted(sums.items())
        ),
        unpriced=unpriced,
        parked=due.filter(account__parked__isnull=False).count(),
    )


def _add(sums: Sums[Key], key: Key, renewals: int, amount: Decimal) -> None:
    number, total = sums[key]
    sums[key] = number + renewals, total + amount


def _charges(group: Alike, book: PriceBook, *, until: date) -> Iterator[Quote]:
    return timeline.charges(group.agreement, book, first=group.next_ordinal, until=until)


def _key(group: Alike, quote: Quote, *, on: date, step: Step) -> tuple[date, Kind, str]:
    day = max(quote.charge_on, on)
    if step is Step.MONTH:
        day = day.replace(day=1)
    return day, group.agreement.kind, group.agreement.currency
