"""Addresses out of what people paste: lists, sentences, bullets, quotes. Pure."""

import re
from dataclasses import dataclass

# What stands between addresses or around them, and in none.
BETWEEN = re.compile(r"[\s,;|<>()\[\]{}\"“”„«»‹›`]+")
AROUND = "'‘’‚*•·◦▪–—-.:!?"


@dataclass(frozen=True, slots=True)
class Line:
    """What somebody gave as the address of a site, and where; a file's lines have a column."""

    text: str
    row: int = 1
    column: int | None = None


def read_pasted(text: str) -> list[Line]:
    """Every address of a text. Words beside one are left out; a line without any stays whole."""
    return [
        Line(found, row)
        for row, line in enumerate(text.splitlines(), start=1)
        if line.strip()
        for found in _addresses_in(line) or [line.strip()]
    ]


def _addresses_in(line: str) -> list[str]:
    words = (word.strip(AROUND) for word in BETWEEN.split(line))
    return [word for word in words if _looks_like_one(word)]


def _looks_like_one(word: str) -> bool:
    """A dot in it, and no mail address."""
    return "://" in word or ("." in word and "@" not in word.partition("/")[0])
