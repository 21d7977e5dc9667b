"""What an offer would lead to, computed by the code that charges, before it is saved."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import count

from billing.catalogue.spans import purchase_spans
from billing.errors import NoPriceError
from billing.models import Plan, SaleOffer
from billing.pricing import Agreement, PriceBook, Quote
from billing.rules import PriceReason


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedPrice:
    """What the offer makes of a standard price, and on which days.

    `first_back` and `last_back` are the charges with which those who buy on the first and on the
    last of these days are back at the standard price; None where there is no price by then.
    """

    currency: str
    starts_on: date
    ends_on: date
    standard: Decimal
    amount: Decimal
    first_back: Quote | None
    last_back: Quote | None

    @property
    def is_cheaper(self) -> bool:
        return self.amount < self.standard


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferPreview:
    """What follows from an offer, by currency; `beside` runs on the same days."""

    offer: SaleOffer
    prices: tuple[OfferedPrice, ...]
    beside: tuple[SaleOffer, ...]


def preview_offer(offer: SaleOffer, *, book: PriceBook, others: list[SaleOffer]) -> OfferPreview:
    """What follows from an offer as typed; `others` are all that may run beside it."""
    currencies = [offer.currency] if offer.currency else book.currencies(offer.plan_id)
    return OfferPreview(
        offer=offer,
        prices=tuple(price for currency in currencies for price in _prices(offer, currency, book)),
        beside=tuple(
            other
            for other in others
            if other is not offer
            and other.plan_id == offer.plan_id
            and other.shares_days_with(offer)
        ),
    )


def _prices(offer: SaleOffer, currency: str, book: PriceBook) -> Iterator[OfferedPrice]:
    for span in purchase_spans(book, plan_id=offer.plan_id, currency=currency, offers=[offer]):
        if span.offer is None or span.price is None or span.amount is None:
            continue
        starts_on, ends_on = span.starts_on or offer.starts_on, span.ends_on or offer.ends_on
        yield OfferedPrice(
            currency=currency,
            starts_on=starts_on,
            ends_on=ends_on,
            standard=span.price.amount,
            amount=span.amount,
            first_back=_back(offer.plan, currency, span.amount, book, bought_on=starts_on),
            last_back=_back(offer.plan, currency, span.amount, book, bought_on=ends_on),
        )


def _back(
    plan: Plan, currency: str, amount: Decimal, book: PriceBook, *, bought_on: date
) -> Quote | None:
    """The first charge at the standard price of who bought on that day at the offer."""
    agreement = Agreement.bought(plan, currency=currency, on=bought_on, sale_amount=amount)
    try:
        quotes = (book.quote(agreement, ordinal) for ordinal in count())
        return next(quote for quote in quotes if quote.reason is not PriceReason.SALE)
    except (NoPriceError, ValueError):  # no price by then, or later than there are dates
        return None
