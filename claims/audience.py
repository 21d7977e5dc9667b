"""Who is told what became of a claim: whoever submitted it, while they sit in the account."""

from collections.abc import Sequence

from claims.models import Claim
from partners.audience import audience
from partners.models import Membership


def submitters(claims: Sequence[Claim]) -> dict[int, Membership]:
    """The seat to tell, by the id of the claim; one query. Missing: left, or wants no such mail."""
    accounts, people = ({claim.account_id for claim in claims}, {c.submitted_by_id for c in claims})
    seats = audience("claims", accounts).filter(user__in=people)
    by_person = {(seat.account_id, seat.user_id): seat for seat in seats}
    told = {claim.pk: by_person.get((claim.account_id, claim.submitted_by_id)) for claim in claims}
    return {claim: seat for claim, seat in told.items() if seat}
