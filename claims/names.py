"""Whether a name was typed by the person who bears it, or filled in by a program."""

from collections.abc import Iterable

from claims.rules import LETTERS_OF_A_NAME

# What programs put into a field they take for a name, and what forms show in an empty one.
FILLERS = frozenset(
    {
        "name",
        "your name",
        "first name",
        "last name",
        "full name",
        "user",
        "username",
        "test",
        "string",
        "text",
        "null",
        "none",
        "undefined",
    }
)


def reads_like_a_name(typed: str, *, not_these: Iterable[str] = ()) -> bool:
    """It has letters, is no address, and says something else than the rest of the form does."""
    folded = typed.strip().casefold()
    letters = sum(character.isalpha() for character in folded)
    is_address = "@" in folded or "://" in folded or folded.startswith("www.")
    taken = FILLERS | {other.strip().casefold() for other in not_these}
    return letters >= LETTERS_OF_A_NAME and not is_address and folded not in taken
