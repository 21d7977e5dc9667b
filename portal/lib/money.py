"""Money: a Decimal with its currency.

`Money` (py-moneyed) refuses to add different currencies. In the database an amount is a Decimal
column beside a currency column; minor units (cents, yen) exist only at the gateway.
"""

from decimal import ROUND_HALF_UP, Decimal

from django.db import models
from django.utils.formats import number_format
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _
from moneyed import Currency, Money, get_currency
from moneyed.l10n import format_money

__all__ = [
    "AmountField",
    "CurrencyField",
    "Money",
    "PercentField",
    "from_minor",
    "in_words",
    "rounded",
    "tax_in_words",
    "to_minor",
]


class AmountField(models.DecimalField):
    """An amount in the row's currency. Three decimals hold every currency's minor unit."""

    def __init__(self, **options: object) -> None:
        options.update(max_digits=14, decimal_places=3)
        super().__init__(**options)  # type: ignore[arg-type]


class CurrencyField(models.CharField):
    """An ISO 4217 code in capitals; `is_currency` is the check that belongs to it."""

    def __init__(self, **options: object) -> None:
        options.update(max_length=3)
        super().__init__(**options)  # type: ignore[arg-type]


class PercentField(models.DecimalField):
    """A percentage with up to three decimals: 20.000 is a fifth."""

    def __init__(self, **options: object) -> None:
        options.update(max_digits=6, decimal_places=3)
        super().__init__(**options)  # type: ignore[arg-type]


def is_currency(column: str = "currency") -> models.Q:
    """The check constraint for a currency column."""
    return models.Q(**{f"{column}__regex": r"^[A-Z]{3}$"})


def _minor_unit(currency: Currency) -> Decimal:
    return Decimal(1) / currency.sub_unit


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Half-up to the currency's own minor unit: 0.005 USD is 0.01, 0.5 JPY is 1."""
    return amount.quantize(_minor_unit(get_currency(currency)), rounding=ROUND_HALF_UP)


def to_minor(amount: Decimal, currency: str) -> int:
    """Whole minor units, as gateways count. Raises ValueError for a fraction of one."""
    minor = amount * get_currency(currency).sub_unit
    if minor != minor.to_integral_value():
        raise ValueError(f"{amount} {currency} is not a whole number of minor units")
    return int(minor)


def from_minor(minor: int, currency: str) -> Decimal:
    return rounded(Decimal(minor) / get_currency(currency).sub_unit, currency)


def in_words(amount: Decimal, currency: str) -> str:
    """The amount as the reader's locale writes it: $1,200.00, 1.200,00 €."""
    locale = to_locale(get_language() or "en")
    return format_money(Money(rounded(amount, currency), currency), locale=locale)


def tax_in_words(name: str, percent: Decimal) -> str:
    """A tax and its rate as the reader writes them: 20 % VAT, 7.7 % VAT."""
    is_whole = percent == percent.to_integral_value()
    figure = number_format(percent.quantize(Decimal(1)) if is_whole else percent.normalize())
    return _("%(percent)s\u00a0%% %(tax)s") % {"percent": figure, "tax": name}
