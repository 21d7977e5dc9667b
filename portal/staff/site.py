"""The admin site: entered through the portal's own sign-in, with a second factor."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_update
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Min, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.decorators import method_decorator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from unfold.sites import UnfoldAdminSite

from portal.lib import clock
from portal.staff.finding import Findable, look_for
from portal.staff.sessions import end_in_time, has_second_factor
from portal.staff.start.overview import coming, happened

View = Callable[..., Any]
COUNTED = 1000

# The admin's own scripts are written into its pages and evaluated there. Nothing comes from
# elsewhere all the same, and no page outside the admin has this policy.
ADMIN_CSP = {
    "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits in a queue, and since when the oldest of it."""

    count: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Queue:
    """Work that waits for staff: what it is called, where it is done, how much of it there is.

    `since` is the column that says since when a row waits.
    """

    title: str | Promise
    words: str | Promise
    permission: str
    url: Callable[[], str]
    waiting: Callable[[], QuerySet]
    since: str

    def backlog(self) -> Backlog:
        """How much waits (nobody needs to know beyond a thousand), and since when the oldest."""
        longest_first = self.waiting().order_by(self.since)[:COUNTED]
        return Backlog(**longest_first.aggregate(count=Count("pk"), oldest_at=Min(self.since)))


class StaffSite(UnfoldAdminSite):
    """Every page needs a staff account with a second factor, whatever stands before it."""

    index_title = _("What is to be done")
    index_template = "staff/index.html"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.queues: list[Queue] = []
        self.findable: list[Findable] = []
        self.disable_action("delete_selected")

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(super().has_permission(request)) and has_second_factor(request)

    def admin_view(self, view: View, cacheable: bool = False) -> View:  # noqa: FBT001, FBT002
        guarded = super().admin_view(view, cacheable)

        @csp_update(ADMIN_CSP)
        @wraps(guarded)
        def limited(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.user.is_staff:
                end_in_time(request.session)
            return guarded(request, *args, **kwargs)

        return limited

    @method_decorator(never_cache)
    @login_not_required
    def login(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """There is one way in: the portal's sign-in page. Says no to those who are not staff."""
        index = resolve_url(f"{self.name}:index")
        if not request.user.is_authenticated:
            return redirect_to_login(request.GET.get("next", index), resolve_url("account_login"))
        if not request.user.is_staff:
            raise PermissionDenied
        return redirect(index if has_second_factor(request) else "mfa_index")

    @method_decorator(require_POST)
    def logout(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        logout(request)
        return redirect("account_login")

    def password_change(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("account_change_password")

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The start page: queues to work on, what happened and will, then all there is to see."""
        mine = [queue for queue in self.queues if request.user.has_perm(queue.permission)]
        counted = [(queue, queue.url(), queue.backlog()) for queue in mine]
        context = {
            "queues": counted,
            "now": clock.now(),
            "happened": happened(request.user, on=clock.today()),
            "coming": coming(request.user, on=clock.today()),
            **(extra_context or {}),
        }
        page: HttpResponse = super().index(request, context)
        return page

    def get_urls(self) -> list[URLPattern | URLResolver]:
        find = path("find/", self.admin_view(self.find), name="find")
        return [find, *super().get_urls()]

    def find(self, request: HttpRequest) -> HttpResponse:
        """Whatever was typed, in everything this person may view."""
        term = request.GET.get("q", "").replace("\x00", "").strip()
        groups = list(look_for(term, self.findable, request=request)) if term else []
        words = {"title": _("Find anything"), "term": term, "groups": groups}
        return TemplateResponse(request, "staff/find.html", self.each_context(request) | words)


admin_site = StaffSite(name="admin")
