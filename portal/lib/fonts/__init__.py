"""The fonts that drawings embed, and which characters they have. README.md says where from."""

import struct
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
UNDRAWABLE = "\N{REPLACEMENT CHARACTER}"
JOINERS = {"\N{ZERO WIDTH NON-JOINER}", "\N{ZERO WIDTH JOINER}"}  # they decide how letters join


def families(*names: str) -> list[str]:
    """The font files whose names begin so."""
    return sorted(str(path) for name in names for path in FOLDER.glob(f"{name}*.ttf"))


def drawable(text: str) -> str:
    """The text as these fonts can draw it, in one line.

    What none of them has (emoji, rare scripts) becomes a replacement character; what is invisible
    and could turn the line around or break it is left out.
    """
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(_as_drawn(character) for character in composed).split())


def _as_drawn(character: str) -> str:
    if character.isspace():
        return " "
    if ord(character) in _covered():
        is_control = unicodedata.category(character) in {"Cc", "Cf"}
        return "" if is_control and character not in JOINERS else character
    is_visible = unicodedata.category(character)[0] in "LNPS"
    return UNDRAWABLE if is_visible else ""


@cache
def _covered() -> frozenset[int]:
    return frozenset(code for path in families("") for code in _codes(Path(path).read_bytes()))


def _codes(font: bytes) -> Iterator[int]:
    """The characters of a TrueType font, by its table `cmap` (formats 4 and 12)."""
    start = _table(font, b"cmap")
    (count,) = struct.unpack_from(">H", font, start + 2)
    for n in range(count):
        (offset,) = struct.unpack_from(">L", font, start + 4 + 8 * n + 4)
        (form,) = struct.unpack_from(">H", font, start + offset)
        if form == 4:  # noqa: PLR2004
            yield from _codes_in_segments(font, start + offset)
        elif form == 12:  # noqa: PLR2004
            yield from _codes_in_groups(font, start + offset)


def _table(font: bytes, tag: bytes) -> int:
    (count,) = struct.unpack_from(">H", font, 4)
    tables = (struct.unpack_from(">4sLLL", font, 12 + 16 * n) for n in range(count))
    return next(int(offset) for name, _, offset, _ in tables if name == tag)


def _codes_in_segments(font: bytes, at: int) -> Iterator[int]:
    (doubled,) = struct.unpack_from(">H", font, at + 6)
    numbers = f">{doubled // 2}H"
    ends = struct.unpack_from(numbers, font, at + 14)
    starts = struct.unpack_from(numbers, font, at + 16 + doubled)
    for first, last in zip(starts, ends, strict=True):
        yield from range(first, min(last, 0xFFFE) + 1)


def _codes_in_groups(font: bytes, at: int) -> Iterator[int]:
    (count,) = struct.unpack_from(">L", font, at + 12)
    for n in range(count):
        first, last, _ = struct.unpack_from(">LLL", font, at + 16 + 12 * n)
        yield from range(first, last + 1)
