"""What plans cost when many are bought at once, told before and charged by the same code."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Self

from billing import rules
from billing.errors import QuantityError
from billing.models import Plan, Price, VolumePrice
from billing.pricing import Agreement, PriceBook, Quote
from billing.rules import PriceReason
from partners.models import Account
from portal.lib.money import rounded


class VolumePrices:
    """Every volume price, loaded once for a page."""

    def __init__(self, prices: Iterable[VolumePrice] = ()) -> None:
        self._versions: dict[tuple[int, str], list[VolumePrice]] = defaultdict(list)
        for price in sorted(prices, key=lambda price: (price.min_quantity, price.from_on)):
            self._versions[price.plan_id, price.currency].append(price)

    @classmethod
    def load(cls) -> Self:
        return cls(VolumePrice.objects.all())

    def tiers(self, *, plan_id: int, currency: str, on: date) -> dict[int, Decimal]:
        """What one costs on that day, by how many are bought at least; ascending."""
        versions = self._versions.get((plan_id, currency), [])
        return {price.min_quantity: price.amount for price in versions if price.from_on <= on}

    def for_quantity(
        self, quantity: int, *, plan_id: int, currency: str, on: date
    ) -> Decimal | None:
        """What one costs when so many are bought; None if there is no volume price for so few."""
        tiers = self.tiers(plan_id=plan_id, currency=currency, on=on)
        reached = [amount for at_least, amount in tiers.items() if at_least <= quantity]
        return reached[-1] if reached else None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOffer:
    """So many coupons for a plan: charged now, and what a site activated today renews at.

    `unit_amount` is what one costs, tax left out; `now` is for all of them.
    """

    plan: Plan
    quantity: int
    unit_amount: Decimal
    now: Quote
    then: Quote


def bulk_offer(
    plan: Plan,
    quantity: int,
    *,
    account: Account,
    book: PriceBook,
    volumes: VolumePrices,
    on: date,
) -> BulkOffer:
    """The preview of buying coupons, by the code that charges, in the account's currency.

    Sales do not apply, and a non-profit pays as well: a coupon may be used on anybody's site.
    Raises QuantityError, NoPriceError (also where the plan could be bought, but not renewed).
    """
    if not 1 <= quantity <= rules.COUPONS_AT_ONCE:
        raise QuantityError(quantity)
    agreement = Agreement.bought(plan, currency=account.currency, country=account.country, on=on)
    price, unit_amount = _unit_price(agreement, quantity, book=book, volumes=volumes)
    amount = rounded(unit_amount * quantity, agreement.currency)
    now = Quote(
        term=rules.coupons_term(on),
        charge_on=on,
        amount=amount,
        currency=agreement.currency,
        reason=PriceReason.STANDARD if price else PriceReason.VOLUME,
        price=price,
        tax=book.tax(agreement, amount, on=on),
    )
    return BulkOffer(
        plan=plan,
        quantity=quantity,
        unit_amount=unit_amount,
        now=now,
        then=book.quote(agreement, 1),
    )


def _unit_price(
    agreement: Agreement, quantity: int, *, book: PriceBook, volumes: VolumePrices
) -> tuple[Price | None, Decimal]:
    """What one costs when so many are bought, and the standard price that is, if it is one."""
    plan_id, currency, on = agreement.plan_id, agreement.currency, agreement.purchased_on
    standard = book.for_purchase(plan_id=plan_id, currency=currency, on=on)
    volume = volumes.for_quantity(quantity, plan_id=plan_id, currency=currency, on=on)
    return (standard, standard.amount) if volume is None else (None, volume)
