"""Finding anything: what was typed, looked for in every kind of thing the person may view."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from django.db.models import F, Model, Q, QuerySet
from django.db.models.functions import Lower
from django.db.models.lookups import Exact, StartsWith
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.http import urlencode

from portal.staff.admins import list_url, page_of
from portal.staff.bounds import COUNTED, Bounded

SHOWN = 10
Way = Q | Exact | StartsWith


@dataclass(frozen=True, slots=True, kw_only=True)
class Findable:
    """A kind of thing that is looked for, and the ways in which it is.

    Each way is a condition that one index answers by itself.
    """

    title: str | Promise
    model: type[Model]
    ways: Callable[[str], Sequence[Way]]
    words: Callable[[Any], str] = str
    detail: Callable[[Any], str]
    select_related: Sequence[str] = ()

    @property
    def permission(self) -> str:
        return self.model._meta.label_lower.replace(".", ".view_")  # noqa: SLF001

    def found(self, term: str) -> QuerySet:
        """The latest first. Of a way that leads to very many, no more than are counted."""
        rows: QuerySet = QuerySet(self.model)
        ways = [rows.filter(way).values("pk")[:COUNTED] for way in self.ways(term)]
        found = rows.filter(pk__in=reduce(QuerySet.union, ways))
        return found.select_related(*self.select_related).order_by("-pk")


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one kind: the first few, how many there are, and the list of them all."""

    kind: Findable
    rows: Sequence[tuple[str, str, str]]  # the address of its page, its words, more about it
    count: Bounded
    url: str


def look_for(term: str, kinds: Iterable[Findable], *, request: HttpRequest) -> Iterator[Group]:
    """A group for each kind of which something was found, of those the person may view."""
    for kind in kinds:
        if request.user.has_perm(kind.permission) and (group := _group(kind, term)):
            yield group


def _group(kind: Findable, term: str) -> Group | None:
    found = kind.found(term)
    rows = [(page_of(row), kind.words(row), kind.detail(row)) for row in found[:SHOWN]]
    count = Bounded.of(found)
    url = list_url(kind.model._meta.label_lower, query=urlencode({"q": term}))  # noqa: SLF001
    return Group(kind, rows, count, url) if rows else None


def begins(field: str, term: str) -> StartsWith:
    """The field begins with that, in capitals or not."""
    return StartsWith(Lower(F(field)), term.lower())


def equals(field: str, term: str) -> Exact:
    """The field is that, in capitals or not."""
    return Exact(Lower(F(field)), term.lower())
