"""Claims on the page of the account that made them."""

from collections import Counter

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from claims.models import Claim, ClaimState
from partners.admin.account_parts import account_parts, by_ref
from partners.models import Account
from portal.staff.bounds import COUNTED
from portal.staff.parts import Part


def _claims(account: Account) -> QuerySet[Claim]:
    made = Claim.objects.filter(account=account)
    return made.select_related("site").order_by("-submitted_at", "-pk")


def _by_state(account: Account) -> str:
    states = Counter(_claims(account).values_list("state", flat=True)[:COUNTED])
    return " · ".join(f"{ClaimState(state).label}: {n}" for state, n in sorted(states.items()))


account_parts.append(
    Part(
        title=_("Claims it made"),
        label="claims.claim",
        rows=_claims,
        query=by_ref,
        words=lambda claim: claim.site.address,
        detail=lambda claim: claim.get_state_display(),
        summary=_by_state,
    )
)
