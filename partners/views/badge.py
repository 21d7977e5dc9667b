"""The badge: its page for the partner, its pictures and its verification page for everyone."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from partners.access import AccountRequest, account_page, render_in_account
from partners.badges import SIZES, Badge, Theme, as_png, as_svg
from partners.models import Account
from partners.roles import Can
from partners.rules import BADGE_FROM_LEVEL
from partners.standings import RankHeld, rank_held
from portal.lib import clock


@require_safe
@account_page(Can.SEE)
def badge_page(request: AccountRequest) -> HttpResponse:
    """Every size and theme to download, and the snippet that embeds it."""
    held = rank_held(request.account, on=clock.today())
    return render_in_account(
        request,
        "partners/badge_page.html",
        {
            "active_tab": "programme",
            "held": held,
            "has_badge": held.level >= BADGE_FROM_LEVEL,
            "themes": list(Theme),
            "sizes": SIZES,
            "verify_url": settings.SITE_URL
            + reverse("partners:verify", args=[request.account.ref]),
            "image_url": settings.SITE_URL
            + reverse("partners:badge_svg", args=[request.account.ref, Theme.LIGHT.value]),
        },
    )


@login_not_required
@require_safe
@cache_control(public=True, max_age=300)
def badge_svg(request: HttpRequest, account_ref: str, theme: str) -> HttpResponse:
    """The badge held today, as SVG. 404 when there is none."""
    badge = _badge(account_ref)
    return HttpResponse(as_svg(badge, _theme(theme)), content_type="image/svg+xml")


@login_not_required
@require_safe
@cache_control(public=True, max_age=300)
def badge_png(request: HttpRequest, account_ref: str, theme: str, width: int) -> HttpResponse:
    """The badge held today, as PNG in one of its sizes. 404 when there is none."""
    if width not in SIZES:
        raise Http404
    return HttpResponse(as_png(_badge(account_ref), _theme(theme), width), content_type="image/png")


@login_not_required
@require_safe
def verify(request: HttpRequest, account_ref: str) -> HttpResponse:
    """What is true today: which rank the account holds, since and until when."""
    account = get_object_or_404(Account, ref=account_ref, enrolment__isnull=False)
    today = clock.today()
    held = rank_held(account, on=today)
    return render(
        request,
        "partners/verify.html",
        {
            "holder": account.name,
            "held": held,
            "has_badge": held.level >= BADGE_FROM_LEVEL,
            "image_url": reverse("partners:badge_svg", args=[account_ref, Theme.LIGHT.value]),
        },
    )


def _theme(name: str) -> Theme:
    try:
        return Theme(name)
    except ValueError:
        raise Http404 from None


def _badge(account_ref: str) -> Badge:
    account = get_object_or_404(Account, ref=account_ref, enrolment__isnull=False)
    held: RankHeld = rank_held(account, on=clock.today())
    if held.level < BADGE_FROM_LEVEL or held.earned_in is None:
        raise Http404
    where = settings.SITE_URL.partition("://")[2] + reverse("partners:verify", args=[account_ref])
    return Badge(
        rank=held.name,
        level=held.level,
        levels=held.levels,
        year=held.earned_in,
        programme=settings.PROGRAMME_NAME,
        check_at=where,
    )
