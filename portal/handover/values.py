"""What may stand in a cell, and what it becomes. Every refusal says what would be right."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel import Locale
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from moneyed import CurrencyDoesNotExist, get_currency

from partners.addresses import AddressError, normalise


class BadValueError(ValueError):
    """A cell that cannot be taken over; the message is the reason, for the person who fixes it."""


@dataclass(frozen=True, slots=True)
class Value:
    """A kind of cell: its name in the documentation, its column type, and how it is read."""

    name: str
    sql: str
    read: Callable[[str], Any]


CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
SLUG = re.compile(r"^[-a-zA-Z0-9_]+$")
WHOLE = re.compile(r"^\d{1,9}$", re.ASCII)
ISO_DATE = re.compile(r"^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?$")
DOTTED_DATE = re.compile(r"^(\d{1,2})\.(\d{1,2})\.(\d{4})$")
AMOUNT = re.compile(r"^\d{1,11}(\.\d{1,9})?$", re.ASCII)
TWO_WAYS = re.compile(r"^[1-9]\d{0,2}([.,]\d{3})+$")
OLDEST, NEWEST = date(1990, 1, 1), date(2100, 1, 1)
LONGEST_EMAIL = 254
YES, NO = frozenset({"yes", "y", "true", "1"}), frozenset({"no", "n", "false", "0"})


def text(longest: int) -> Value:
    """Words on one line: line breaks and runs of blanks inside a cell become one blank."""

    def read(cell: str) -> str:
        if CONTROL.search(cell):
            raise BadValueError("has a control character in it")
        words = " ".join(cell.split())
        if len(words) > longest:
            raise BadValueError(f"has {len(words)} characters; {longest} is the most")
        return words

    return Value(f"text, up to {longest} characters", "text", read)


def one_of(*known: str) -> Value:
    """One of a few words, whatever their case."""
    choices = {word.lower(): word for word in known}

    def read(cell: str) -> str:
        if (found := choices.get(cell.lower())) is None:
            raise BadValueError(f"is none of: {', '.join(known)}")
        return found

    return Value("one of " + ", ".join(f"`{word}`" for word in known), "text", read)


def number(lowest: int, highest: int) -> Value:
    def read(cell: str) -> int:
        if not WHOLE.match(cell) or not lowest <= int(cell) <= highest:
            raise BadValueError(f"is not a whole number from {lowest} to {highest}")
        return int(cell)

    return Value(f"whole number, {lowest}–{highest}", "integer", read)


def _code(cell: str) -> str:
    if not SLUG.match(cell) or len(cell) > 64:  # noqa: PLR2004 - the column's own length
        raise BadValueError("is not a code of up to 64 letters, digits, hyphens and underscores")
    return cell


@lru_cache(maxsize=8192)
def _day(cell: str) -> date:
    try:
        return _in_range(date.fromisoformat(cell))
    except ValueError:
        pass
    if match := ISO_DATE.match(cell):
        year, month, day = match.groups()
    elif match := DOTTED_DATE.match(cell):
        day, month, year = match.groups()
    else:
        raise BadValueError("is not a date like 2025-03-31")
    try:
        return _in_range(date(int(year), int(month), int(day)))
    except ValueError as error:
        raise BadValueError("is no day of the calendar, or of another century") from error


def _in_range(day: date) -> date:
    if not OLDEST <= day < NEWEST:
        raise ValueError(day)
    return day


def _amount(cell: str) -> Decimal:
    """A decimal point or a decimal comma; a lone one before three digits could be either."""
    plain = cell.replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace("'", "")
    point, comma = plain.rfind("."), plain.rfind(",")
    if point >= 0 and comma >= 0:
        thousands, mark = (",", ".") if point > comma else (".", ",")
        plain = plain.replace(thousands, "").replace(mark, ".")
    elif TWO_WAYS.match(plain):
        raise BadValueError("could be read in two ways: leave out the thousands' separator")
    plain = plain.replace(",", ".")
    if not AMOUNT.match(plain):
        raise BadValueError("is not an amount like 120.00")
    return Decimal(plain)


@lru_cache(maxsize=512)
def _currency(cell: str) -> str:
    try:
        return str(get_currency(cell.upper()).code)
    except CurrencyDoesNotExist as error:
        raise BadValueError("is not an ISO 4217 currency like EUR") from error


@lru_cache(maxsize=1)
def _countries() -> frozenset[str]:
    known = [str(code) for code in Locale.parse("en").territories]
    no_countries = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}
    return frozenset(code for code in known if re.match(r"^[A-Z]{2}$", code)) - no_countries


@lru_cache(maxsize=512)
def _country(cell: str) -> str:
    if (code := cell.upper()) not in _countries():
        raise BadValueError("is not an ISO 3166 country code like GB")
    return code


def _email(cell: str) -> str:
    try:
        validate_email(cell)
    except ValidationError as error:
        raise BadValueError("is not an e-mail address") from error
    if len(cell) > LONGEST_EMAIL:
        raise BadValueError(f"is longer than {LONGEST_EMAIL} characters")
    return cell


def _address(cell: str) -> str:
    try:
        return normalise(cell)
    except AddressError as error:
        raise BadValueError("is not the address of a website, like shop.example.com") from error


def _yes_or_no(cell: str) -> bool:
    word = cell.lower()
    if word not in YES | NO:
        raise BadValueError("is neither yes nor no")
    return word in YES


def _last4(cell: str) -> str:
    if not re.match(r"^\d{1,4}$", cell):
        raise BadValueError("is not the last four digits of a card")
    return cell.zfill(4)  # a spreadsheet takes 0042 for a number


REF = text(64)
# An event's source names its subscription and a date, and has 80 characters.
SHORT_REF = text(60)
CODE = Value("code: letters, digits, `-` and `_`, up to 64", "text", _code)
DAY = Value("date, `2025-03-31` or `31.03.2025`", "date", _day)
AMOUNT_VALUE = Value("amount, `120.00` or `120,00`", "numeric(14,3)", _amount)
CURRENCY = Value("ISO 4217 currency, `EUR`", "text", _currency)
COUNTRY = Value("ISO 3166 country, `GB`", "text", _country)
EMAIL = Value("e-mail address", "text", _email)
LOWER_EMAIL = Value("e-mail address", "text", lambda cell: _email(cell).lower())
ADDRESS = Value("address of a website; scheme, `www.` and query are left out", "text", _address)
YES_NO = Value("`yes` or `no`", "boolean", _yes_or_no)
LAST4 = Value("four digits", "text", _last4)
