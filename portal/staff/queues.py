"""Lists that are worked off: a queue is a list filtered to what waits, and says so."""

from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict

from portal.staff.admins import StaffAdmin
from portal.staff.site import Queue


class QueueAdmin(StaffAdmin):
    """A list that is a queue when it is filtered as the queue's address says: named as one, and in
    the order in which it is worked off.
    """

    queue: ClassVar[Queue]
    queue_ordering: ClassVar[tuple[str, ...]] = ("id",)

    def is_queue(self, request: HttpRequest) -> bool:
        asked = QueryDict(urlsplit(self.queue.url()).query)
        return all(request.GET.get(key) == value for key, value in asked.items())

    def get_ordering(self, request: HttpRequest) -> Any:
        return self.queue_ordering if self.is_queue(request) else super().get_ordering(request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        told = {"list_title": self.queue.title, "list_words": self.queue.words}
        context = (told if self.is_queue(request) else {}) | (extra_context or {})
        response: HttpResponse = super().changelist_view(request, context)
        return response
