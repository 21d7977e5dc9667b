"""The door to an account: who may come in, and as what.

The URL names the account, so a link means the same to everyone who may see it. A stranger gets 404
(the account might as well not exist), a seat without the permission gets 403. The seat is looked up
on every request: whoever is removed is out with the next one.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from partners.models import Account, Membership
from partners.roles import ROLES_THAT_CAN, Can, Role, allows
from portal.models import User

P = ParamSpec("P")


class AccountRequest(HttpRequest):
    """A request inside an account, by someone who may make it."""

    user: User
    account: Account
    accounts: list[Account]  # every one they sit in, by name
    role: Role


AccountView = Callable[Concatenate[AccountRequest, P], HttpResponse]


def account_page(
    permission: Can,
) -> Callable[[AccountView[P]], Callable[..., HttpResponse]]:
    """Let in who has a seat in the account the URL names, and this permission."""

    def protect(view: AccountView[P]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def enter(
            request: AccountRequest, account_ref: str, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponse:
            # All of the person's seats at once: the page's account switcher shows them anyway.
            seats = Membership.objects.filter(user=request.user).order_by("account__name")
            seats = seats.select_related("account__enrolment")
            by_account = {seat.account.ref: seat for seat in seats}
            seat = by_account.get(account_ref)
            if seat is None:
                raise Http404
            if not allows(seat.role, permission):
                raise PermissionDenied
            request.account, request.role = seat.account, Role(seat.role)
            request.accounts = [one.account for one in by_account.values()]
            return view(request, *args, **kwargs)

        enter.permission = permission  # type: ignore[attr-defined]  # read by the matrix test
        return enter

    return protect


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
            "can": {
                permission.value: request.role in roles
                for permission, roles in ROLES_THAT_CAN.items()
            },
            **context,
        },
        status=status,
    )
