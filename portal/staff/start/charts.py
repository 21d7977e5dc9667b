"""The bars of a tally: one for each day, with a chart for each currency.

Coordinates only; the template draws. Across is a tenth of the picture's units a bar, up is
thousandths of its height, measured from the top as SVG does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from portal.staff.start.tallies import DayTotal

BAR = 10
GAP = 2
HEIGHT = 100
LEAST = 1  # what is not nothing can be seen


@dataclass(frozen=True, slots=True)
class Bar:
    """A day: what it came to, and where its bar stands."""

    on: date
    amount: int | Decimal
    left: int
    height: int

    @property
    def top(self) -> int:
        return HEIGHT - self.height


class BarChart:
    """Some days of one unit, ready to be drawn or to be read as a table."""

    width_of_bar = BAR - GAP
    height = HEIGHT

    def __init__(self, amounts: dict[date, int | Decimal], *, days: list[date], currency: str):
        self.currency = currency
        self.total = sum(amounts.values())
        self.width = len(days) * BAR - GAP
        most = max(amounts.values(), default=0)
        self.bars = [
            Bar(day, amount, number * BAR, _height(amount, most))
            for number, day in enumerate(days)
            for amount in [amounts.get(day, 0)]
        ]

    @property
    def rows(self) -> list[Bar]:
        """The days on which something happened, latest first, for who reads."""
        return [bar for bar in reversed(self.bars) if bar.amount]


def bar_charts(totals: Iterable[DayTotal], *, first: date, last: date) -> list[BarChart]:
    """A chart for each currency there is; an empty one when nothing happened."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    amounts: dict[str, dict[date, int | Decimal]] = {}
    for total in totals:
        amounts.setdefault(total.currency, {})[total.on] = total.amount
    return [
        BarChart(amounts[currency], days=days, currency=currency) for currency in sorted(amounts)
    ] or [BarChart({}, days=days, currency="")]


def _height(amount: int | Decimal, most: int | Decimal) -> int:
    return max(round(amount / most * HEIGHT), LEAST) if amount > 0 else 0
