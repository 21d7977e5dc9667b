"""The front door: who is signed in goes to their account."""

import re

from babel import Locale
from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from partners.models import Account, Invitation, Membership
from partners.roles import Role
from portal.lib import clock
from portal.models import User


class SignedInRequest(HttpRequest):
    """A request past the login middleware."""

    user: User


@login_not_required
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Home for who has one account, a choice for who has several, a welcome for the rest."""
    if not request.user.is_authenticated:
        return render(request, "home/welcome.html")
    accounts = list(Account.objects.visible_to(request.user).order_by("name")[:2])
    if len(accounts) == 1:
        return redirect("home:home", account_ref=accounts[0].ref)
    if accounts:
        return redirect("home:accounts")
    if request.user.is_staff:
        return redirect("admin:index")
    return redirect("home:new_account")


@require_safe
def accounts(request: SignedInRequest) -> HttpResponse:
    """The accounts one sits in, to choose from."""
    seats = Membership.objects.filter(user=request.user).select_related("account")
    return render(
        request,
        "home/accounts.html",
        {
            "seats": seats.order_by("account__name"),
            "invitations": _invitations(request.user),
        },
    )


def _invitations(user: User) -> QuerySet[Invitation]:
    """What this person can accept."""
    waiting = Invitation.objects.open(clock.now()).proved_by(user)
    return waiting.select_related("account", "invited_by")


# ISO 3166: two capital letters. CLDR also lists regions of the world, and codes for testing.
NO_COUNTRIES = {"EU", "EZ", "UN", "ZZ", "XA", "XB"}
COUNTRIES = {
    str(code) for code in Locale("en").territories if re.fullmatch(r"[A-Z]{2}", str(code))
} - NO_COUNTRIES


class NewAccountForm(forms.ModelForm):
    """What opening an account asks for."""

    currency = forms.ChoiceField(
        label=_("Currency"), choices=[(code, code) for code in settings.CURRENCIES]
    )

    class Meta:
        model = Account
        fields = ("name", "country", "currency")
        help_texts = {"country": _("Two letters, for example GB")}

    def clean_country(self) -> str:
        country = str(self.cleaned_data["country"]).upper()
        if country not in COUNTRIES:
            raise forms.ValidationError(_("We don’t know this country; two letters, like GB."))
        return country


@require_http_methods(["GET", "HEAD", "POST"])
def new_account(request: SignedInRequest) -> HttpResponse:
    """Open an account for who has none; they become its owner."""
    form = NewAccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            account = form.save(commit=False)
            account.email = request.user.email
            account.save()
            Membership.objects.create(account=account, user=request.user, role=Role.OWNER)
        return redirect("home:home", account_ref=account.ref)
    invitations = _invitations(request.user)
    return render(request, "home/new_account.html", {"form": form, "invitations": invitations})


@login_not_required
@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Whether the portal can serve: it answers, and so does its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})
