"""What buying a plan would mean, told before it is bought."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import islice

from billing import rules, timeline
from billing.errors import NoPriceError
from billing.models import NonprofitVerification, Plan, SaleOffer
from billing.pricing import Agreement, PriceBook, Quote
from billing.rules import PriceReason
from partners.models import Account
from portal.lib.money import rounded

CHARGES_FORETOLD = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What buying a plan today means: charged now, and what the next period costs and when.

    `standard_amount` is what it would cost now without the sale, tax included.
    """

    plan: Plan
    agreement: Agreement
    now: Quote
    then: Quote
    sale: SaleOffer | None
    sale_amount: Decimal | None
    sale_ends_on: date | None
    standard_amount: Decimal


class Offers:
    """What an account is offered on a day, in any currency: all that decides it, loaded once."""

    def __init__(self, account: Account, *, on: date) -> None:
        self._account, self._on = account, on
        self._book = PriceBook.load()
        self._is_nonprofit = NonprofitVerification.objects.covers(account, on=on)
        self._sales: dict[int, list[SaleOffer]] = defaultdict(list)
        for sale in SaleOffer.objects.running(on).select_related("sale"):
            self._sales[sale.plan_id].append(sale)

    def of(self, plan: Plan, *, currency: str) -> Offer:
        """What buying this plan would mean, by the code that charges. Raises NoPriceError."""
        usual = Agreement.bought(
            plan, currency=currency, country=self._account.country, on=self._on
        )
        standard = self._book.quote(usual, 0)
        found = taken_up(self._sales[plan.pk], currency=currency, standard=standard.amount)
        sale, sale_amount = found or (None, None)
        agreement = replace(usual, sale_amount=sale_amount, is_nonprofit=self._is_nonprofit)
        return Offer(
            plan=plan,
            agreement=agreement,
            now=self._book.quote(agreement, 0),
            then=self._book.quote(agreement, 1),
            sale=sale,
            sale_amount=sale_amount,
            sale_ends_on=rules.sale_ends_on(self._on) if sale else None,
            standard_amount=standard.gross_amount,
        )

    def among(self, plans: Iterable[Plan], *, currency: str) -> list[Offer]:
        """An offer for each of these plans that has prices in the currency, to buy and to renew."""
        offers = []
        for plan in plans:
            with suppress(NoPriceError):  # a plan that could not be renewed is not to be sold
                offers.append(self.of(plan, currency=currency))
        return offers

    def currencies(self, plans: Iterable[Plan]) -> list[str]:
        """Those in which at least one of these plans can be bought; the account's own first."""
        plans = list(plans)
        known = {currency for plan in plans for currency in self._book.currencies(plan.pk)}
        sold = [currency for currency in known if self.among(plans, currency=currency)]
        return sorted(sold, key=lambda currency: (currency != self._account.currency, currency))

    def coming(self, offer: Offer) -> list[Quote]:
        """The next charges after the first."""
        return list(islice(self._charges_after(offer), CHARGES_FORETOLD))

    def after_sale(self, offer: Offer) -> Quote | None:
        """The first charge that is at the standard price again, if a sale price is taken up."""
        if offer.now.reason is not PriceReason.SALE:
            return None
        charges = self._charges_after(offer)
        return next((quote for quote in charges if quote.reason is not PriceReason.SALE), None)

    def _charges_after(self, offer: Offer) -> Iterator[Quote]:
        """The renewals of the agreement, without end, or until there is no price for one."""
        with suppress(NoPriceError):
            yield from timeline.charges(offer.agreement, self._book, first=1, until=date.max)


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
