"""What a plan costs, day by day: spans of days without a gap between them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import partial

from billing.errors import NoPriceError
from billing.models import Price, SaleOffer
from billing.offers import taken_up
from billing.pricing import PriceBook

A_DAY = timedelta(days=1)


class Standing(StrEnum):
    """Where a span lies, seen from a day."""

    PAST = "past"
    IN_FORCE = "in force"
    COMING = "coming"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Days on which a period costs the same, both inclusive; an open end is None.

    Without a `price` there is none yet. `amount` is what is charged: the offer's, or the standard.
    """

    starts_on: date | None
    ends_on: date | None
    price: Price | None = None
    offer: SaleOffer | None = None
    amount: Decimal | None = None

    def standing(self, on: date) -> Standing:
        if self.ends_on is not None and self.ends_on < on:
            return Standing.PAST
        if self.starts_on is not None and self.starts_on > on:
            return Standing.COMING
        return Standing.IN_FORCE


def purchase_spans(
    book: PriceBook, *, plan_id: int, currency: str, offers: Sequence[SaleOffer]
) -> list[Span]:
    """What a purchase costs, from the beginning of time to its end, offers included."""
    changes = set(book.purchase_days(plan_id=plan_id, currency=currency))
    for offer in offers:
        changes.add(offer.starts_on)
        if offer.ends_on < date.max:
            changes.add(offer.ends_on + A_DAY)
    find = partial(book.for_purchase, plan_id=plan_id, currency=currency)
    standard = (_priced(first, last, find) for first, last in _cut(changes))
    return list(_joined(_with_offer(span, currency, offers) for span in standard))


def renewal_spans(book: PriceBook, *, plan_id: int, currency: str) -> list[Span]:
    """What a renewal charged on a day costs, from the beginning of time to its end."""
    find = partial(book.for_renewal, plan_id=plan_id, currency=currency)
    days = book.renewal_days(plan_id=plan_id, currency=currency)
    return [_priced(first, last, find) for first, last in _cut(days)]


def _priced(first: date | None, last: date | None, find: Callable[..., Price]) -> Span:
    """The days with the version that holds on them, if there is one."""
    try:
        price = find(on=first or date.min)
    except NoPriceError:
        return Span(starts_on=first, ends_on=last)
    return Span(starts_on=first, ends_on=last, price=price, amount=price.amount)


def _with_offer(span: Span, currency: str, offers: Sequence[SaleOffer]) -> Span:
    """The days at what is offered on them, if there is a price to take it off."""
    running = [offer for offer in offers if offer.runs_on(span.starts_on or date.min)]
    if span.price is None:
        return span
    found = taken_up(running, currency=currency, standard=span.price.amount)
    return replace(span, offer=found[0], amount=found[1]) if found else span


def _cut(days: Iterable[date]) -> Iterator[tuple[date | None, date | None]]:
    """All of time, cut on the morning of each of these days."""
    ordered = sorted(day for day in days if day > date.min)
    lasts = [day - A_DAY for day in ordered]
    return zip([None, *ordered], [*lasts, None], strict=True)


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Neighbours between which nothing changes (another currency's offer began) become one."""
    before: Span | None = None
    for span in spans:
        if before and before.price is span.price and before.offer is span.offer:
            before = replace(before, ends_on=span.ends_on)
            continue
        if before:
            yield before
        before = span
    if before:
        yield before
