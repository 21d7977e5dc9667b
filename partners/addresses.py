"""Site addresses as people type them, brought to the one form they are stored in."""

import re
from urllib.parse import urlsplit

HOST = re.compile(r"^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$")
MAX_LENGTH = 253


class AddressError(ValueError):
    """What was typed is not the address of a website."""


def and_above(address: str) -> list[str]:
    """The normalised address and every one above it, longest first: a page's site is among them."""
    host, *path = address.split("/")
    return ["/".join([host, *path[:length]]) for length in range(len(path), -1, -1)]


def normalise(typed: str) -> str:
    """Host and path, nothing else: `HTTPS://www.Example.com/Shop/?a=1` is `example.com/Shop`.

    International names become their ASCII form. Raises AddressError.
    """
    text = typed.strip()
    if "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii").lower()
    except (ValueError, UnicodeError) as error:
        raise AddressError(typed) from error
    host = host.removeprefix("www.")
    path = re.sub(r"/+", "/", parts.path).rstrip("/")
    address = host + path
    if not HOST.match(host) or re.search(r"\s", path) or len(address) > MAX_LENGTH:
        raise AddressError(typed)
    return address
