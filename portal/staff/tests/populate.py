"""A little of everything staff look at, made by the actions that make it in life."""

import time
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.test import Client

from billing.actions.bulk import buy_coupons
from billing.actions.cards import add_card
from billing.actions.disputes import note_dispute
from billing.actions.purchase import buy
from billing.actions.redeem import redeem
from billing.actions.refund_requests import ask_for_refund
from billing.gateways import DisputeTold
from billing.models import (
    GatewayEvent,
    Invoice,
    NonprofitVerification,
    ParkedAccount,
    PaymentAttempt,
    Plan,
    Price,
    PriceNotice,
    Product,
    Sale,
    SaleOffer,
    TaxRate,
    VolumePrice,
)
from billing.models.disputes import DisputeState
from claims.actions.answer import Said, answer
from claims.actions.submit import submit
from claims.models import Claim, DeclineReason, Verdict
from partners.actions.adjustments import Asked, ask_for_adjustment
from partners.actions.approvals import approve_contributor
from partners.actions.badges import revoke_badge
from partners.actions.enrolment import join
from partners.actions.marketplace.logos import put_logo
from partners.actions.notifications import choose
from partners.actions.points import attribute
from partners.actions.questions import ask
from partners.actions.visits import begin_visit
from partners.actions.years import prepare_year
from partners.models import (
    Account,
    Choice,
    Contributor,
    Membership,
    PointsEntry,
    Programme,
    ProgrammeTerms,
    Site,
)
from partners.roles import Role
from partners.rules import ADJUSTED_ALONE_UP_TO, AdjustmentReason
from portal.lib import clock
from portal.mail.actions.note_event import MailEventTold, note_event
from portal.mail.models import MailEventKind, MailState, Message
from portal.models import User
from portal.testing import builders
from portal.testing.pictures import picture

TODAY = date(2026, 6, 15)


def second_factor(user: User) -> None:
    Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": "not read here"}
    )


def staff(role: str = "administrator", *, name: str = "Dana", **fields: Any) -> User:
    """Someone of that role, with a second factor."""
    email = f"{name.lower()}{User.objects.count()}@platform.example"
    user = User.objects.create_user(email, name=name, is_staff=True, **fields)
    user.groups.set(Group.objects.filter(name=role))
    second_factor(user)
    return user


def browser(user: User, *, confirmed: bool = True) -> Client:
    """A browser in which that person is signed in, and has just shown again who they are."""
    client = Client()
    client.force_login(user)
    if confirmed:
        shown = {"method": "mfa", "at": time.time(), "reauthenticated": True}  # noqa: TID251 (allauth's clock)
        session = client.session
        session[AUTHENTICATION_METHODS_SESSION_KEY] = [shown]
        session[f"{AUTHENTICATION_METHODS_SESSION_KEY}_user"] = str(user.pk)
        session.save()
    return client


@dataclass
class Made:
    """One agency, its client, the client's site and the claim the client declined."""

    alice: User
    agency: Account
    client: Account
    site: Site
    claim: Claim


def programme() -> None:
    """An open programme in its year, and one plan for sale."""
    prepare_year(TODAY.year)
    Programme.objects.get_or_create(id=1, defaults={"opens_on": date(2026, 1, 1)})
    ProgrammeTerms.objects.get_or_create(
        version="2026", defaults={"in_force_from": date(2026, 1, 1), "text": "Be kind."}
    )
    plan_of("site-plus", name="Site Plus")


def plan_of(code: str, *, name: str = "", kind: str = "site_plan", cycle: str = "yearly") -> Plan:
    product, _ = Product.objects.get_or_create(
        code=code, defaults={"name": name or code.title(), "kind": kind}
    )
    plan, is_new = Plan.objects.get_or_create(product=product, cycle=cycle)
    if is_new:
        Price.objects.create(
            plan=plan,
            currency="USD",
            amount=Decimal("144.00"),
            new_from=date(2026, 1, 1),
            existing_from=date(2026, 1, 1),
        )
    return plan


def account(name: str, email: str) -> Account:
    return Account.objects.create(name=name, email=email, country="US", currency="USD")


def declined(number: int = 1, *, name: str = "Agency") -> Made:
    """A claim asked for yesterday and declined four seconds after the mail was sent."""
    alice = User.objects.create_user(f"alice{number}@agency.example", name=f"Alice {number}")
    agency = account(f"{name} {number}", f"office{number}@agency.example")
    Membership.objects.create(account=agency, user=alice, role=Role.OWNER)
    client = account(f"Client {number}", f"client{number}@example.org")
    site = Site.objects.create(account=client, address=f"shop{number}.example.org")
    Contributor.objects.create(account=agency, site=site, from_on=date(2026, 1, 1))
    asked_at = clock.start_of(TODAY) + timedelta(hours=9)
    with clock.frozen(asked_at):
        join(agency, by=alice, at=asked_at)
        claim = submit(agency, address=site.address, by=alice, at=asked_at)
        sent(claim.request.mail)
        said = Said(verdict=Verdict.DECLINE, name="Carol", reason=DeclineReason.UNKNOWN_PARTNER)
        answer(claim.request, said, at=asked_at + timedelta(seconds=4))
    claim.refresh_from_db()
    return Made(alice, agency, client, site, claim)


def sent(message: Message, *, html: str = "<p>Did they work on your site?</p>") -> None:
    """As if the mail server had taken it."""
    message.subject, message.text, message.html = "Please confirm", "Did they?", html
    message.state, message.sent_at = MailState.SENT, clock.now()
    message.save()


def upgrade(site: Site, *, by: User, on: date) -> None:
    """The first premium plan there is, bought for the site."""
    plan = Plan.objects.earliest("pk")
    buy(site.account, plan, subject=site, currency=site.account.currency, by=by, on=on)


def everything(numbers: range) -> None:
    """Rows for every list of the admin, each with people and accounts of its own."""
    with clock.frozen(TODAY):
        for number in numbers:
            _one_of_each(number, declined(number))
        attribute(on=TODAY)


def _one_of_each(number: int, made: Made) -> None:
    add_card(made.client, method_ref=f"sim_ok:{number}", by=made.alice, on=clock.today())
    upgrade(made.site, by=made.alice, on=TODAY - timedelta(days=60))
    waiting = Site.objects.create(account=made.client, address=f"new{number}.example.org")
    upgrade(waiting, by=made.alice, on=TODAY)
    approve_contributor(account=made.agency, site=waiting, from_year=TODAY.year, on=TODAY)
    own = Site.objects.create(account=made.agency, address=f"own{number}.example.org")
    add_card(made.agency, method_ref=f"sim_ok:own{number}", by=made.alice, on=clock.today())
    upgrade(own, by=made.alice, on=TODAY - timedelta(days=60))
    invoice = Invoice.objects.filter(account=made.agency).earliest("pk")
    line = invoice.lines.earliest("pk")
    builders.paid_back(line=line, amount=1, on=TODAY)
    ask_for_refund(line, Decimal(2), reason="A mistake", by=made.alice, at=clock.now())
    _dispute(invoice.attempts.get(), number)
    _buy_in_bulk(made, number)
    _adjust(made, number)
    _question(made)
    _revoke_badge(made)
    builders.abuse_reported(claim=made.claim)
    _look_on(made)
    _list_in_the_marketplace(made)
    plan = plan_of(f"plan-{number}")
    sale = Sale.objects.create(code=f"sale-{number}", name=f"Sale {number}")
    SaleOffer.objects.create(sale=sale, plan=plan, starts_on=TODAY, ends_on=TODAY, percent_off=10)
    TaxRate.objects.create(
        country="GB", name="VAT", percent=20, from_on=TODAY + timedelta(days=number)
    )
    NonprofitVerification.objects.create(
        account=made.client, verified_on=TODAY, verified_by=made.alice
    )
    PriceNotice.objects.create(
        subscription=own.subscriptions.get(),
        starts_on=TODAY,
        charge_on=TODAY,
        amount_before=1,
        amount_after=2,
        currency="USD",
        was_sale=True,
        announced_on=TODAY,
    )
    choose(made.alice, made.agency, {"rank": Choice.OFF}, at=clock.now())
    ParkedAccount.objects.create(account=made.client, parked_at=clock.now(), reason="No price")
    GatewayEvent.objects.create(
        gateway="stripe", event_ref=f"evt_{number}", kind="charge.refunded", payload={"id": number}
    )
    ProgrammeTerms.objects.create(version=f"v{number}", in_force_from=_day(number), text="…")
    prepare_year(2100 + number)
    came_back(made.claim.request.mail)


def came_back(message: Message) -> None:
    """As if its provider had told that nobody reads at that address."""
    told = MailEventTold(
        provider="postmark",
        kind=MailEventKind.BOUNCED,
        mail_ref=message.ref,
        description="no such user",
    )
    note_event(told, received_at=clock.now())


def _adjust(made: Made, number: int) -> None:
    """Points that wait for a second person, since they are many."""
    asked = Asked(
        ref=f"adjust{number}",
        year=TODAY.year,
        points=ADJUSTED_ALONE_UP_TO + 1,
        reason=AdjustmentReason.GOODWILL,
        note="Thank you",
    )
    ask_for_adjustment(made.agency, asked, by=staff(name=f"Erin{number}"), at=clock.now())


def _look_on(made: Made) -> None:
    begin_visit(made.agency, reason="They asked us to", by=made.alice, at=clock.now())


def _revoke_badge(made: Made) -> None:
    revoke_badge(made.agency, reason="Shown elsewhere", by=made.alice, at=clock.now())


def _question(made: Made) -> None:
    """A line of this year that somebody wants explained."""
    line = PointsEntry.objects.create(
        account=made.agency,
        programme_year_id=TODAY.year,
        kind="adjustment",
        points=10,
        credited_on=TODAY,
        note="Brought over",
        entered_by=made.alice,
    )
    ask(line, text="Where does this come from?", by=made.alice, at=clock.now())


def _dispute(paid: PaymentAttempt, number: int) -> None:
    told = DisputeTold(
        provider_ref=f"dp_{number}",
        charge_ref=paid.provider_ref,
        amount=Decimal(1),
        currency=paid.currency,
        reason="fraudulent",
        opened_at=clock.now(),
        state=DisputeState.OPEN,
    )
    note_dispute(told, gateway="simulated", on=TODAY, at=clock.now())


def _buy_in_bulk(made: Made, number: int) -> None:
    """Two coupons for the agency, one of them used."""
    plan = Plan.objects.earliest("pk")
    VolumePrice.objects.create(
        plan=plan, currency="USD", min_quantity=10, amount=Decimal(120), from_on=_day(number)
    )
    batch = buy_coupons(
        made.agency,
        plan,
        2,
        shown_amount=Decimal("288.00"),
        order_ref=f"order{number}",
        by=made.alice,
        on=TODAY,
    )
    site = Site.objects.create(account=made.agency, address=f"coupon{number}.example.org")
    redeem(batch.coupons.earliest("pk").code, site, by=made.alice, at=clock.now())


def _list_in_the_marketplace(made: Made) -> None:
    """The agency listed, with a logo and a request; and another that waits for its decision."""
    listing = builders.listed(account=made.agency, on=TODAY)
    put_logo(made.agency, picture(), by=made.alice, at=clock.now())
    builders.quote_requested(account=listing.account, email=f"asks-{made.agency.email}", on=TODAY)
    waiting = account(f"Waiting {made.agency.name}", made.agency.email)
    Membership.objects.create(account=waiting, user=made.alice, role=Role.OWNER)
    builders.applied(account=waiting, on=TODAY)


def _day(number: int) -> date:
    return date(2030, 1, 1) + timedelta(days=number)
