"""Rows for tests: builders whose defaults are the cast, so that a test names only what matters.

Alice owns a studio in the programme, Bob sits on its team, Carol is the client whose site they work
on, Charlie belongs to another account, Dana and Erin are staff (support, finance). What a builder
needs and is not given, it makes. Dates are told, never read: `on` is the day a thing happens.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pgtrigger
from django.db import transaction

from billing.actions import charge
from billing.actions.bulk import buy_coupons
from billing.actions.credit import left_to_credit
from billing.actions.draw_up import Item, draw_up
from billing.actions.redeem import redeem
from billing.actions.refund import refund
from billing.coupon_queries import BulkPrices
from billing.models import (
    CouponBatch,
    InvoiceLine,
    NonprofitVerification,
    PaymentMethod,
    Plan,
    Price,
    Product,
    Refund,
    Subscription,
    TaxRate,
    VolumePrice,
)
from billing.models.catalogue import Sale, SaleOffer
from billing.pricing import Agreement, PriceBook
from billing.rules import SOLD_FOR, Cycle, Kind, Subject
from billing.subjects import BoughtFor, to_begin
from claims.actions.abuse import report_abuse
from claims.actions.answer import Said, answer
from claims.actions.correct_address import Corrected, correct_address
from claims.actions.submit import submit
from claims.models import AddressCorrection, Answer, Claim, DeclineReason, Verdict
from partners.actions import enrolment, years
from partners.actions.adjustments import Asked, ask_for_adjustment
from partners.actions.approvals import approve_contributor
from partners.actions.marketplace.applications import apply_for_listing
from partners.actions.marketplace.decisions import approve
from partners.actions.marketplace.profiles import Written, write_profile
from partners.actions.marketplace.quotes import Asked as AskedForQuote
from partners.actions.marketplace.quotes import request_quote
from partners.actions.moves import move_sites
from partners.actions.points import EventTold, attribute, record_events, void_event
from partners.actions.questions import answer as reply
from partners.actions.questions import ask
from partners.models import (
    Account,
    AdjustmentRequest,
    Application,
    Contributor,
    ContributorApproval,
    Enrolment,
    LineAnswer,
    LineQuestion,
    Listing,
    Membership,
    PointsEntry,
    Profile,
    Programme,
    ProgrammeTerms,
    QualifyingEvent,
    QuoteRequest,
    Site,
    Standing,
)
from partners.models.offers import Language, Region, Service
from partners.models.points import VoidReason
from partners.roles import Role
from partners.rules import (
    MARKETPLACE_FROM_LEVEL,
    STANDARDS,
    YEAR_DEFAULTS,
    AdjustmentReason,
    EventKind,
)
from partners.standings import rank_held
from portal.lib import clock
from portal.lib.refs import new_ref
from portal.mail.actions.note_event import MailEventTold, note_event
from portal.mail.models import MailEventKind, MailState, Message
from portal.models import User

TODAY = date(2026, 6, 15)  # a Monday, far from every year's end
LONG_AGO = date(2020, 1, 1)

ADDRESSES = {
    "Alice": "alice@studio.example",
    "Bob": "bob@studio.example",
    "Carol": "carol@bakery.example",
    "Charlie": "charlie@elsewhere.example",
    "Dana": "dana@platform.example",
    "Erin": "erin@platform.example",
}
STAFF = {"Dana", "Erin"}
AMOUNTS = {
    Cycle.MONTHLY: Decimal(10),
    Cycle.YEARLY: Decimal(100),
    Cycle.TWO_YEAR: Decimal(180),
    Cycle.THREE_YEAR: Decimal(250),
}

_numbers = count(1)


def noon(day: date) -> datetime:
    """An instant of that business day, far from its edges."""
    return clock.start_of(day) + timedelta(hours=12)


# --- People and accounts -------------------------------------------------------------------------


def person(*, name: str = "Alice") -> User:
    """One of the cast (always the same row), or anybody else by name."""
    email = ADDRESSES.get(name, f"{name.lower()}@people.example")
    found = User.objects.filter(email=email).first()
    return found or User.objects.create_user(email, name=name, is_staff=name in STAFF)


def account(
    *,
    name: str = "Studio",
    owner: str = "Alice",
    email: str = "",
    country: str = "GB",
    currency: str = "USD",
) -> Account:
    """An account and its owner, whose address is the one on record."""
    user = person(name=owner)
    made = Account.objects.create(
        name=name, email=email or user.email, country=country, currency=currency
    )
    member(account=made, name=owner, role=Role.OWNER)
    return made


def studio() -> Account:
    """Alice's account: an agency."""
    return account()


def bakery() -> Account:
    """Carol's account: a client, whose sites others work on and claim."""
    return account(name="Bakery", owner="Carol")


def member(*, account: Account, name: str = "Bob", role: Role = Role.MEMBER) -> Membership:
    return Membership.objects.create(account=account, user=person(name=name), role=role)


# --- Sites ---------------------------------------------------------------------------------------


def site(*, account: Account | None = None, address: str = "") -> Site:
    return Site.objects.create(
        account=account or studio(), address=address or f"site-{next(_numbers)}.example"
    )


def moved(*, site: Site, to: Account, on: date = TODAY) -> Site:
    """The site, in another account from that day on."""
    move_sites({site.pk: to.pk}, on=on)
    site.refresh_from_db()
    return site


def clients_site() -> Site:
    return site(account=bakery())


def contributor(
    *, account: Account, site: Site, from_on: date = LONG_AGO, to_on: date | None = None
) -> Contributor:
    return Contributor.objects.create(account=account, site=site, from_on=from_on, to_on=to_on)


def approved(
    *, account: Account, site: Site, on: date = TODAY, from_year: int | None = None
) -> ContributorApproval:
    """The client's word, given on a day, that the account worked on the site."""
    approve_contributor(account=account, site=site, from_year=from_year or on.year, on=on)
    return ContributorApproval.objects.get(account=account, site=site, ended_on=None)


# --- The programme -------------------------------------------------------------------------------


def programme(
    *, opens_on: date = date(2025, 1, 1), years_like_the_defaults: Sequence[int] = range(2025, 2029)
) -> Programme:
    """The programme with its terms and years; made once."""
    for year in years_like_the_defaults:
        years.prepare_year(year)
    ProgrammeTerms.objects.get_or_create(
        version="1", defaults={"in_force_from": LONG_AGO, "text": "Be fair."}
    )
    return Programme.objects.get_or_create(id=1, defaults={"opens_on": opens_on})[0]


def enrolled(*, account: Account | None = None, on: date = date(2026, 1, 2)) -> Account:
    """An account that joined on that day; also makes the programme it joins."""
    joining = account or studio()
    programme()
    if not Enrolment.objects.filter(account=joining).exists():
        enrolment.join(joining, by=joining.memberships.first().user, at=noon(on))  # type: ignore[union-attr]
    return joining


def event(
    *,
    site: Site,
    on: date = TODAY,
    kind: EventKind = EventKind.RENEWED,
    paid_on: date | None = None,
    product_code: str = "premium",
    source: str = "",
) -> QualifyingEvent:
    """A qualifying event told to the programme on the day it was paid."""
    told = EventTold(
        source=source or f"test:{next(_numbers)}",
        site_id=site.pk,
        kind=kind,
        occurs_on=on,
        paid_on=paid_on or on,
        product_code=product_code,
    )
    record_events([told], on=told.paid_on)
    return QualifyingEvent.objects.get(source=told.source)


def credited(*, site: Site | None = None, on: date = TODAY) -> PointsEntry:
    """The owner's points for an event on that day, landed after the waiting period."""
    earned = event(site=site or _site_of(studio()), on=on)
    owner = enrolled(account=earned.site.account)
    attribute(on=on + timedelta(days=YEAR_DEFAULTS.waiting_days))
    return PointsEntry.objects.get(event=earned, account=owner)


def refunded(
    *, entry: PointsEntry, on: date = TODAY, reason: VoidReason = VoidReason.REFUND
) -> None:
    """The money behind a credit went back."""
    assert entry.event
    void_event(entry.event, reason=reason, on=on)


def adjusted(
    *,
    account: Account,
    points: int = 100,
    year: int = TODAY.year,
    by: str = "Dana",
    on: date = TODAY,
    ref: str = "",
) -> AdjustmentRequest:
    """What somebody of staff asks to have adjusted; by much, it waits for a second person."""
    asked = Asked(
        ref=ref or new_ref(),
        year=year,
        points=points,
        reason=AdjustmentReason.MISTAKE,
        note="A renewal was not recorded.",
    )
    with clock.frozen(on):
        return ask_for_adjustment(account, asked, by=person(name=by), at=noon(on))


def questioned(*, line: PointsEntry, name: str = "", on: date = TODAY) -> LineQuestion:
    """What the owner, or somebody else by name, asks about a line of the ledger."""
    seats = line.account.memberships
    by = person(name=name) if name else seats.get(role=Role.OWNER).user
    with clock.frozen(on):
        return ask(line, text="Why so many?", by=by, at=noon(on))


def replied(*, question: LineQuestion, name: str = "Dana", on: date = TODAY) -> LineAnswer:
    """What staff say to it."""
    with clock.frozen(on):
        return reply(question, text="The site renewed.", by=person(name=name), at=noon(on))


# --- The marketplace -----------------------------------------------------------------------------


def rank_reached(*, account: Account, level: int = 3, year: int = TODAY.year) -> Standing:
    """The account's points of a year are just enough for that rank."""
    enrolled(account=account)
    points = YEAR_DEFAULTS.ranks[level - 1].threshold_points
    with pgtrigger.ignore("partners.Standing:points_kept_by_the_ledger"):
        return Standing.objects.update_or_create(
            account=account, programme_year_id=year, defaults={"points": points}
        )[0]


def profile(
    *,
    account: Account,
    name: str = "",
    tagline: str = "Sites for small shops",
    text: str = "We build sites that sell.",
    website: str = "https://studio.example",
    services: Sequence[str] = (Service.DESIGN, Service.BUILD),
    regions: Sequence[str] = (Region.BRITAIN,),
    languages: Sequence[str] = (Language.ENGLISH,),
    on: date = TODAY,
) -> Profile:
    """A profile with all it needs, written by the account's owner."""
    written = Written(
        name=name or account.name,
        tagline=tagline,
        text=text,
        website=website,
        services=list(services),
        regions=list(regions),
        languages=list(languages),
    )
    return write_profile(account, written, by=_owner(account), at=noon(on))


def applied(*, account: Account | None = None, on: date = TODAY, **told: Any) -> Application:
    """The account is in the third rank and applies for the marketplace."""
    applicant = enrolled(account=account)
    if rank_held(applicant, on=on).level < MARKETPLACE_FROM_LEVEL:
        rank_reached(account=applicant, year=on.year)
    if told or not Profile.objects.filter(account=applicant).exists():
        profile(account=applicant, on=on, **told)
    return apply_for_listing(applicant, by=_owner(applicant), at=noon(on))


def listed(*, account: Account | None = None, on: date = TODAY, **told: Any) -> Listing:
    """The account applied and was approved on that day."""
    return listed_by(application=applied(account=account, on=on, **told), on=on)


def listed_by(*, application: Application, on: date = TODAY) -> Listing:
    """The application approved by Dana, who found every standard met."""
    return approve(application, standards_met=STANDARDS, by=person(name="Dana"), at=noon(on))


def quote_requested(
    *, account: Account, email: str = "carol@bakery.example", held_for: str = "", on: date = TODAY
) -> QuoteRequest:
    """Carol asks the listed partner for a quote, each time from a network address of her own."""
    asked = AskedForQuote(
        name="Carol",
        email=email,
        needs="A shop for our bread, before Easter.",
        ip_address=f"192.0.2.{next(_numbers) % 250}",
        held_for=held_for,
    )
    made = request_quote(account, asked, at=noon(on))
    assert made
    return made


def _owner(account: Account) -> User:
    return account.memberships.get(role=Role.OWNER).user


# --- Catalogue -----------------------------------------------------------------------------------


def plan(*, kind: Kind = Kind.SITE_PLAN, cycle: Cycle = Cycle.YEARLY, code: str = "") -> Plan:
    """The plan of that kind and cycle; made once."""
    code = code or kind.value.replace("_", "-")
    product, _ = Product.objects.get_or_create(
        code=code, defaults={"name": code.replace("-", " ").capitalize(), "kind": kind.value}
    )
    return Plan.objects.get_or_create(product=product, cycle=cycle.value)[0]


def price(
    *,
    plan: Plan,
    amount: Decimal | int | str = "",
    currency: str = "USD",
    new_from: date = LONG_AGO,
    existing_from: date | None = None,
) -> Price:
    """A version of the plan's price; without an amount, what its cycle usually costs."""
    return Price.objects.create(
        plan=plan,
        currency=currency,
        amount=Decimal(amount or AMOUNTS[plan.cycle_rule]),
        new_from=new_from,
        existing_from=existing_from or new_from,
    )


def catalogue(*, currency: str = "USD") -> None:
    """Every kind on every cycle it is sold by, each at the usual price."""
    for kind in Kind:
        for cycle in Cycle:
            if (kind, cycle) != (Kind.DOMAIN, Cycle.MONTHLY):
                price(plan=plan(kind=kind, cycle=cycle), currency=currency)


def sale(
    *,
    plan: Plan,
    percent_off: int | None = None,
    amount: Decimal | int | None = None,
    currency: str = "USD",
    starts_on: date = LONG_AGO,
    ends_on: date = date(2030, 1, 1),
) -> SaleOffer:
    """An offer of a sale: an amount in a currency, or else a percentage (half the price)."""
    campaign, _ = Sale.objects.get_or_create(code="sale", defaults={"name": "Sale"})
    if amount is None:
        terms = {"percent_off": percent_off or 50}
    else:
        terms = {"amount": amount, "currency": currency}  # type: ignore[dict-item]
    return SaleOffer.objects.create(
        sale=campaign, plan=plan, starts_on=starts_on, ends_on=ends_on, **terms
    )


def tax_rate(
    *, percent: Decimal | int | str = 20, country: str = "GB", kind: str = "", name: str = "VAT"
) -> TaxRate:
    """A tax that has always been there, on whatever has no rate of its own."""
    return TaxRate.objects.create(
        country=country, kind=kind, name=name, percent=Decimal(percent), from_on=LONG_AGO
    )


def volume_price(
    *,
    plan: Plan,
    min_quantity: int,
    amount: Decimal | int | str,
    currency: str = "USD",
    from_on: date = LONG_AGO,
) -> VolumePrice:
    """What one costs when at least so many are bought."""
    return VolumePrice.objects.create(
        plan=plan,
        currency=currency,
        min_quantity=min_quantity,
        amount=Decimal(amount),
        from_on=from_on,
    )


# --- Paying --------------------------------------------------------------------------------------


def card(*, account: Account, test_card: str = "sim_ok", is_default: bool = True) -> PaymentMethod:
    """A card on file that does as its test card says; a new default replaces the one before."""
    if is_default:
        account.payment_methods.filter(is_default=True).update(is_default=False)
    return PaymentMethod.objects.create(
        account=account,
        gateway="simulated",
        provider_ref=f"{test_card}:{next(_numbers)}",
        brand="Visa",
        last4="4242",
        expires_month=12,
        expires_year=2034,
        is_default=is_default,
    )


def nonprofit(*, account: Account, on: date = LONG_AGO) -> NonprofitVerification:
    return NonprofitVerification.objects.create(
        account=account, verified_on=on, verified_by=person(name="Dana")
    )


def subscription_bought(
    *,
    kind: Kind = Kind.SITE_PLAN,
    cycle: Cycle = Cycle.YEARLY,
    account: Account | None = None,
    site: Site | None = None,
    on: date = TODAY,
    sale_amount: Decimal | int | None = None,
    payment_method: PaymentMethod | None = None,
    currency: str = "",
) -> Subscription:
    """A subscription bought and paid on that day, by the code that draws up and charges.

    Makes what it is for (a site, or the name of a domain or mailbox), the price and the card.
    """
    holder = account or (site.account if site else studio())
    made = to_begin(
        holder,
        _priced_plan(kind, cycle, currency or holder.currency),
        subject=_subject(kind, holder, site),
        currency=currency or holder.currency,
        on=on,
    )
    made.site = made.site or site
    made.payment_method = payment_method
    made.sale_amount = None if sale_amount is None else Decimal(sale_amount)
    made.save()
    if not holder.payment_methods.filter(is_default=True).exists():
        card(account=holder)
    with clock.frozen(on):
        _pay_first_period(made, on=on)
    made.refresh_from_db()
    return made


def paid_back(*, line: InvoiceLine, amount: Decimal | int | str = "", on: date = TODAY) -> Refund:
    """So much of a line paid back by staff, or all of it."""
    back = Decimal(amount or line.gross_amount)
    with clock.frozen(on):
        return refund(
            line.invoice,
            {line.pk: back},
            left=left_to_credit(line.invoice),
            reason="Bought by mistake",
            by=person(name="Erin"),
            at=noon(on),
        )


def _subject(kind: Kind, account: Account, site: Site | None) -> BoughtFor:
    match SOLD_FOR[kind]:
        case Subject.SITE:
            return site or _site_of(account)
        case Subject.ACCOUNT:
            return None
        case Subject.DOMAIN:
            return f"name-{next(_numbers)}.example"
        case Subject.MAILBOX:
            return f"hello@name-{next(_numbers)}.example"


def _site_of(account: Account) -> Site:
    return site(account=account)


def _priced_plan(kind: Kind, cycle: Cycle, currency: str) -> Plan:
    wanted = plan(kind=kind, cycle=cycle)
    if not wanted.prices.filter(currency=currency).exists():
        price(plan=wanted, currency=currency)
    return wanted


def _pay_first_period(subscription: Subscription, *, on: date) -> None:
    is_nonprofit = NonprofitVerification.objects.covers(subscription.account, on=on)
    agreement = Agreement.of(subscription, is_nonprofit=is_nonprofit)
    with transaction.atomic():
        first = Item.of(subscription, PriceBook.load().quote(agreement, 0))
        attempts = draw_up([first], on=on, is_purchase=True)
    charge.run([attempts], on=on)


# --- Coupons -------------------------------------------------------------------------------------


def coupons_bought(
    *, account: Account | None = None, plan: Plan | None = None, quantity: int = 2, on: date = TODAY
) -> CouponBatch:
    """Coupons bought and paid on that day; makes the price and the card they need."""
    holder = account or studio()
    bought = plan or _priced_plan(Kind.SITE_PLAN, Cycle.YEARLY, holder.currency)
    if not holder.payment_methods.filter(is_default=True).exists():
        card(account=holder)
    offer = BulkPrices(holder, on=on).offer(bought, quantity)
    with clock.frozen(on):
        return buy_coupons(
            holder,
            bought,
            quantity,
            shown_amount=offer.now.gross_amount,
            order_ref=new_ref(),
            by=holder.memberships.first().user,  # type: ignore[union-attr]
            on=on,
        )


def coupon_used(
    *, batch: CouponBatch, site: Site | None = None, name: str = "Alice", on: date = TODAY
) -> Subscription:
    """The next unused coupon of the batch, used on that day on a site without a plan."""
    coupon = batch.coupons.filter(redemption=None, void=None).earliest("pk")
    chosen = site or _site_of(batch.account)
    with clock.frozen(on):
        return redeem(coupon.code, chosen, by=person(name=name), at=noon(on))


# --- Claims --------------------------------------------------------------------------------------


def claim_submitted(
    *, account: Account | None = None, site: Site | None = None, on: date = TODAY
) -> Claim:
    """Alice's studio asks to be credited for a site of Carol's that it contributes to."""
    claimant = enrolled(account=account)
    claimed = site or clients_site()
    if not claimant.contributions.filter(site=claimed).exists():
        contributor(account=claimant, site=claimed)
    by = claimant.memberships.first().user  # type: ignore[union-attr]
    with clock.frozen(on):
        return submit(claimant, address=claimed.address, by=by, at=noon(on))


def mail_told(*, mail: Message, kind: MailEventKind = MailEventKind.BOUNCED, on: date) -> None:
    """Its provider tells on that day what became of a mail; unless told otherwise, it came back."""
    told = MailEventTold(
        provider="postmark", kind=kind, mail_ref=mail.ref, description="no such user"
    )
    note_event(told, received_at=noon(on))


def claim_unreached(*, on: date = TODAY) -> Claim:
    """A claim whose request came back on the day it was sent."""
    claim = claim_submitted(on=on)
    mail = claim.request.mail
    Message.objects.filter(pk=mail.pk).update(state=MailState.SENT, sent_at=noon(on))
    mail_told(mail=mail, on=on)
    return claim


def address_corrected(
    *,
    claim: Claim,
    address: str = "carol@home.example",
    is_on_record: bool = False,
    on: date = TODAY,
) -> AddressCorrection:
    """Dana finds the right address on that day, and the client is asked again."""
    corrected = Corrected(address=address, reason="Carol rang us", is_on_record=is_on_record)
    with clock.frozen(on):
        return correct_address(claim, corrected, by=person(name="Dana"), at=noon(on))


def answered(
    *, claim: Claim, verdict: Verdict = Verdict.APPROVE, on: date = TODAY, name: str = "Carol"
) -> Answer:
    """What the client says to a claim on that day."""
    reason = DeclineReason.UNKNOWN_PARTNER if verdict == Verdict.DECLINE else ""
    said = Said(verdict=verdict, name=name, reason=reason)
    with clock.frozen(on):
        return answer(claim.request, said, at=noon(on))


def abuse_reported(*, claim: Claim, words: str = "I never met them", on: date = TODAY) -> None:
    """The client tells our team that a claim looks like abuse."""
    report_abuse(
        claim, by="Carol", words=words, ip_address="192.0.2.7", user_agent="Browser", at=noon(on)
    )
