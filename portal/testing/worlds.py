"""Whole accounts to look at: one with nothing in it, and one with so many of everything."""

from dataclasses import dataclass
from datetime import date, timedelta

from billing.models import CouponBatch, CreditNote, Invoice, PaymentMethod, Subscription
from billing.rules import Kind
from claims.actions.submit import submit_all
from claims.models import Claim, Submission, Verdict
from claims.pasted import Line
from partners.actions.invitations import invite
from partners.actions.marketplace.logos import put_logo
from partners.actions.points import attribute
from partners.models import (
    Account,
    Application,
    Invitation,
    LogoImage,
    Membership,
    PendingMembership,
    PointsEntry,
    Site,
)
from partners.roles import Role
from portal.lib import clock
from portal.mail.actions.hand_over import send_due
from portal.models import User
from portal.testing import builders
from portal.testing.builders import TODAY, noon
from portal.testing.pictures import picture

EARNED_ON = TODAY - timedelta(days=20)  # its points have landed by today
RENEWS_SOON = date(2025, 7, 10)  # bought then, charged again in the coming weeks


@dataclass(frozen=True)
class World:
    """An account, the people at its doors, and one of each thing that has an address."""

    account: Account
    people: dict[str, User]
    claim: Claim
    submission: Submission
    invoice: Invoice
    credit_note: CreditNote
    subscription: Subscription
    card: PaymentMethod
    batch: CouponBatch
    site: Site
    invitation: Invitation
    line: PointsEntry
    seat: Membership
    application: Application
    logo: LogoImage

    def arguments(self, names: frozenset[str], route: str = "") -> dict[str, object]:
        """What an address of this account takes."""
        refs = {
            "submissions/": self.submission.ref,
            "invoices/": self.invoice.ref,
            "credit-notes/": self.credit_note.ref,
            "invitations/": self.invitation.ref,
            "applications/": self.application.ref,
            "subscriptions/": self.subscription.ref,
            "cards/": self.card.ref,
            "coupons/": self.batch.ref,
        }
        ref = next((ref for part, ref in refs.items() if part in route), self.claim.ref)
        told: dict[str, object] = {
            # What can be bought: for a site, or for the account itself.
            "kind": Kind.SITE_PLAN if "sites/" in route else Kind.STUDIO_PLAN,
            "product": "site-plan" if "sites/" in route else "studio-plan",
            "cycle": "yearly",
            "account_ref": self.account.ref,
            "site_ref": self.site.ref,
            "ref": ref,
            "seat": self.seat.pk,
            "line": self.line.pk,
            "theme": "light",
            "width": 280,
            "digest": self.logo.digest,
            "token": "no-such-token",
            "gateway": "stripe",
            "provider": "postmark",
        }
        return {name: told[name] for name in names}


def empty_account(*, owner: str = "Alice") -> Account:
    """An account as it is when it was just opened, in a programme that is open."""
    builders.programme()
    return builders.account(name=f"{owner}’s studio", owner=owner)


def full_account(*, owner: str = "Alice", rows: int = 2) -> World:
    """An account with that many of everything its pages list, today being `TODAY`."""
    account = builders.enrolled(account=empty_account(owner=owner))
    people = {"owner": builders.person(name=owner)}
    for role in (Role.ADMIN, Role.MEMBER, Role.BILLING):
        people[role.value] = _seat(account, f"{owner}-{role.value}", role)
    _put_on_sale(Kind.STUDIO_PLAN)
    claims = [_one_more(account, owner=owner, n=n) for n in range(rows)]
    attribute(on=TODAY)
    _question_every_line(account)
    application = _list_in_the_marketplace(account, quotes=rows)
    invoice = account.invoices.latest("pk")
    for _n in range(rows):
        note = builders.paid_back(line=invoice.lines.get(), amount="0.50").credit_note
    with clock.frozen(TODAY):
        send_due(at=noon(TODAY))
    return World(
        account=account,
        people=people,
        claim=claims[-1],
        submission=_many_lines(account, owner=owner, rows=rows),
        invoice=invoice,
        credit_note=note,
        subscription=account.subscriptions.filter(state="active").latest("pk"),
        card=account.payment_methods.get(is_default=True),
        batch=account.coupon_batches.latest("pk"),
        site=account.sites.filter(address__startswith="site-without-plan").latest("pk"),
        invitation=account.invitations.latest("pk"),
        line=account.entries.latest("pk"),
        seat=account.memberships.filter(role=Role.MEMBER).latest("pk"),
        application=application,
        logo=account.logo,
    )


def _many_lines(account: Account, *, owner: str, rows: int) -> Submission:
    """A submission of so many lines that came to nothing, and one that had been claimed."""
    claimed = account.claims.latest("pk").site.address
    lines = [Line(claimed), *(Line(f"nowhere-{n}.example") for n in range(rows))]
    return submit_all(account, lines, by=builders.person(name=owner), at=noon(TODAY))


def _question_every_line(account: Account) -> None:
    """One question a day; the last line has as many as there are lines, all but one answered."""
    lines = list(account.entries.order_by("pk"))
    for days, line in enumerate([*lines, *lines[-1:] * len(lines)]):
        for question in line.questions.open():
            builders.replied(question=question, on=TODAY)
        builders.questioned(line=line, on=TODAY - timedelta(days=days))


def _list_in_the_marketplace(account: Account, *, quotes: int) -> Application:
    """Listed, with a logo and requests; the rank is last year's, and this year's points stay."""
    owner = account.memberships.get(role=Role.OWNER).user
    builders.rank_reached(account=account, year=TODAY.year - 1)
    application = builders.applied(account=account)
    builders.listed_by(application=application)
    put_logo(account, picture(), by=owner, at=noon(TODAY))
    for n in range(quotes):
        builders.quote_requested(account=account, email=f"asks-{n}@people.example")
    return application


def _put_on_sale(kind: Kind) -> None:
    plan = builders.plan(kind=kind)
    if not plan.prices.exists():
        builders.price(plan=plan)


def _seat(account: Account, name: str, role: Role) -> User:
    return builders.member(account=account, name=name, role=role).user


def _one_more(account: Account, *, owner: str, n: int) -> Claim:
    """One more of everything; the last claim waits for its client, the first was answered."""
    _seat(account, f"{owner}-{n}", Role.MEMBER)
    PendingMembership.objects.create(
        account=account, email=f"later-{n}@{owner}.example".lower(), role=Role.MEMBER
    )
    invite(
        account,
        email=f"invited-{n}@{owner}.example".lower(),
        role=Role.MEMBER,
        by=builders.person(name=owner),
        at=noon(TODAY),
    )
    builders.site(account=account, address=f"site-without-plan-{n}.{owner}.example".lower())
    batch = builders.coupons_bought(account=account, on=RENEWS_SOON)
    builders.coupon_used(batch=batch, name=owner, on=RENEWS_SOON)
    builders.subscription_bought(account=account, on=EARNED_ON)
    builders.subscription_bought(account=account, on=RENEWS_SOON)
    builders.card(account=account, is_default=False)
    claim = builders.claim_submitted(account=account)
    if n == 0:
        builders.answered(claim=claim, verdict=Verdict.DECLINE)
        claim = builders.claim_submitted(account=account)
    return claim
