"""Invitations: sending them, and accepting one."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from partners.access import AccountRequest, account_page, render_in_account
from partners.actions.invitations import accept, invite, revoke, send_again
from partners.errors import TeamError
from partners.forms import InvitationForm
from partners.models import Invitation
from partners.refusals import in_words
from partners.roles import Can, Role
from partners.views.team import done, to_team
from portal.lib import clock
from portal.lib.nudge import nudge
from portal.mail.tasks import send_mail


@require_http_methods(["GET", "HEAD", "POST"])
@account_page(Can.MANAGE_TEAM)
def new_invitation(request: AccountRequest) -> HttpResponse:
    """Invite somebody by e-mail."""
    form = InvitationForm(request.POST or None, by=request.role)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            invite(
                request.account,
                email=asked["email"],
                role=Role(asked["role"]),
                by=request.user,
                at=clock.now(),
            )
        except TeamError as refusal:
            form.add_error("email", in_words(refusal))
        else:
            nudge(send_mail)
            text = _("The invitation is on its way to %(email)s.")
            messages.success(request, text % asked)
            return to_team(request)
    return render_in_account(
        request, "partners/new_invitation.html", {"active_tab": "team", "form": form}
    )


@require_POST
@account_page(Can.MANAGE_TEAM)
def sending(request: AccountRequest, ref: str) -> HttpResponse:
    """Send an invitation once more."""
    found = _invitation(request, ref)
    if done(request, lambda: send_again(found, by=request.user, at=clock.now())):
        messages.success(request, _("The invitation is on its way again, valid anew."))
    return to_team(request)


@require_POST
@account_page(Can.MANAGE_TEAM)
def revocation(request: AccountRequest, ref: str) -> HttpResponse:
    """Take an invitation back."""
    found = _invitation(request, ref)
    if done(request, lambda: revoke(found, by=request.user, at=clock.now())):
        messages.success(request, _("The invitation is taken back; its link is worth nothing."))
    return to_team(request)


def _invitation(request: AccountRequest, ref: str) -> Invitation:
    return get_object_or_404(Invitation.objects.in_account(request.account), ref=ref)


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, ref: str) -> HttpResponse:
    """What one is invited to; accepted by whoever is signed in with that address, verified."""
    found = get_object_or_404(Invitation.objects.select_related("account", "invited_by"), ref=ref)
    user = request.user if request.user.is_authenticated else None
    if request.method == "POST" and user:
        try:
            accept(found, user=user, at=clock.now())
        except TeamError as refusal:
            messages.error(request, in_words(refusal))
        else:
            text = _("You are in the team of %(account)s now.")
            messages.success(request, text % {"account": found.account})
            return redirect("home:home", account_ref=found.account.ref)
    this = Invitation.objects.filter(pk=found.pk)
    return render(
        request,
        "partners/invitation.html",
        {
            "invitation": found,
            "is_open": this.open(clock.now()).exists(),
            "is_theirs": user is not None and this.proved_by(user).exists(),
        },
    )
