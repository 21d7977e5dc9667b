"""Who sits in the account, and changes of that."""

from collections.abc import Callable

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from partners.access import AccountRequest, account_page, render_in_account
from partners.actions.team import change_role, leave, remove, transfer
from partners.activities import in_words as done_in_words
from partners.errors import TeamError
from partners.forms import RoleForm, TransferForm
from partners.models import Invitation, Membership
from partners.refusals import in_words
from partners.roles import MANAGES, ROLES_THAT_CAN, Can, Role
from portal.lib import clock
from portal.lib.nudge import nudge
from portal.lib.pages import page_of
from portal.mail.tasks import send_mail


def done(request: AccountRequest, act: Callable[[], object]) -> bool:
    """Whether it was done; if not, the person is told why."""
    try:
        act()
    except TeamError as refusal:
        messages.error(request, in_words(refusal))
        return False
    nudge(send_mail)
    return True


def to_team(request: AccountRequest) -> HttpResponse:
    return redirect("partners:team", account_ref=request.account.ref)


@require_safe
@account_page(Can.SEE)
def team(request: AccountRequest) -> HttpResponse:
    """The team, who is invited, the seats that wait, and what each role may do."""
    members = request.account.memberships.select_related("user").order_by("since_at", "id")
    now = clock.now()
    return render_in_account(
        request,
        "partners/team.html",
        {
            "active_tab": "team",
            "members": page_of(request, members),
            "manages": frozenset() if request.visit else MANAGES[request.role],
            "grantable": RoleForm(by=request.role).fields["role"].choices,  # type: ignore[attr-defined]
            "own": request.user,
            "now": now,
            "invitations": Invitation.objects.in_account(request.account)
            .unanswered()
            .select_related("invited_by"),
            "pending": request.account.pending_memberships.order_by("email"),
            "roles": [
                (role, [permission for permission in Can if role in ROLES_THAT_CAN[permission]])
                for role in Role
            ],
        },
    )


@require_POST
@account_page(Can.MANAGE_TEAM)
def role(request: AccountRequest, seat: int) -> HttpResponse:
    """Give a member another role."""
    found = _seat(request, seat)
    form = RoleForm(request.POST, by=request.role)
    if not form.is_valid():
        messages.error(request, _("Please choose one of the roles."))
        return to_team(request)
    chosen = Role(form.cleaned_data["role"])
    if done(request, lambda: change_role(found, role=chosen, by=request.user, at=clock.now())):
        text = _("%(name)s is %(role)s now.")
        messages.success(request, text % {"name": found.user, "role": chosen.label})
    return to_team(request)


@require_POST
@account_page(Can.MANAGE_TEAM)
def removal(request: AccountRequest, seat: int) -> HttpResponse:
    """End a member's seat."""
    found = _seat(request, seat)
    if done(request, lambda: remove(found, by=request.user, at=clock.now())):
        text = _("%(name)s is out of the team, from now on. You can invite them again.")
        messages.success(request, text % {"name": found.user})
    return to_team(request)


@require_POST
@account_page(Can.SEE)
def departure(request: AccountRequest) -> HttpResponse:
    """Leave the account."""
    own = get_object_or_404(Membership, account=request.account, user=request.user)
    if not done(request, lambda: leave(own, at=clock.now())):
        return to_team(request)
    messages.success(request, _("You have left %(name)s.") % {"name": request.account})
    return redirect("start")


@require_http_methods(["GET", "HEAD", "POST"])
@account_page(Can.TRANSFER)
@reauthentication_required(allow_get=True)
def ownership(request: AccountRequest) -> HttpResponse:
    """Hand the account over to another member, confirmed by password or second factor."""
    form = TransferForm(request.POST or None, account=request.account, own=request.user.pk)
    if request.method == "POST" and form.is_valid():
        heir = form.cleaned_data["seat"]
        if done(request, lambda: transfer(heir, by=request.user, at=clock.now())):
            text = _("%(name)s owns the account now. You are an admin in it.")
            messages.success(request, text % {"name": heir.user})
        return to_team(request)
    return render_in_account(
        request, "partners/ownership.html", {"active_tab": "team", "form": form}
    )


@require_safe
@account_page(Can.SEE_ACTIVITY)
def activity(request: AccountRequest) -> HttpResponse:
    """Who did what in the account, latest first."""
    page = page_of(request, request.account.activities.select_related("by"))
    lines = [(line, done_in_words(line)) for line in page]
    return render_in_account(
        request, "partners/activity.html", {"active_tab": "team", "page": page, "lines": lines}
    )


def _seat(request: AccountRequest, seat: int) -> Membership:
    seats = Membership.objects.filter(account=request.account).select_related("user")
    return get_object_or_404(seats, pk=seat)
