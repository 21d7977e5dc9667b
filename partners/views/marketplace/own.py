"""The partner's side: the way into the marketplace, the profile, the logo, the application."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from partners.access import AccountRequest, account_page, render_in_account
from partners.actions.marketplace.applications import apply_for_listing, withdraw_application
from partners.actions.marketplace.logos import put_logo, remove_logo
from partners.actions.marketplace.profiles import Written, write_profile
from partners.errors import LogoError, LogoTooLargeError, MarketplaceError
from partners.marketplace import STANDARDS_IN_WORDS, timeline, way_in
from partners.marketplace_forms import LogoForm, ProfileForm
from partners.models import Application, Listing, LogoImage, Profile, QuoteRequest
from partners.refusals import why_not
from partners.roles import Can
from partners.rules import LOGO_POLICY
from partners.standings import rank_held
from portal.lib import clock


def _to_marketplace(request: AccountRequest) -> HttpResponse:
    return redirect("partners:marketplace", account_ref=request.account.ref)


@require_safe
@account_page(Can.SEE)
def marketplace(request: AccountRequest) -> HttpResponse:
    """Where the account stands on its way, and the next step."""
    way = way_in(request.account, on=clock.today())
    return render_in_account(
        request,
        "partners/marketplace/own.html",
        {
            "active_tab": "marketplace",
            "way": way,
            "steps": timeline(way),
            "standards": STANDARDS_IN_WORDS.values(),
            "quotes": QuoteRequest.objects.received_by(request.account).count(),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@account_page(Can.MANAGE_LISTING)
def profile(request: AccountRequest) -> HttpResponse:
    """Write the profile."""
    known = Profile.objects.with_logo().filter(account=request.account).first()
    is_listed = Listing.objects.in_force().filter(account=request.account).exists()
    form = ProfileForm(
        request.POST or None,
        instance=known,
        initial=None if known else {"name": request.account.name},
        is_listed=is_listed,
    )
    if request.method == "POST" and form.is_valid():
        written = Written(**{name: form.cleaned_data[name] for name in form.Meta.fields})
        try:
            write_profile(request.account, written, by=request.user, at=clock.now())
        except MarketplaceError as refusal:  # listed a moment ago, and something is missing
            form.add_error(None, why_not(refusal))
        else:
            messages.success(request, _("Saved, and public at once.") if is_listed else _("Saved."))
            return redirect("partners:profile_preview", account_ref=request.account.ref)
    return render_in_account(
        request,
        "partners/marketplace/profile.html",
        {"active_tab": "marketplace", "form": form, "is_listed": is_listed},
    )


@require_safe
@account_page(Can.SEE)
def preview(request: AccountRequest) -> HttpResponse:
    """The profile as the public sees it, or will."""
    known = Profile.objects.with_logo().filter(account=request.account).first()
    return render_in_account(
        request,
        "partners/marketplace/preview.html",
        {
            "active_tab": "marketplace",
            "profile": known,
            "held": rank_held(request.account, on=clock.today()),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@account_page(Can.MANAGE_LISTING)
def logo(request: AccountRequest) -> HttpResponse:
    """Put up a logo."""
    form = LogoForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            file = form.cleaned_data["logo"]
            if file.size > LOGO_POLICY.bytes_at_most:  # before any of it is read
                raise LogoTooLargeError
            put_logo(request.account, file.read(), by=request.user, at=clock.now())
        except LogoError as refusal:
            form.add_error("logo", why_not(refusal))
        else:
            messages.success(request, _("This is your logo now."))
            return redirect("partners:logo", account_ref=request.account.ref)
    return render_in_account(
        request,
        "partners/marketplace/logo.html",
        {
            "active_tab": "marketplace",
            "form": form,
            "profile": Profile.objects.with_logo().filter(account=request.account).first(),
            "logo": LogoImage.objects.defer("content").filter(account=request.account).first(),
        },
    )


@require_POST
@account_page(Can.MANAGE_LISTING)
def logo_removal(request: AccountRequest) -> HttpResponse:
    """Take the logo down."""
    remove_logo(request.account, by=request.user, at=clock.now())
    messages.success(request, _("The logo is removed. Your initials take its place."))
    return redirect("partners:logo", account_ref=request.account.ref)


@require_POST
@account_page(Can.MANAGE_LISTING)
def application(request: AccountRequest) -> HttpResponse:
    """Apply to be listed."""
    try:
        apply_for_listing(request.account, by=request.user, at=clock.now())
    except MarketplaceError as refusal:
        messages.error(request, why_not(refusal))
    else:
        messages.success(request, _("Thank you. We look at your profile, and write to you."))
    return _to_marketplace(request)


@require_POST
@account_page(Can.MANAGE_LISTING)
def withdrawal(request: AccountRequest, ref: str) -> HttpResponse:
    """Take the application back."""
    found = get_object_or_404(Application, account=request.account, ref=ref)
    try:
        withdraw_application(found, by=request.user, at=clock.now())
    except MarketplaceError as refusal:
        messages.error(request, why_not(refusal))
    else:
        messages.success(request, _("Withdrawn. You can apply again whenever you like."))
    return _to_marketplace(request)
