"""What staff decide on, one deed for each decision: what waits for it, what is typed, who may."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Model
from django.urls import reverse

from billing.actions.refund_requests import ask_for_refund
from billing.models import InvoiceLine, ParkedAccount, Refund, RefundRequest, SimulatedCharge
from claims.models import AbuseReport, Claim, Verdict
from partners.actions.badges import revoke_badge
from partners.actions.marketplace.listings import remove_listing
from partners.actions.visits import begin_visit
from partners.models import (
    Account,
    AdjustmentRequest,
    Application,
    BadgeRevocation,
    LineQuestion,
    Listing,
    StaffVisit,
)
from partners.models.listings import RemovalReason
from partners.rules import ADJUSTED_ALONE_UP_TO, STANDARDS
from portal.models import User
from portal.staff.decisions import Decision
from portal.staff.site import admin_site
from portal.testing import builders as make
from portal.testing.builders import TODAY, noon

WHY = "They rang, and it is so."
Typed = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Deed:
    """A decision about the row that `waiting` makes; `typed` may depend on it.

    `is_own`: everybody does it for themselves, so two people at once both do.
    """

    of: str
    waiting: Callable[[User], Model]
    typed: Callable[[Any], Typed]
    why: str = WHY
    is_own: bool = False
    decision: Decision = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "decision", decisions()[self.of])

    def __str__(self) -> str:
        return self.of

    @property
    def page(self) -> str:
        return reverse(f"admin:{self.of.replace('.', '_')}")


def decisions() -> dict[str, Decision]:
    """Every decision the admin offers, as `app.model.name`."""
    return {
        f"{admin.opts.label_lower}.{decision.name}": decision
        for admin in admin_site._registry.values()
        for decision in getattr(admin, "decisions", ())
    }


def words(name: str, **more: Any) -> Callable[[Any], Typed]:
    """The reason, typed into the field of that name, and whatever else is asked."""
    return lambda _row: {name: WHY, **more}


# --- What waits ----------------------------------------------------------------------------------


def declined(_by: User) -> Claim:
    claim = make.claim_submitted()
    make.answered(claim=claim, verdict=Verdict.DECLINE)
    return claim


def with_our_team(_by: User) -> Claim:
    studio = make.enrolled()
    client = make.account(name="Alice’s other one", owner="Charlie", email=studio.email)
    return make.claim_submitted(account=studio, site=make.site(account=client))


def unreached(_by: User) -> Claim:
    return make.claim_unreached()


def duplicate(_by: User) -> Claim:
    claim = make.claim_submitted()
    make.claim_submitted(account=claim.account, site=make.site(account=claim.client))
    return claim


def the_one_that_stands(claim: Claim) -> Typed:
    standing = claim.account.claims.exclude(pk=claim.pk).get()
    return {"standing": standing.ref, "reason": WHY}


def abuse(_by: User) -> AbuseReport:
    claim = make.claim_submitted()
    make.abuse_reported(claim=claim)
    return AbuseReport.objects.get(claim=claim)


def partner(_by: User) -> Account:
    return make.enrolled()


def visited(by: User) -> StaffVisit:
    return begin_visit(make.enrolled(), reason=WHY, by=by, at=noon(TODAY))


def revoked(_by: User) -> BadgeRevocation:
    erin = make.person(name="Erin")
    return revoke_badge(make.enrolled(), reason="Sold on", by=erin, at=noon(TODAY))


def much_to_adjust(_by: User) -> AdjustmentRequest:
    return make.adjusted(account=make.enrolled(), points=ADJUSTED_ALONE_UP_TO + 1)


def applied(_by: User) -> Application:
    return make.applied()


def listed(_by: User) -> Listing:
    return make.listed()


def removed(_by: User) -> Listing:
    listing = make.listed()
    erin = make.person(name="Erin")
    remove_listing(listing, reason=RemovalReason.LAW, note="", by=erin, at=noon(TODAY))
    return listing


def questioned(_by: User) -> LineQuestion:
    return make.questioned(line=make.credited())


def paid_line(_by: User) -> InvoiceLine:
    make.subscription_bought(account=make.enrolled(), on=TODAY - timedelta(days=30))
    return InvoiceLine.objects.latest("pk")


def much_to_pay_back(by: User) -> RefundRequest:
    make.price(plan=make.plan(), amount=1200)
    line = paid_line(by)
    erin = make.person(name="Erin")
    return ask_for_refund(line, line.gross_amount, reason="Sorry", by=erin, at=noon(TODAY))


def refused_by_the_gateway(by: User) -> Refund:
    line = paid_line(by)
    charge = SimulatedCharge.objects.get(pk=line.invoice.attempts.get().idempotency_key)
    charge.refunds.create(idempotency_key="by hand", amount=charge.amount, refunded_at=noon(TODAY))
    return make.paid_back(line=line)


def parked(_by: User) -> ParkedAccount:
    return ParkedAccount.objects.create(
        account=make.studio(), parked_at=noon(TODAY), reason="NoPriceError: plan 4, EUR"
    )


ALL_MET: Typed = dict.fromkeys((standard.value for standard in STANDARDS), "on")
NEW_ADDRESS = {"address": "carol@home.example"}

DEEDS = (
    Deed(of="claims.claim.reinstatement", waiting=declined, typed=words("reason")),
    Deed(
        of="claims.claim.in_stead",
        waiting=with_our_team,
        typed=words("reason", verdict=Verdict.APPROVE),
    ),
    Deed(of="claims.claim.address", waiting=unreached, typed=words("reason", **NEW_ADDRESS)),
    Deed(of="claims.claim.merger", waiting=duplicate, typed=the_one_that_stands),
    Deed(of="claims.abusereport.finding", waiting=abuse, typed=words("note")),
    Deed(of="partners.account.visit", waiting=partner, typed=words("reason"), is_own=True),
    # To end one's own visit nobody is asked why.
    Deed(of="partners.staffvisit.ending", waiting=visited, typed=lambda _: {}, why="", is_own=True),
    Deed(of="partners.account.badge_revocation", waiting=partner, typed=words("reason")),
    Deed(of="partners.badgerevocation.lifting", waiting=revoked, typed=words("because")),
    Deed(of="partners.adjustmentrequest.approval", waiting=much_to_adjust, typed=words("why")),
    Deed(of="partners.adjustmentrequest.decline", waiting=much_to_adjust, typed=words("why")),
    # What was ticked is why.
    Deed(of="partners.application.approval", waiting=applied, typed=lambda _: ALL_MET, why=""),
    Deed(of="partners.application.declining", waiting=applied, typed=words("reason")),
    Deed(
        of="partners.listing.removal",
        waiting=listed,
        typed=words("note", reason=RemovalReason.LAW),
    ),
    Deed(of="partners.listing.again", waiting=removed, typed=words("why")),
    Deed(of="partners.linequestion.answer", waiting=questioned, typed=words("text")),
    Deed(
        of="billing.invoiceline.refund",
        waiting=paid_line,
        typed=words("reason", amount="5.00"),
    ),
    Deed(of="billing.refundrequest.approval", waiting=much_to_pay_back, typed=words("why")),
    Deed(of="billing.refundrequest.decline", waiting=much_to_pay_back, typed=words("why")),
    Deed(of="billing.refund.another_try", waiting=refused_by_the_gateway, typed=words("reason")),
    Deed(of="billing.refund.other_way", waiting=refused_by_the_gateway, typed=words("reason")),
    Deed(of="billing.parkedaccount.taking_up", waiting=parked, typed=words("why")),
)
