"""The badge: its page for the partner, its pictures and its verification page for everyone.

Pictures may be kept for five minutes and not a second longer (`must-revalidate`), so that what is
revoked is gone from every page by then; the verification page is never kept at all.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from partners.access import AccountRequest, account_page, render_in_account
from partners.badge_states import BadgeState, badge_of
from partners.badges import SIZES, Badge, Theme, as_png, as_svg, embedded
from partners.models import Account
from partners.roles import Can
from portal.lib import clock

kept_for_minutes = cache_control(public=True, max_age=300, must_revalidate=True)


@require_safe
@account_page(Can.SEE)
def badge_page(request: AccountRequest) -> HttpResponse:
    """Every size and theme to download, and what embeds it; or why there is none."""
    return render_in_account(
        request,
        "partners/badge_page.html",
        {
            "active_tab": "programme",
            "badge": badge_of(request.account, on=clock.today()),
            "themes": list(Theme),
            "sizes": SIZES,
            "verify_url": _verify_url(request.account),
            "snippets": _snippets(request.account),
        },
    )


def _snippets(account: Account) -> list[tuple[str, str]]:
    """What embeds the badge on pages of either kind, and what to paste there."""
    image_urls = {
        theme: settings.SITE_URL + reverse("partners:badge_svg", args=[account.ref, theme.value])
        for theme in Theme
    }
    told: Any = {"verify_url": _verify_url(account), "image_urls": image_urls, "alt": _alt()}
    return [
        (_("For pages that follow their reader’s theme"), embedded(**told)),
        (_("For light pages"), embedded(**told, theme=Theme.LIGHT)),
        (_("For dark pages"), embedded(**told, theme=Theme.DARK)),
    ]


def _verify_url(account: Account) -> str:
    return f"{settings.SITE_URL}{reverse('partners:verify', args=[account.ref])}"


def _alt() -> str:
    """What the picture says. Not the rank: what embeds it stays, and the rank does not."""
    return _("%(programme)s badge") % {"programme": settings.PROGRAMME_NAME}


@login_not_required
@require_safe
@kept_for_minutes
def badge_svg(request: HttpRequest, account_ref: str, theme: str) -> HttpResponse:
    """The badge held today, or that it is revoked, as SVG. 404 when there is none."""
    badge = _badge(account_ref)
    return HttpResponse(as_svg(badge, _theme(theme)), content_type="image/svg+xml")


@login_not_required
@require_safe
@kept_for_minutes
def badge_png(request: HttpRequest, account_ref: str, theme: str, width: int) -> HttpResponse:
    """The same as PNG, in one of its sizes. 404 when there is none."""
    if width not in SIZES:
        raise Http404
    return HttpResponse(as_png(_badge(account_ref), _theme(theme), width), content_type="image/png")


@login_not_required
@require_safe
@never_cache
def verify(request: HttpRequest, account_ref: str) -> HttpResponse:
    """What is true today: held, expired or revoked, and since or until when."""
    account = get_object_or_404(Account, ref=account_ref, enrolment__isnull=False)
    return render(
        request,
        "partners/verify.html",
        {
            "holder": account.name,
            "badge": badge_of(account, on=clock.today()),
            "account_ref": account_ref,
        },
    )


def _theme(name: str) -> Theme:
    try:
        return Theme(name)
    except ValueError:
        raise Http404 from None


def _badge(account_ref: str) -> Badge:
    account = get_object_or_404(Account, ref=account_ref, enrolment__isnull=False)
    found = badge_of(account, on=clock.today())
    if found.state not in {BadgeState.HELD, BadgeState.REVOKED}:
        raise Http404
    where = settings.SITE_URL.partition("://")[2] + reverse("partners:verify", args=[account_ref])
    return Badge(
        rank=found.held.name,
        level=found.held.level,
        levels=found.held.levels,
        year=found.held.earned_in or clock.today().year,
        programme=settings.PROGRAMME_NAME,
        check_at=where,
        revoked_on=found.revoked_on,
    )
