"""What a period costs, and why: asked by the charge, the preview and the timeline alike."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Self

from billing import rules
from billing.errors import NoPriceError
from billing.models import Plan, Price, Subscription
from billing.rules import Kind, PriceReason
from billing.schedule import Schedule, schedule_fields, schedule_values
from billing.taxes import NO_TAX, Tax, TaxTable
from portal.lib.money import rounded
from portal.lib.periods import Term


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement(Schedule):
    """What of a subscription decides its periods, prices and tax.

    Prepaid, a coupon has paid for its first period.
    """

    plan_id: int
    currency: str
    country: str = ""
    purchased_on: date
    sale_amount: Decimal | None
    is_nonprofit: bool
    is_prepaid: bool = False

    @classmethod
    def of(
        cls,
        subscription: Subscription,
        *,
        is_nonprofit: bool = False,
        is_prepaid: bool = False,
    ) -> Self:
        """The agreement on the present plan; reads the account, the plan and its product."""
        return cls(
            **schedule_fields(schedule_values(subscription)),
            plan_id=subscription.plan_id,
            currency=subscription.currency,
            country=subscription.account.country,
            purchased_on=subscription.purchased_on,
            sale_amount=subscription.sale_amount,
            is_nonprofit=is_nonprofit,
            is_prepaid=is_prepaid,
        )

    @classmethod
    def bought(
        cls,
        plan: Plan,
        *,
        currency: str,
        on: date,
        sale_amount: Decimal | None = None,
        country: str = "",
        is_nonprofit: bool = False,
    ) -> Self:
        """What buying the plan on that day agrees."""
        return cls(
            kind=Kind(plan.product.kind),
            cycle=plan.cycle_rule,
            plan_id=plan.pk,
            currency=currency,
            country=country,
            purchased_on=on,
            anchor_on=on,
            sale_amount=sale_amount,
            is_nonprofit=is_nonprofit,
        )

    @classmethod
    def columns(cls, of: str = "") -> tuple[str, ...]:
        names = ("plan_id", "currency", "account__country", "purchased_on", "sale_amount")
        return (*Schedule.columns(of), *(f"{of}{name}" for name in names))

    @classmethod
    def read(cls, values: Sequence[Any], *, is_nonprofit: bool = False) -> Self:
        *days, plan_id, currency, country, purchased_on, sale_amount = values
        return cls(
            **schedule_fields(days),
            plan_id=plan_id,
            currency=currency,
            country=country,
            purchased_on=purchased_on,
            sale_amount=sale_amount,
            is_nonprofit=is_nonprofit,
        )

    def on_plan(self, plan: Plan, *, from_ordinal: int) -> Self:
        """The agreement once another plan takes over with that period; a sale price ends."""
        return replace(
            self,
            kind=Kind(plan.product.kind),
            cycle=plan.cycle_rule,
            plan_id=plan.pk,
            leg=self.leg_from(from_ordinal),
            sale_amount=None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A period's price, its reason, and the tax on it.

    `price` is the version it comes from, if it is standard.
    """

    term: Term
    charge_on: date
    amount: Decimal
    currency: str
    reason: PriceReason
    price: Price | None = None
    tax: Tax = NO_TAX

    @property
    def gross_amount(self) -> Decimal:
        """What is charged: the price and the tax on it."""
        return self.amount + self.tax.amount


class PriceBook:
    """The catalogue's price versions and tax rates, loaded once for a batch."""

    def __init__(self, prices: list[Price], taxes: TaxTable | None = None) -> None:
        self.taxes = taxes or TaxTable()
        self._new: dict[tuple[int, str], list[Price]] = defaultdict(list)
        self._existing: dict[tuple[int, str], list[Price]] = defaultdict(list)
        for price in sorted(prices, key=lambda price: price.new_from):
            self._new[price.plan_id, price.currency].append(price)
        for price in sorted(prices, key=lambda price: price.existing_from):
            self._existing[price.plan_id, price.currency].append(price)

    @classmethod
    def load(cls) -> Self:
        return cls(list(Price.objects.all()), TaxTable.load())

    @classmethod
    def with_drafts(cls, drafts: Sequence[Price]) -> Self:
        """The book as it would be with these versions saved: new ones beside what is stored,
        changed ones in its place."""
        stored = Price.objects.exclude(pk__in=[draft.pk for draft in drafts if draft.pk])
        return cls([*stored, *drafts], TaxTable.load())

    def for_purchase(self, *, plan_id: int, currency: str, on: date) -> Price:
        """The version new subscribers buy at. Raises NoPriceError."""
        versions = self._new.get((plan_id, currency), [])
        place = bisect_right([price.new_from for price in versions], on)
        return _found(versions, place, plan_id=plan_id, currency=currency, on=on)

    def for_renewal(self, *, plan_id: int, currency: str, on: date) -> Price:
        """The version existing subscribers renew at when charged on that day.

        Raises NoPriceError.
        """
        versions = self._existing.get((plan_id, currency), [])
        place = bisect_right([price.existing_from for price in versions], on)
        return _found(versions, place, plan_id=plan_id, currency=currency, on=on)

    def repriced(self, *, since: date, until: date) -> set[int]:
        """Plans (by id) that cost more than one price within these days, bought or renewed."""
        amounts: dict[tuple[int, str], set[Decimal]] = defaultdict(set)
        for key, versions in self._new.items():
            amounts[key] |= _bound(versions, [p.new_from for p in versions], since, until)
        for key, versions in self._existing.items():
            amounts[key] |= _bound(versions, [p.existing_from for p in versions], since, until)
        return {plan_id for (plan_id, _), prices in amounts.items() if len(prices) > 1}

    def quote(self, agreement: Agreement, ordinal: int) -> Quote:
        """What period `ordinal` costs on the day it is charged. Raises NoPriceError."""
        served, charge_on = agreement.term(ordinal), agreement.charge_on(ordinal)
        price: Price | None = None
        if agreement.is_prepaid and not ordinal:
            amount, reason = Decimal(0), PriceReason.COUPON
        elif agreement.is_nonprofit and agreement.kind is Kind.SITE_PLAN:
            amount, reason = Decimal(0), PriceReason.NONPROFIT
        elif agreement.sale_amount is not None and rules.sale_applies(
            starts_on=served.starts_on, purchased_on=agreement.purchased_on
        ):
            amount, reason = agreement.sale_amount, PriceReason.SALE
        else:
            find = self.for_renewal if ordinal else self.for_purchase
            price = find(plan_id=agreement.plan_id, currency=agreement.currency, on=charge_on)
            amount, reason = price.amount, PriceReason.STANDARD
        net = rounded(amount, agreement.currency)
        return Quote(
            term=served,
            charge_on=charge_on,
            amount=net,
            currency=agreement.currency,
            reason=reason,
            price=price,
            tax=self.tax(agreement, net, on=charge_on),
        )

    def tax(self, agreement: Agreement, amount: Decimal, *, on: date) -> Tax:
        """What is added to an amount that is charged by the agreement on that day."""
        return self.taxes.on(
            amount,
            currency=agreement.currency,
            country=agreement.country,
            kind=agreement.kind,
            day=on,
        )

    def rise(self, agreement: Agreement, ordinal: int) -> tuple[Quote, Quote] | None:
        """The period before `ordinal` and that one, if it costs more: what is announced.

        Raises NoPriceError.
        """
        before, after = self.quote(agreement, ordinal - 1), self.quote(agreement, ordinal)
        return (before, after) if after.gross_amount > before.gross_amount else None

    # --- What stands in it -----------------------------------------------------------------------

    def currencies(self, plan_id: int) -> list[str]:
        """Those in which the plan has a price, now or ever."""
        return sorted(currency for plan, currency in self._new if plan == plan_id)

    def purchase_days(self, *, plan_id: int, currency: str) -> list[date]:
        """The days from which a purchase follows another version, ascending."""
        return [price.new_from for price in self._new.get((plan_id, currency), [])]

    def renewal_days(self, *, plan_id: int, currency: str) -> list[date]:
        """The charge days from which a renewal follows another version, ascending."""
        return [price.existing_from for price in self._existing.get((plan_id, currency), [])]


def _bound(versions: list[Price], days: list[date], since: date, until: date) -> set[Decimal]:
    """The amounts in force from one day to another, of versions that begin on these days."""
    first = max(bisect_right(days, since) - 1, 0)
    return {price.amount for price in versions[first : bisect_right(days, until)]}


def _found(versions: list[Price], place: int, *, plan_id: int, currency: str, on: date) -> Price:
    if not place:
        raise NoPriceError(f"plan {plan_id} has no price in {currency} on {on}")
    return versions[place - 1]
