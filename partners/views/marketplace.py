"""The marketplace, as far as an account can see its own way into it."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from partners.access import AccountRequest, account_page, render_in_account
from partners.models import Rank
from partners.roles import Can
from partners.rules import MARKETPLACE_FROM_LEVEL
from partners.standings import standing_now
from portal.lib import clock


@require_safe
@account_page(Can.SEE)
def marketplace(request: AccountRequest) -> HttpResponse:
    """Whether the account is eligible to be listed, and what is still missing."""
    today = clock.today()
    standing = standing_now(request.account, on=today)
    needed = Rank.objects.filter(programme_year=today.year, level=MARKETPLACE_FROM_LEVEL).first()
    threshold = needed.threshold_points if needed else 0
    return render_in_account(
        request,
        "partners/marketplace.html",
        {
            "active_tab": "marketplace",
            "standing": standing,
            "needed": needed,
            "is_eligible": standing.held.level >= MARKETPLACE_FROM_LEVEL,
            "missing": max(0, threshold - standing.points),
        },
    )
