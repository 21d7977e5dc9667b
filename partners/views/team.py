"""Who sits in the account."""

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from partners.access import AccountRequest, account_page, render_in_account
from partners.roles import ROLES_THAT_CAN, Can, Role
from portal.lib.pages import page_of


@require_safe
@account_page(Can.SEE)
def team(request: AccountRequest) -> HttpResponse:
    """The team, the seats still waiting for their person, and what each role may do."""
    members = request.account.memberships.select_related("user").order_by("since_at", "id")
    return render_in_account(
        request,
        "partners/team.html",
        {
            "active_tab": "team",
            "members": page_of(request, members),
            "pending": request.account.pending_memberships.order_by("email"),
            "roles": [
                (role, [permission for permission in Can if role in ROLES_THAT_CAN[permission]])
                for role in Role
            ],
        },
    )
