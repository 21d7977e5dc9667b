"""Public references: short random names for things that show in URLs.

They tell nothing about how many there are or which came first. Ten characters of Crockford's
alphabet are fifty random bits; a unique constraint catches the collision nobody will live to see.
"""

import secrets
from typing import Any

from django.db import models
from django.urls import register_converter
from django.urls.converters import StringConverter

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 10
BITS = 5  # of each character
MASK = 2**BITS - 1


def new_ref() -> str:
    bits = secrets.randbits(BITS * LENGTH)
    return "".join(ALPHABET[bits >> place & MASK] for place in range(0, BITS * LENGTH, BITS))


DEFAULTS: dict[str, Any] = {
    "max_length": 16,
    "unique": True,
    "default": new_ref,
    "editable": False,
}


class RefField(models.CharField):
    """The public reference of a row: random, unique, never edited. Copies of rows repeat it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**(DEFAULTS | options))

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, args, options = super().deconstruct()
        told = {"unique": self.unique, "default": self.default, **options}
        kept = {key: value for key, value in told.items() if DEFAULTS.get(key) != value}
        return name, path, list(args), kept


class RefConverter(StringConverter):
    """`<ref:…>` in an address: what is no reference (a NUL, a novel) never reaches the database."""

    regex = "[0-9a-z]{1,16}"


register_converter(RefConverter, "ref")
