"""All that is said of a purchase before it is paid."""

from dataclasses import dataclass
from datetime import date

from billing.earning import points_hint
from billing.models import PaymentMethod, Subscription
from billing.offers import Offer, Offers
from billing.pricing import Quote
from billing.queries import ComingCharge, default_card


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What is charged now, what later and when, to which card, and what it does for points."""

    wanted: Subscription
    offer: Offer
    now: ComingCharge
    coming: list[ComingCharge]
    after_sale: Quote | None
    points: str
    card: PaymentMethod | None


def review(wanted: Subscription, *, on: date) -> Review:
    """What buying it that day would mean, by the code that charges. Raises NoPriceError."""
    offers = Offers(wanted.account, on=on)
    offer = offers.of(wanted.plan, currency=wanted.currency)
    return Review(
        wanted=wanted,
        offer=offer,
        now=ComingCharge(wanted, offer.now),
        coming=[ComingCharge(wanted, quote) for quote in offers.coming(offer)],
        after_sale=offers.after_sale(offer),
        points=points_hint(wanted.account, wanted.plan, wanted.site, on=on),
        card=default_card(wanted.account),
    )
