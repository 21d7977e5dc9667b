"""What may stand in a cell."""

from datetime import date
from decimal import Decimal

import pytest

from portal.handover import values
from portal.handover.values import BadValueError


@pytest.mark.parametrize(
    ("value", "cell", "read"),
    [
        (values.DAY, "2026-03-31", date(2026, 3, 31)),
        (values.DAY, "2026/3/1", date(2026, 3, 1)),
        (values.DAY, "31.03.2026", date(2026, 3, 31)),
        (values.DAY, "2026-03-31 00:00:00", date(2026, 3, 31)),
        (values.DAY, "2024-02-29", date(2024, 2, 29)),
        (values.AMOUNT_VALUE, "120", Decimal(120)),
        (values.AMOUNT_VALUE, "120.5", Decimal("120.5")),
        (values.AMOUNT_VALUE, "120,50", Decimal("120.50")),
        (values.AMOUNT_VALUE, "1,234.50", Decimal("1234.50")),
        (values.AMOUNT_VALUE, "1.234,50", Decimal("1234.50")),
        (values.AMOUNT_VALUE, "1 234,50", Decimal("1234.50")),
        (values.AMOUNT_VALUE, "0.125", Decimal("0.125")),
        (values.CURRENCY, "eur", "EUR"),
        (values.COUNTRY, "gb", "GB"),
        (values.ADDRESS, "https://www.One.example/Shop/?a=1", "one.example/Shop"),
        (values.YES_NO, "TRUE", True),
        (values.YES_NO, "n", False),
        (values.LAST4, "42", "0042"),
        (values.LOWER_EMAIL, "Kim@Studio.Example", "kim@studio.example"),
        (values.text(20), "two\n lines", "two lines"),
        (values.number(1, 12), "07", 7),
        (values.one_of("owner", "member"), "Owner", "owner"),
    ],
)
def test_is_read(value, cell, read):
    assert value.read(cell) == read


@pytest.mark.parametrize(
    ("value", "cell", "reason"),
    [
        (values.DAY, "03/04/2026", "is not a date like 2025-03-31"),
        (values.DAY, "2026-02-30", "is no day of the calendar"),
        (values.DAY, "29.02.2025", "is no day of the calendar"),
        (values.DAY, "0026-02-03", "another century"),
        (values.DAY, "45012", "is not a date"),
        (values.AMOUNT_VALUE, "1,234", "two ways"),
        (values.AMOUNT_VALUE, "1.234", "two ways"),
        (values.AMOUNT_VALUE, "1.234.567", "two ways"),
        (values.AMOUNT_VALUE, "-5", "is not an amount"),
        (values.AMOUNT_VALUE, "€ 5", "is not an amount"),
        (values.AMOUNT_VALUE, "NaN", "is not an amount"),
        (values.AMOUNT_VALUE, "٣", "is not an amount"),
        (values.CURRENCY, "EURO", "is not an ISO 4217 currency"),
        (values.COUNTRY, "EU", "is not an ISO 3166 country"),
        (values.COUNTRY, "UK1", "is not an ISO 3166 country"),
        (values.ADDRESS, "not a site", "is not the address of a website"),
        (values.EMAIL, "kim at studio", "is not an e-mail address"),
        (values.YES_NO, "perhaps", "is neither yes nor no"),
        (values.LAST4, "42424", "last four digits"),
        (values.CODE, "two words", "is not a code"),
        (values.text(5), "longer", "has 6 characters; 5 is the most"),
        (values.text(20), "nul\x00", "control character"),
        (values.number(1, 12), "13", "is not a whole number from 1 to 12"),
        (values.one_of("owner", "member"), "boss", "is none of: owner, member"),
    ],
)
def test_is_refused(value, cell, reason):
    with pytest.raises(BadValueError, match=reason):
        value.read(cell)
