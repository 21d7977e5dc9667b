"""Amounts keep their currency, round half-up to its minor unit, and never mix."""

from decimal import Decimal

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from portal.lib.money import Money, from_minor, in_words, rounded, to_minor

CURRENCIES = ["USD", "EUR", "JPY", "KWD"]


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("0.004", "USD", "0.00"),
        ("0.005", "USD", "0.01"),
        ("0.015", "USD", "0.02"),  # half-even would agree here …
        ("0.025", "USD", "0.03"),  # … and not here
        ("-0.005", "USD", "-0.01"),
        ("10", "EUR", "10.00"),
        ("0.4", "JPY", "0"),
        ("0.5", "JPY", "1"),
        ("1.5", "JPY", "2"),
        ("2.5", "JPY", "3"),
        ("0.0005", "KWD", "0.001"),
        ("1.2344", "KWD", "1.234"),
        ("1.2345", "KWD", "1.235"),
    ],
)
def test_an_amount_rounds_half_up_to_its_currencys_minor_unit(amount, currency, expected) -> None:
    result = rounded(Decimal(amount), currency)

    assert str(result) == expected


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.34", "USD", 1234),
        ("12.340", "USD", 1234),
        ("500", "JPY", 500),
        ("500.000", "JPY", 500),
        ("1.234", "KWD", 1234),
        ("0", "USD", 0),
    ],
)
def test_a_gateway_is_given_whole_minor_units(amount, currency, minor) -> None:
    assert to_minor(Decimal(amount), currency) == minor
    assert from_minor(minor, currency) == Decimal(amount)


@pytest.mark.parametrize(
    ("amount", "currency"), [("12.345", "USD"), ("0.001", "EUR"), ("0.5", "JPY"), ("1.0005", "KWD")]
)
def test_a_fraction_of_a_minor_unit_is_refused(amount, currency) -> None:
    with pytest.raises(ValueError, match="not a whole number of minor units"):
        to_minor(Decimal(amount), currency)


@given(minor=st.integers(-(10**12), 10**12), currency=st.sampled_from(CURRENCIES))
def test_minor_units_survive_the_way_there_and_back(minor, currency) -> None:
    assert to_minor(from_minor(minor, currency), currency) == minor


@given(
    amount=st.decimals(-(10**6), 10**6, places=6, allow_nan=False),
    currency=st.sampled_from(CURRENCIES),
)
def test_rounding_twice_is_rounding_once_and_fits_the_gateway(amount, currency) -> None:
    once = rounded(amount, currency)

    assert rounded(once, currency) == once
    assert isinstance(to_minor(once, currency), int)


def test_the_same_currency_adds() -> None:
    assert Money("1.10", "USD") + Money("2.20", "USD") == Money("3.30", "USD")


def test_different_currencies_never_add() -> None:
    with pytest.raises(TypeError):
        Money(1, "USD") + Money(1, "EUR")
    with pytest.raises(TypeError):
        Money(1, "USD") - Money(1, "EUR")


def test_different_currencies_never_compare() -> None:
    with pytest.raises(TypeError):
        _ = Money(1, "USD") < Money(2, "EUR")


@pytest.mark.parametrize(
    ("amount", "currency", "language", "words"),
    [
        ("1200", "USD", "en", "$1,200.00"),
        ("1200.5", "EUR", "en", "€1,200.50"),
        ("1200", "JPY", "en", "¥1,200"),
        ("1200", "USD", "en-gb", "US$1,200.00"),
        ("1200", "EUR", "de", "1.200,00\xa0€"),
    ],
)
def test_an_amount_is_written_as_the_readers_locale_writes_it(
    amount, currency, language, words
) -> None:
    with override(language):
        assert in_words(Decimal(amount), currency) == words
