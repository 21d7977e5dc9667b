"""The sample's catalogue and sales, and what they come to on a day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from billing.rules import MONTHS, Cycle, Kind
from portal.lib.money import rounded
from portal.lib.periods import add_months

YEARS_SOLD = 5
CURRENCY_FACTORS = {
    "USD": Decimal(1),
    "EUR": Decimal("0.95"),
    "GBP": Decimal("0.8"),
    "JPY": Decimal(150),
}
LONGER_IS_CHEAPER = {
    Cycle.MONTHLY: Decimal(1),
    Cycle.YEARLY: Decimal("0.8"),
    Cycle.TWO_YEAR: Decimal("0.72"),
    Cycle.THREE_YEAR: Decimal("0.68"),
}
ALL = tuple(Cycle)
SHORT = (Cycle.MONTHLY, Cycle.YEARLY)
LONGER = tuple(cycle for cycle in ALL if cycle is not Cycle.MONTHLY)


@dataclass(frozen=True, slots=True)
class Ware:
    """A product of the sample: its price by the month in USD, before longer cycles' discount."""

    code: str
    name: str
    kind: Kind
    description: str
    tier: int
    monthly: Decimal
    cycles: tuple[Cycle, ...]


WARES = (
    Ware("core", "Core", Kind.SITE_PLAN, "A site with its own domain", 1, Decimal(16), ALL),
    Ware("premium", "Premium", Kind.SITE_PLAN, "More room, and no banner", 2, Decimal(27), ALL),
    Ware("commerce", "Commerce", Kind.SITE_PLAN, "Sell on the site", 3, Decimal(44), ALL),
    Ware("studio", "Studio", Kind.STUDIO_PLAN, "The agency's own workspace", 1, Decimal(30), ALL),
    Ware("atelier", "Atelier", Kind.STUDIO_PLAN, "With seats for ten", 2, Decimal(55), ALL),
    Ware("reach", "Reach", Kind.MARKETING_SUITE, "Newsletters and forms", 1, Decimal(12), ALL),
    Ware("resound", "Resound", Kind.MARKETING_SUITE, "And campaigns", 2, Decimal(20), ALL),
    Ware("domain", "Domain", Kind.DOMAIN, "A name of one's own", 1, Decimal("1.5"), LONGER),
    Ware("mailbox", "Mailbox", Kind.BUSINESS_EMAIL, "E-mail at the domain", 1, Decimal(6), SHORT),
    Ware("postroom", "Postroom", Kind.BUSINESS_EMAIL, "And a calendar", 2, Decimal(10), SHORT),
    Ware("bookings", "Bookings", Kind.APP, "Appointments on the site", 1, Decimal(9), SHORT),
    Ware("reviews", "Reviews", Kind.APP, "What customers say", 2, Decimal(5), SHORT),
)
BY_CODE = {ware.code: ware for ware in WARES}
RISE = Decimal("1.1")  # what the newest prices of site plans have risen by
# Subscribed to by the year, whatever else they are sold by.
BY_THE_YEAR = frozenset({Kind.DOMAIN, Kind.BUSINESS_EMAIL})
SALES = (("spring", "Spring sale", 3, 30), ("autumn", "Autumn sale", 11, 25))


@dataclass(frozen=True, slots=True)
class Shop:
    """What is sold, seen from one day."""

    as_of: date

    @property
    def opened_on(self) -> date:
        return date(self.as_of.year - YEARS_SOLD, 1, 1)

    @property
    def rises_on(self) -> date:
        """Purchases cost more since about two months ago; renewals will from next month on."""
        return add_months(self.as_of.replace(day=1), -2)

    def amount(self, ware: Ware, cycle: Cycle, currency: str, *, on: date) -> Decimal:
        """What a new subscriber paid for one period."""
        has_risen = ware.kind is Kind.SITE_PLAN and on >= self.rises_on
        return self._amount(ware, cycle, currency, RISE if has_risen else Decimal(1))

    def _amount(self, ware: Ware, cycle: Cycle, currency: str, factor: Decimal) -> Decimal:
        exact = ware.monthly * MONTHS[cycle] * LONGER_IS_CHEAPER[cycle] * factor
        return rounded(exact * CURRENCY_FACTORS[currency], currency)

    def sale_amount(self, ware: Ware, cycle: Cycle, currency: str, *, on: date) -> Decimal | None:
        """The price of a period bought in a sale that day; None outside of one."""
        if ware.kind is not Kind.SITE_PLAN or cycle not in LONGER:
            return None
        for _, _, month, percent in SALES:
            if on.month == month:
                share = Decimal(100 - percent) / 100
                return rounded(self.amount(ware, cycle, currency, on=on) * share, currency)
        return None

    def price_rows(self) -> Iterator[dict[str, object]]:
        """catalogue.csv"""
        for ware in WARES:
            versions = [(Decimal(1), self.opened_on, self.opened_on)]
            if ware.kind is Kind.SITE_PLAN:
                versions.append((RISE, self.rises_on, add_months(self.rises_on, 3)))
            for cycle in ware.cycles:
                for currency in CURRENCY_FACTORS:
                    for factor, new_from, existing_from in versions:
                        yield {
                            "product": ware.code,
                            "name": ware.name,
                            "kind": ware.kind.value,
                            "description": ware.description,
                            "tier": ware.tier,
                            "cycle": cycle.value,
                            "currency": currency,
                            "amount": self._amount(ware, cycle, currency, factor),
                            "new_from": new_from,
                            "existing_from": existing_from,
                        }

    def sale_rows(self) -> Iterator[dict[str, object]]:
        """sales.csv: two months of every year, and one of each sort that is running on the day."""
        plans = [ware for ware in WARES if ware.kind is Kind.SITE_PLAN]
        for year in range(self.opened_on.year, self.as_of.year + 1):
            for code, name, month, percent in SALES:
                starts_on = date(year, month, 1)
                for ware in plans:
                    for cycle in LONGER:
                        yield {
                            "sale": f"{code}-{year}",
                            "name": f"{name} {year}",
                            "product": ware.code,
                            "cycle": cycle.value,
                            "starts_on": starts_on,
                            "ends_on": add_months(starts_on, 1) - timedelta(days=1),
                            "percent_off": percent,
                        }
        yield from self._running_offers()

    def _running_offers(self) -> Iterator[dict[str, object]]:
        """A percentage, which holds in every currency, and an amount in each of three."""
        days = {
            "starts_on": self.as_of - timedelta(days=10),
            "ends_on": self.as_of + timedelta(days=20),
        }
        monthly = {"cycle": Cycle.MONTHLY.value, **days}
        name = "Welcome offer"
        yield {"sale": "welcome", "name": name, "product": "core", "percent_off": 20, **monthly}
        for amount, currency in ((35, "USD"), (33, "EUR"), (28, "GBP")):
            yield {
                "sale": "open-shop",
                "name": "Open your shop",
                "product": "commerce",
                "amount": amount,
                "currency": currency,
                **monthly,
            }
