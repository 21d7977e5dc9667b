"""Tax on a charge: which rate holds, and what it comes to."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Self

from billing.models import TaxRate
from billing.rules import Kind
from portal.lib.money import rounded, tax_in_words

ANY_KIND = ""


@dataclass(frozen=True, slots=True)
class Tax:
    """What is added to an amount, and what the invoice calls it."""

    name: str = ""
    percent: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)

    @property
    def in_words(self) -> str:
        """The tax and its rate; empty where nothing is added."""
        return tax_in_words(self.name, self.percent) if self.amount else ""


NO_TAX = Tax()


class TaxTable:
    """Every rate, loaded once for a batch. Where there is none, nothing is added."""

    def __init__(self, rates: Iterable[TaxRate] = ()) -> None:
        self._rates: dict[tuple[str, str], list[TaxRate]] = defaultdict(list)
        for rate in sorted(rates, key=lambda rate: rate.from_on):
            self._rates[rate.country, rate.kind].append(rate)

    @classmethod
    def load(cls) -> Self:
        return cls(TaxRate.objects.all())

    def on(self, amount: Decimal, *, currency: str, country: str, kind: Kind, day: date) -> Tax:
        """The tax on an amount charged on that day, rounded half-up to the currency's unit."""
        rate = self._rate(country, kind.value, day) or self._rate(country, ANY_KIND, day)
        if rate is None or not rate.percent:
            return NO_TAX
        due = rounded(amount * rate.percent / 100, currency)
        return Tax(name=rate.name, percent=rate.percent, amount=due)

    def changed(self, *, since: date, until: date) -> set[str]:
        """The countries in which a rate begins within these days, the first left out."""
        return {
            country
            for (country, _kind), versions in self._rates.items()
            if any(since < rate.from_on <= until for rate in versions)
        }

    def _rate(self, country: str, kind: str, day: date) -> TaxRate | None:
        versions = self._rates.get((country, kind), [])
        place = bisect_right([rate.from_on for rate in versions], day)
        return versions[place - 1] if place else None
