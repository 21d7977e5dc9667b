"""Public references: short random names for things that show in URLs.

They tell nothing about how many there are or which came first. Ten characters of Crockford's
alphabet are fifty random bits; a unique constraint catches the collision nobody will live to see.
"""

import secrets

from django.db import models

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 10


def new_ref() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


class RefField(models.CharField):  # type: ignore[type-arg]
    """The public reference of a row: random, unique, never edited."""

    def __init__(self, **options: object) -> None:
        options.update(max_length=16, unique=True, default=new_ref, editable=False)
        super().__init__(**options)  # type: ignore[arg-type]

    def deconstruct(self) -> tuple[str, str, list[object], dict[str, object]]:
        name, path, args, options = super().deconstruct()
        for fixed in ("max_length", "unique", "default", "editable"):
            options.pop(fixed, None)
        return name, path, list(args), options
