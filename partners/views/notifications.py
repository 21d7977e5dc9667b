"""What somebody wants to be told by mail: chosen on a page, or turned off from a mail itself."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from partners.access import AccountRequest, account_page, render_in_account
from partners.actions.notifications import choose
from partners.audience import choices_of
from partners.forms import NotificationsForm
from partners.models import Account, Choice
from partners.notifications import Kind, every_kind, read_token
from partners.roles import Can, allows
from portal.lib import clock
from portal.models import User


@require_http_methods(["GET", "HEAD", "POST"])
@account_page(Can.SEE)
def notifications(request: AccountRequest) -> HttpResponse:
    """A switch for each kind of mail this seat gets, and which always come, with the reason."""
    kinds = [kind for kind in every_kind() if allows(request.role, kind.permission)]
    form = NotificationsForm(
        request.POST if request.method == "POST" else None,
        kinds=[kind for kind in kinds if kind.is_chosen],
        now=choices_of(request.user, request.account),
    )
    if request.method == "POST" and form.is_valid():
        choose(request.user, request.account, form.choices, at=clock.now())
        text = _("Saved. This holds for what you are told of %(name)s.")
        messages.success(request, text % {"name": request.account})
        return redirect("partners:notifications", account_ref=request.account.ref)
    always = [kind for kind in kinds if not kind.is_chosen]
    return render_in_account(
        request, "partners/notifications.html", {"form": form, "always": always}
    )


@csrf_exempt  # mail programs post here by themselves; the signed token says for whom
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscription(request: HttpRequest, token: str) -> HttpResponse:
    """Turn one kind of mail off, without a login; opening the link asks, and changes nothing.

    With `restore` among what is posted, what was chosen before is chosen again.
    """
    user, account, kind = _named(token)
    before = choices_of(user, account)[kind.key]
    now = before
    if request.method == "POST":
        now = _asked_for(request, kind)
        choose(user, account, {kind.key: now}, at=clock.now())
    context = {
        "account": account,
        "kind": kind,
        "is_off": now is Choice.OFF,
        "is_done": request.method == "POST",
        "restore": kind.default if before is Choice.OFF else before,
        "address": user.email,
    }
    response = render(request, "partners/unsubscription.html", context)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _named(token: str) -> tuple[User, Account, Kind]:
    try:
        subscription = read_token(token)
    except BadSignature:
        raise Http404 from None
    user = get_object_or_404(User, ref=subscription.user_ref)
    account = get_object_or_404(Account, ref=subscription.account_ref)
    return user, account, subscription.kind


def _asked_for(request: HttpRequest, kind: Kind) -> Choice:
    asked = request.POST.get("restore", "")
    return Choice(asked) if asked in kind.choices else Choice.OFF
