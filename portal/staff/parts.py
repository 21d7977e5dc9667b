"""What belongs to a row, on its page: the latest few of each kind, and the way to them all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise

from portal.staff.admins import Section, link_to, list_url
from portal.staff.bounds import Bounded

LATEST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One kind of what belongs to a row; shown to those who may view its model (`app.model`)."""

    title: str | Promise
    label: str
    rows: Callable[[Any], QuerySet]  # those of the page's row, the first to be shown first
    query: Callable[[Any], str]  # how their list is narrowed down to the page's row
    words: Callable[[Any], str] = str
    detail: Callable[[Any], str]
    summary: Callable[[Any], str] | None = None

    def section(self, row: Any) -> Section:
        rows = self.rows(row)
        context = {
            "summary": self.summary(row) if self.summary else "",
            "rows": [(link_to(one, self.words(one)), self.detail(one)) for one in rows[:LATEST]],
            "count": Bounded.of(rows),
            "url": list_url(self.label, query=self.query(row)),
        }
        return Section(self.title, "staff/part.html", context)


def sections_of(parts: Sequence[Part], row: Any, *, request: HttpRequest) -> list[Section]:
    """A section for each part whose model the person may view."""
    may = request.user.has_perm
    return [part.section(row) for part in parts if may(part.label.replace(".", ".view_"))]
