"""What every request passes through."""

from collections.abc import Callable
from typing import Any

import pghistory
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from portal.rehearsal import apply_clock

GetResponse = Callable[[HttpRequest], HttpResponse]


class RehearsalClockMiddleware:
    """In rehearsal, look at the clock before each request; in production, do nothing at all."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.REHEARSAL:
            apply_clock()
        return self.get_response(request)


class StaffSecondFactorMiddleware:
    """Staff reach the admin only with a second factor set up; others are sent to set one up."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith("/admin/") and request.user.is_authenticated:
            from allauth.mfa.utils import is_mfa_enabled

            if request.user.is_staff and not is_mfa_enabled(request.user):
                return redirect("mfa_index")
        return self.get_response(request)


class AuditMiddleware:
    """Every change of a tracked row says who made it and at which address of the portal.

    Only requests that may change something open a context: a GET changes nothing.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in {"GET", "HEAD", "OPTIONS"}:
            return self.get_response(request)
        with pghistory.context(**self._who(request)):
            return self.get_response(request)

    @staticmethod
    def _who(request: HttpRequest) -> dict[str, Any]:
        user = request.user
        return {"user": user.pk if user.is_authenticated else None, "url": request.path}
