"""Pages of long lists."""

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

PAGE_SIZE = 25


def page_of(request: HttpRequest, rows: "QuerySet[Any] | Sequence[Any]") -> Page[Any]:
    """The page `?page=` asks for; the nearest there is if it asks for none or nonsense."""
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
