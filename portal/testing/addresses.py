"""Every address of the portal, as the resolver knows it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True, slots=True)
class Address:
    """One URL pattern: its name with its namespaces, how it is written, and its view."""

    name: str
    route: str
    view: Callable[..., HttpResponse]
    arguments: frozenset[str] = field(default_factory=frozenset)

    @property
    def permission(self) -> str | None:
        """What `account_page` asks for; None for a page outside accounts."""
        return getattr(self.view, "permission", None)

    @property
    def asks_to_sign_in(self) -> bool:
        """Whether Django's middleware sends the anonymous to the sign-in page."""
        return bool(getattr(self.view, "login_required", True))


def every_address() -> list[Address]:
    return list(_walk(get_resolver(), route="", namespace=""))


def account_addresses() -> list[Address]:
    """Those inside an account."""
    return [address for address in every_address() if address.permission]


def _walk(resolver: Any, *, route: str, namespace: str) -> Iterator[Address]:
    for one in resolver.url_patterns:
        here = route + str(one.pattern)
        if isinstance(one, URLResolver):
            inside = f"{namespace}{one.namespace}:" if one.namespace else namespace
            yield from _walk(one, route=here, namespace=inside)
        elif isinstance(one, URLPattern):
            arguments = frozenset(one.pattern.regex.groupindex) | _told_above(route)
            yield Address(namespace + (one.name or ""), here, one.callback, arguments)


def _told_above(route: str) -> frozenset[str]:
    """Arguments named by the patterns an address is included under."""
    return frozenset(part.partition(">")[0].rpartition(":")[2] for part in route.split("<")[1:])
