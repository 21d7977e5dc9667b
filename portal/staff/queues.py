"""Lists that are worked off: a queue is a list filtered to what waits, and says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict

from portal.staff.admins import StaffAdmin
from portal.staff.site import Queue


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkedOff:
    """How a queue is listed: in which order, with which columns and filters if not the list's."""

    queue: Queue
    ordering: tuple[str, ...] = ("id",)
    columns: tuple[str, ...] = ()
    filters: tuple[Any, ...] = ()

    def is_asked(self, request: HttpRequest) -> bool:
        """Whether the list is filtered as the queue's address says."""
        asked = QueryDict(urlsplit(self.queue.url()).query)
        return all(request.GET.get(key) == value for key, value in asked.items())


class QueueAdmin(StaffAdmin):
    """A list that is a queue when it is filtered like one: named, ordered and drawn as such."""

    worked_off: ClassVar[Sequence[WorkedOff]]

    def queue_of(self, request: HttpRequest) -> WorkedOff | None:
        return next((one for one in self.worked_off if one.is_asked(request)), None)

    def get_ordering(self, request: HttpRequest) -> Any:
        shown = self.queue_of(request)
        return shown.ordering if shown else super().get_ordering(request)

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = self.queue_of(request)
        return (shown and shown.columns) or super().get_list_display(request)

    def get_list_filter(self, request: HttpRequest) -> Any:
        shown = self.queue_of(request)
        return (shown and shown.filters) or super().get_list_filter(request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = dict(extra_context or {})
        if shown := self.queue_of(request):
            told = {"list_title": shown.queue.title, "list_words": shown.queue.words}
            context = told | context
        response: HttpResponse = super().changelist_view(request, context)
        return response
