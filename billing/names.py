"""Domain names and mailbox addresses as people type them, in the one form that is kept of them."""

import re
from urllib.parse import urlsplit

import idna
from django.utils.translation import gettext as _

LONGEST_DOMAIN, LONGEST_LOCAL_PART = 253, 64
LOCAL_PART = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII)


class BadNameError(ValueError):
    """What was typed is no such name; the message says what to do, to whoever typed it."""


def domain_name(typed: str) -> str:
    """The domain's ASCII form: of `HTTPS://www.Müller.example/shop` it is `xn--mller-kva.example`.

    Raises BadNameError.
    """
    if "@" in typed.partition("/")[0]:
        raise BadNameError(
            _("This is a mail address. Type only what stands after the @, such as juniper.example.")
        )
    name = _ascii(_host(typed.strip()))
    bare = name.removeprefix("www.")
    return bare if "." in bare else name


def mailbox_address(typed: str) -> str:
    """The address, its domain as above; how the part before the @ is written is left alone.

    Raises BadNameError.
    """
    local, at, domain = typed.strip().removeprefix("mailto:").rpartition("@")
    if not at:
        raise BadNameError(_("Type the whole address with its @, such as hello@juniper.example."))
    if not LOCAL_PART.fullmatch(local) or len(local) > LONGEST_LOCAL_PART:
        raise BadNameError(
            _("Before the @, use letters, digits, hyphens and dots; no dot first or last.")
        )
    return f"{local}@{_ascii(domain)}"


def as_people_write(name: str) -> str:
    """A domain or mailbox with international letters instead of their ASCII form."""
    local, at, domain = name.rpartition("@")
    if "xn--" not in domain:
        return name
    try:
        return f"{local}{at}{idna.decode(domain)}"
    except idna.IDNAError:  # kept from before the portal, and of no alphabet
        return name


def _host(text: str) -> str:
    """What of a pasted address names the host."""
    try:
        return urlsplit(text if "://" in text else f"//{text}").hostname or ""
    except ValueError as error:
        raise _not_a_name() from error


def _ascii(domain: str) -> str:
    try:
        name = idna.encode(domain.rstrip("."), uts46=True, std3_rules=True).decode("ascii")
    except idna.IDNAError as error:
        raise _not_a_name() from error
    if "." not in name:
        raise BadNameError(_("Type the name with its ending, such as juniper.example."))
    if len(name) > LONGEST_DOMAIN or name.rpartition(".")[2].isdigit():
        raise _not_a_name()
    return name


def _not_a_name() -> BadNameError:
    return BadNameError(
        _(
            "Use letters, digits and hyphens, with dots between the parts, such as"
            " juniper.example. No part begins or ends with a hyphen or has more than 63 characters."
        )
    )
