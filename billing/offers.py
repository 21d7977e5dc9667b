"""What buying a plan would mean, told before it is bought."""

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
    for offer in SaleOffer.objects.running(on).filter(plan=plan):
        if offer.percent_off is not None:
            share = Decimal(100 - offer.percent_off) / 100
            return offer, rounded(standard * share, currency)
        if offer.amount is not None and offer.currency == currency:
            return offer, offer.amount
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What buying a plan today means: charged now, and what the next period costs and when.

    `standard_amount` is what it would cost now without the sale, tax left out.
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
    agreement = Agreement(
        kind=Kind(plan.product.kind),
        cycle=plan.cycle_rule,
        plan_id=plan.pk,
        currency=currency,
        country=account.country,
        purchased_on=on,
        anchor_on=on,
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
        standard_amount=standard.amount,
    )
