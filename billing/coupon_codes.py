"""The codes of coupons: how they are made, and how they are read however somebody typed them."""

import secrets
import unicodedata

from portal.lib.refs import ALPHABET

# Crockford's alphabet leaves out what is taken for something else, so that reading it as what it
# was meant to be is never a guess. Twelve of its letters are sixty random bits.
LETTERS = ALPHABET.upper()
MEANT = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})
GROUPS, GROUP_LENGTH = 3, 4


def new_code() -> str:
    """A code such as 7KQM-2XBD-9RTW."""
    return _grouped("".join(secrets.choice(LETTERS) for _ in range(GROUPS * GROUP_LENGTH)))


def read_code(typed: str) -> str | None:
    """The code as it is printed, whatever its case, spaces and dashes; None if it is none.

    A letter that no code contains is read as the one it looks like: O as 0, I and L as 1, U as V.
    """
    plain = unicodedata.normalize("NFKC", typed).upper()
    letters = "".join(letter for letter in plain if letter.isalnum()).translate(MEANT)
    if len(letters) != GROUPS * GROUP_LENGTH or not set(letters) <= set(LETTERS):
        return None
    return _grouped(letters)


def _grouped(letters: str) -> str:
    starts = range(0, GROUPS * GROUP_LENGTH, GROUP_LENGTH)
    return "-".join(letters[start : start + GROUP_LENGTH] for start in starts)
