"""What a period costs, and why: asked by the charge, the preview and the timeline alike."""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Self

from billing import rules
from billing.errors import NoPriceError
from billing.models import NonprofitVerification, Plan, Price, SaleOffer, Subscription
from billing.rules import Cycle, Kind, PriceReason
from partners.models import Account
from portal.lib.money import rounded
from portal.lib.periods import Term, term


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What of a subscription decides its periods and prices."""

    kind: Kind
    cycle: Cycle
    plan_id: int
    currency: str
    purchased_on: date
    anchor_on: date
    sale_amount: Decimal | None
    is_nonprofit: bool

    @classmethod
    def of(cls, subscription: Subscription, *, is_nonprofit: bool) -> Self:
        plan = subscription.plan
        return cls(
            kind=Kind(plan.product.kind),
            cycle=plan.cycle_rule,
            plan_id=plan.pk,
            currency=subscription.currency,
            purchased_on=subscription.purchased_on,
            anchor_on=subscription.anchor_on,
            sale_amount=subscription.sale_amount,
            is_nonprofit=is_nonprofit,
        )

    def term(self, ordinal: int) -> Term:
        return term(anchor_on=self.anchor_on, months=rules.MONTHS[self.cycle], ordinal=ordinal)

    def charge_on(self, ordinal: int) -> date:
        """The day period `ordinal` is charged: a purchase at once, a renewal ahead by its kind."""
        if ordinal == 0:
            return self.anchor_on
        return rules.charge_on(kind=self.kind, cycle=self.cycle, running=self.term(ordinal - 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A period's price and its reason. `price` is the version it comes from, if it is standard."""

    term: Term
    charge_on: date
    amount: Decimal
    currency: str
    reason: PriceReason
    price: Price | None


class PriceBook:
    """The catalogue's price versions, loaded once for a batch."""

    def __init__(self, prices: list[Price]) -> None:
        self._new: dict[tuple[int, str], list[Price]] = defaultdict(list)
        self._existing: dict[tuple[int, str], list[Price]] = defaultdict(list)
        for price in sorted(prices, key=lambda price: price.new_from):
            self._new[price.plan_id, price.currency].append(price)
        for price in sorted(prices, key=lambda price: price.existing_from):
            self._existing[price.plan_id, price.currency].append(price)

    @classmethod
    def load(cls) -> Self:
        return cls(list(Price.objects.all()))

    def for_purchase(self, *, plan_id: int, currency: str, on: date) -> Price:
        """The version new subscribers buy at. Raises NoPriceError."""
        versions = self._new[plan_id, currency]
        place = bisect_right([price.new_from for price in versions], on)
        return _found(versions, place, plan_id=plan_id, currency=currency, on=on)

    def for_renewal(self, *, plan_id: int, currency: str, on: date) -> Price:
        """The version existing subscribers renew at when charged on that day.

        Raises NoPriceError.
        """
        versions = self._existing[plan_id, currency]
        place = bisect_right([price.existing_from for price in versions], on)
        return _found(versions, place, plan_id=plan_id, currency=currency, on=on)

    def quote(self, agreement: Agreement, ordinal: int) -> Quote:
        """What period `ordinal` costs on the day it is charged. Raises NoPriceError."""
        served, charge_on = agreement.term(ordinal), agreement.charge_on(ordinal)
        price: Price | None = None
        if agreement.is_nonprofit and agreement.kind is Kind.SITE_PLAN:
            amount, reason = Decimal(0), PriceReason.NONPROFIT
        elif agreement.sale_amount is not None and rules.sale_applies(
            starts_on=served.starts_on, purchased_on=agreement.purchased_on
        ):
            amount, reason = agreement.sale_amount, PriceReason.SALE
        else:
            find = self.for_renewal if ordinal else self.for_purchase
            price = find(plan_id=agreement.plan_id, currency=agreement.currency, on=charge_on)
            amount, reason = price.amount, PriceReason.STANDARD
        return Quote(
            term=served,
            charge_on=charge_on,
            amount=rounded(amount, agreement.currency),
            currency=agreement.currency,
            reason=reason,
            price=price,
        )


def _found(versions: list[Price], place: int, *, plan_id: int, currency: str, on: date) -> Price:
    if not place:
        raise NoPriceError(f"plan {plan_id} has no price in {currency} on {on}")
    return versions[place - 1]


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


# --- Offers --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What buying a plan today means: charged now, and what the next period costs and when."""

    plan: Plan
    now: Quote
    then: Quote
    sale: SaleOffer | None
    sale_amount: Decimal | None
    sale_ends_on: date | None
    standard_amount: Decimal


def offer(plan: Plan, *, account: Account, book: PriceBook, on: date) -> Offer:
    """The preview of a purchase, by the code that charges. Raises NoPriceError."""
    standard = book.for_purchase(plan_id=plan.pk, currency=account.currency, on=on)
    found = sale_for(plan, currency=account.currency, standard=standard.amount, on=on)
    sale, sale_amount = found or (None, None)
    agreement = Agreement(
        kind=Kind(plan.product.kind),
        cycle=plan.cycle_rule,
        plan_id=plan.pk,
        currency=account.currency,
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
