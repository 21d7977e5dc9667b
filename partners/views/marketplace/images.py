"""Logos, under an address that names their content."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from partners.logos import CONTENT_TYPE
from partners.models import Listing, LogoImage, Membership
from portal.staff.sessions import has_second_factor

YEAR = 365 * 24 * 3600


@login_not_required
@require_safe
def logo_image(request: HttpRequest, account_ref: str, digest: str) -> HttpResponse:
    """A logo: for everyone once its account is listed, before that for the account and staff."""
    logo = get_object_or_404(LogoImage, account__ref=account_ref, digest=digest)
    is_public = Listing.objects.in_force().filter(account=logo.account_id).exists()
    if not (is_public or _may_see_draft(request, logo)):
        raise Http404
    kept_by = "public" if is_public else "private"
    return HttpResponse(
        bytes(logo.content),
        content_type=CONTENT_TYPE,
        headers={
            "Cache-Control": f"{kept_by}, max-age={YEAR}, immutable",
            "Content-Security-Policy": "default-src 'none'",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _may_see_draft(request: HttpRequest, logo: LogoImage) -> bool:
    user = request.user
    if not user.is_authenticated:
        return False
    if user.has_perm("partners.view_logoimage") and has_second_factor(request):
        return True
    return Membership.objects.filter(account=logo.account_id, user=user).exists()
