"""The door to an account: who may come in, and as what.

The URL names the account, so a link means the same to everyone who may see it. A stranger gets 404
(the account might as well not exist), a seat without the permission gets 403. The seat is looked up
on every request: whoever is removed is out with the next one. Staff on a visit see what the owner
sees, and change nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from partners.models import Account, Membership, StaffVisit
from partners.roles import LOOKING_ON, ROLES_THAT_CAN, Can, Role, allows
from portal.lib import clock
from portal.models import User
from portal.staff.sessions import has_second_factor

P = ParamSpec("P")


class AccountRequest(HttpRequest):
    """A request inside an account, by someone who may make it."""

    user: User
    account: Account
    accounts: list[Account]  # every one they sit in, by name
    role: Role
    visit: StaffVisit | None  # set while staff look on


AccountView = Callable[Concatenate[AccountRequest, P], HttpResponseBase]


def account_page(
    permission: Can,
) -> Callable[[AccountView[P]], Callable[..., HttpResponseBase]]:
    """Let in who has a seat in the account the URL names, and this permission."""

    def protect(view: AccountView[P]) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def enter(
            request: AccountRequest, account_ref: str, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponseBase:
            # All of the person's seats at once: the page's account switcher shows them anyway.
            seats = Membership.objects.filter(user=request.user).order_by("account__name")
            seats = seats.select_related("account__enrolment")
            by_account = {seat.account.ref: seat for seat in seats}
            seat, request.visit = by_account.get(account_ref), None
            if seat is None:
                look_on(request, account_ref, permission)
                with read_only():
                    return view(request, *args, **kwargs)
            if not allows(seat.role, permission):
                raise PermissionDenied
            request.account, request.role = seat.account, Role(seat.role)
            request.accounts = [one.account for one in by_account.values()]
            return view(request, *args, **kwargs)

        enter.permission = permission  # type: ignore[attr-defined]  # read by the matrix test
        return enter

    return protect


# --- Staff who look on ---------------------------------------------------------------------------


def look_on(request: AccountRequest, account_ref: str, permission: Can) -> None:
    """Let in who of staff is on a visit to this account, to read as its owner would.

    Whoever is not is a stranger (404). What is for doing something is refused (403), and so is
    every way of changing anything.
    """
    request.visit = _visit(request, account_ref)
    if request.visit is None:
        raise Http404
    if permission not in LOOKING_ON or request.method not in {"GET", "HEAD"}:
        raise PermissionDenied
    request.account, request.role = request.visit.account, Role.OWNER
    request.accounts = [request.account]


def _visit(request: AccountRequest, account_ref: str) -> StaffVisit | None:
    if not request.user.is_staff or not has_second_factor(request):
        return None
    if not request.user.has_perm("partners.add_staffvisit"):
        return None
    visits = StaffVisit.objects.going_on(clock.now()).select_related("account__enrolment")
    return visits.filter(by=request.user, account__ref=account_ref).first()


@contextmanager
def read_only() -> Iterator[None]:
    """The database refuses every change made inside."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
        yield


def _permissions(request: AccountRequest) -> dict[str, bool]:
    """What a page may offer: to who looks on, only what is to be seen."""
    return {
        permission.value: request.role in roles
        and (request.visit is None or permission in LOOKING_ON)
        for permission, roles in ROLES_THAT_CAN.items()
    }


def render_in_account(
    request: AccountRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page inside the account: with its tabs, its switcher, and what this role may do."""
    return render(
        request,
        template,
        {
            "account": request.account,
            "accounts": request.accounts,
            "can": _permissions(request),
            "viewing_as_staff": request.visit,
            **context,
        },
        status=status,
    )
