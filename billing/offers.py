"""What buying a plan would mean, told before it is bought."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing import rules
from billing.models import NonprofitVerification, Plan, SaleOffer
from billing.pricing import Agreement, PriceBook, Quote
from billing.rules import Kind
from partners.models import Account
from portal.lib.money import rounded


def sale_for(
    plan: Plan, *, currency: str, standard: Decimal, on: date
) -> tuple[SaleOffer, Decimal] | None:
    """The offer a purchase on that day takes up, and its price in the currency."""
    running = SaleOffer.objects.running(on).filter(plan=plan)
    return taken_up(running, currency=currency, standard=standard)


def taken_up(
    running: Iterable[SaleOffer], *, currency: str, standard: Decimal
) -> tuple[SaleOffer, Decimal] | None:
    """The one of a plan's running offers that holds in the currency, and its price."""
    for offer in running:
        amount = offered_amount(offer, currency=currency, standard=standard)
        if amount is not None:
            return offer, amount
    return None


def offered_amount(offer: SaleOffer, *, currency: str, standard: Decimal) -> Decimal | None:
    """What a period costs by the offer; None in a currency in which it does not hold."""
    if offer.percent_off is not None:
        share = Decimal(100 - offer.percent_off) / 100
        return rounded(standard * share, currency)
    return offer.amount if offer.currency == currency else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What buying a plan today means: charged now, and what the next period costs and when.

    `standard_amount` is what it would cost now without the sale, tax included.
    """

    plan: Plan
    now: Quote
    then: Quote
    sale: SaleOffer | None
    sale_amount: Decimal | None
    sale_ends_on: date | None
    standard_amount: Decimal


def offer(plan: Plan, *, account: Account, book: PriceBook, on: date, currency: str = "") -> Offer:
    """The preview of a purchase, by the code that charges; in the account's currency or another.

    Raises NoPriceError.
    """
    currency = currency or account.currency
    standard = book.for_purchase(plan_id=plan.pk, currency=currency, on=on)
    found = sale_for(plan, currency=currency, standard=standard.amount, on=on)
    sale, sale_amount = found or (None, None)
    tax = book.taxes.on(
        standard.amount,
        currency=currency,
        country=account.country,
        kind=Kind(plan.product.kind),
        day=on,
    )
    agreement = Agreement.bought(
        plan,
        currency=currency,
        country=account.country,
        on=on,
        sale_amount=sale_amount,
        is_nonprofit=NonprofitVerification.objects.covers(account, on=on),
    )
    return Offer(
        plan=plan,
        now=book.quote(agreement, 0),
        then=book.quote(agreement, 1),
        sale=sale,
        sale_amount=sale_amount,
        sale_ends_on=rules.sale_ends_on(on) if sale else None,
        standard_amount=standard.amount + tax.amount,
    )
