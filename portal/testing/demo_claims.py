"""Claims of the demo in every state a claim can be in, each made by what makes it in life."""

from collections.abc import Callable
from datetime import date

from claims.actions.answer import Said, answer
from claims.actions.answer_in_stead import answer_in_stead
from claims.actions.merge import merge
from claims.actions.submit import submit, withdraw
from claims.models import Claim, DeclineReason, Verdict
from claims.tasks import follow_up_claims
from partners.actions.moves import move_sites
from partners.models import Account
from portal.lib import clock
from portal.mail.actions.hand_over import send_due
from portal.models import User
from portal.testing.cast import CAROL, CHARLIE, DANA, LANTERN
from portal.testing.demo_folder import CLAIMED_IN_STATES

# On which day before today each is submitted, and on which it gets its end.
SUBMITTED = {
    "lapsed": 34, "approved": 20, "declined": 20, "refused": 20, "withdrawn": 20,
    "moved": 20, "merged": 20, "reminded": 9, "with_staff": 2,
}  # fmt: skip
ENDED = {"approved": 18, "declined": 17, "withdrawn": 16, "refused": 15, "moved": 15, "merged": 14}


def live_claims(days: int, *, on: date) -> None:
    """What happens to claims on the day so many days before today: one claims, others answer."""
    with clock.frozen(on):
        _submit_all(days)
        for state, end in ENDS.items():
            if ENDED[state] == days:
                end(_claim(state))
        follow_up_claims()
        send_due(at=clock.now())


def _submit_all(days: int) -> None:
    lantern = Account.objects.get(platform_ref=LANTERN.ref)
    for state, submitted in SUBMITTED.items():
        if submitted == days:
            address = CLAIMED_IN_STATES[state]
            submit(lantern, address=address, by=_user(CHARLIE.email), at=clock.now())


def _claim(state: str) -> Claim:
    return Claim.objects.get(site__address=CLAIMED_IN_STATES[state])


def _user(email: str) -> User:
    return User.objects.get(email=email)


# --- How they end --------------------------------------------------------------------------------


def _approve(claim: Claim) -> None:
    answer(claim.request, Said(verdict=Verdict.APPROVE, name=CAROL.name), at=clock.now())


def _decline(claim: Claim) -> None:
    said = Said(verdict=Verdict.DECLINE, name=CAROL.name, reason=DeclineReason.WRONG_SITE)
    answer(claim.request, said, at=clock.now())


def _withdraw(claim: Claim) -> None:
    withdraw(claim, by=claim.submitted_by, at=clock.now())


def _refuse(claim: Claim) -> None:
    reason = "The site is your own shop, not a client’s."
    dana = _user(DANA.email)
    answer_in_stead(claim, verdict=Verdict.DECLINE, reason=reason, by=dana, at=clock.now())


def _merge(claim: Claim) -> None:
    reason = "It is the same site as Carol’s Cakes, under its second address."
    merge(claim, into=_claim("approved"), reason=reason, by=_user(DANA.email), at=clock.now())


def _move(claim: Claim) -> None:
    buyer = Account.objects.exclude(platform_ref__startswith="demo-").earliest("pk")
    move_sites({claim.site_id: buyer.pk}, on=clock.today())


ENDS: dict[str, Callable[[Claim], None]] = {
    "approved": _approve,
    "declined": _decline,
    "withdrawn": _withdraw,
    "refused": _refuse,
    "moved": _move,
    "merged": _merge,
}
