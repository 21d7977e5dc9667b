"""Site addresses as people type them, brought to the one form they are stored in."""

import re
from urllib.parse import urlsplit

import idna

HOST = re.compile(r"^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$")
MAX_LENGTH = 253
# Pasted along from pages and documents, and seen by nobody.
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))


class AddressError(ValueError):
    """What was typed is not the address of a website."""


def and_above(address: str) -> list[str]:
    """The normalised address and every one above it, longest first: a page's site is among them."""
    host, *path = address.split("/")
    return ["/".join([host, *path[:length]]) for length in range(len(path), -1, -1)]


def as_stored(typed: str) -> str:
    """The stored form of an address; of what is not a whole one, as far as it can be told."""
    try:
        return normalise(typed)
    except AddressError:
        return typed.strip().lower()


def normalise(typed: str) -> str:
    """Host and path, nothing else: `HTTPS://www.Example.com/Shop/?a=1` is `example.com/Shop`.

    International names become their ASCII form. Raises AddressError, also for mail addresses.
    """
    text = typed.translate(INVISIBLE).strip()
    if "://" not in text:
        if "@" in text.partition("/")[0]:
            raise AddressError(typed)
        text = f"https://{text.removeprefix('//')}"
    try:
        parts = urlsplit(text)
        host = _ascii((parts.hostname or "").rstrip("."))
    except (ValueError, UnicodeError) as error:
        raise AddressError(typed) from error
    host = host.removeprefix("www.")
    path = re.sub(r"/+", "/", parts.path).rstrip("/")
    address = host + path
    is_number = host.rpartition(".")[2].isdigit()  # a price, a date, a network address
    if not HOST.match(host) or is_number or re.search(r"\s", path) or len(address) > MAX_LENGTH:
        raise AddressError(typed)
    return address


def _ascii(host: str) -> str:
    """The host as the name system knows it. What is ASCII already, and so stored, stays valid.

    Raises UnicodeError.
    """
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        # Of names with symbols (☕.example), which IDNA 2008 leaves out and browsers still open.
        return host.encode("idna").decode("ascii").lower()
