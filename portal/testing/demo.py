"""The demo: a handover imported like any other, and what people have done with the portal since."""

import tempfile
from datetime import date, timedelta
from pathlib import Path

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import Group
from django.db import transaction

from billing.actions.bulk import buy_coupons
from billing.actions.redeem import redeem
from billing.coupon_queries import BulkPrices
from billing.models import Plan, VolumePrice
from billing.pricing import PriceBook
from billing.rules import Cycle
from claims.actions.submit import submit
from partners.actions.adjustments import Asked, ask_for_adjustment
from partners.actions.enrolment import join
from partners.actions.points import attribute
from partners.actions.questions import answer, ask
from partners.actions.years import prepare_year, prepare_years
from partners.models import Account, PointsEntry, Programme, ProgrammeTerms, Rank, Site
from partners.rules import AdjustmentReason
from portal.handover.importing import Options, import_folder
from portal.lib import clock
from portal.lib.money import rounded
from portal.lib.refs import new_ref
from portal.models import User
from portal.staff.roles import ensure_roles
from portal.testing.cast import (
    ALDER,
    ALICE,
    CHARLIE,
    DEMO_TOTP_SECRET,
    ERIN,
    LANTERN,
    SIGN_IN,
    Person,
)
from portal.testing.demo_claims import live_claims
from portal.testing.demo_folder import CLAIMED_ADDRESS, COUPON_ADDRESSES, make_demo_folder
from portal.testing.demo_marketplace import fill_the_marketplace

DAYS_OPEN = 35
BULK_PRODUCT, COUPONS = "core", 10
VOLUME_PERCENT = {10: 90, 50: 80}  # of the standard price, from so many on
TERMS = """\
Points are earned when a site's premium plan is activated or renewed.
They arrive 14 days later and count for the calendar year of the activation or renewal.
Your rank follows from the points of the year and is held through the next one.
You may leave the programme at any time by writing to us.
"""
BENEFITS = {
    1: "Partner dashboard\nProduct news before the public",
    2: "Partner badge for your site\nHelp by e-mail within one working day",
    3: "A place in the marketplace\nHelp by telephone\nTry new features early",
    4: "A named contact\nJoint case studies\nInvitation to the yearly gathering",
}


class DemoIsBrokenError(Exception):
    """The demo's own files were not accepted: a mistake in the demo."""


def is_there() -> bool:
    return User.objects.filter(email=ALICE.email).exists()


@transaction.atomic
def seed(*, on: date) -> None:
    """Fill an empty portal with the demo, seen from that day."""
    _prepare_programme(on=on)
    _let_people_in()
    _import(on=on)
    _join_and_claim(on=on)
    _buy_in_bulk(on=on)
    _question_lines()
    _adjust(on=on)
    fill_the_marketplace()


def _prepare_programme(*, on: date) -> None:
    opens_on = on - timedelta(days=DAYS_OPEN)
    Programme.objects.get_or_create(defaults={"opens_on": opens_on})
    ProgrammeTerms.objects.get_or_create(
        version="1.0", defaults={"in_force_from": opens_on, "text": TERMS}
    )
    prepare_year(on.year - 1)
    for level, benefits in BENEFITS.items():
        Rank.objects.filter(programme_year=on.year - 1, level=level).update(benefits=benefits)
    prepare_years(on=on)  # like the year before


def _let_people_in() -> None:
    ensure_roles()
    for person in SIGN_IN:
        _let_in(person)


def _let_in(person: Person) -> None:
    user = User.objects.create_user(
        person.email,
        person.password,
        name=person.name,
        is_staff=person.is_staff,
        is_superuser=person.is_superuser,
    )
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    if person.is_staff:
        TOTP.activate(user, DEMO_TOTP_SECRET)
    user.groups.set(Group.objects.filter(name__in=person.staff_roles))


def _import(*, on: date) -> None:
    with tempfile.TemporaryDirectory() as folder:
        make_demo_folder(Path(folder), as_of=on)
        outcome = import_folder(Path(folder), Options(as_of=on))
        if outcome.complaints:
            raise DemoIsBrokenError(outcome.report.read_text())


def _join_and_claim(*, on: date) -> None:
    """Charlie joined when the programme opened; points and claims have come day by day since."""
    charlie = User.objects.get(email=CHARLIE.email)
    lantern = Account.objects.get(platform_ref=LANTERN.ref)
    opened_on = Programme.objects.get().opens_on
    join(lantern, by=charlie, at=clock.start_of(opened_on) + timedelta(hours=10))
    attribute(on=opened_on)
    for days in range(DAYS_OPEN - 1, 0, -1):
        day = on - timedelta(days=days)
        live_claims(days, on=day)
        attribute(on=day)
    attribute(on=on)
    submit(lantern, address=CLAIMED_ADDRESS, by=charlie, at=clock.now())


def _buy_in_bulk(*, on: date) -> None:
    """Alice bought coupons today, has used two, and gave one to Charlie, who has used it too."""
    alder = Account.objects.get(platform_ref=ALDER.ref)
    plan = Plan.objects.get(product__code=BULK_PRODUCT, cycle=Cycle.YEARLY.value)
    _price_in_bulk(plan, alder.currency, on=on)
    alice, charlie = (User.objects.get(email=person.email) for person in (ALICE, CHARLIE))
    offer = BulkPrices(alder, on=on).offer(plan, COUPONS)
    batch = buy_coupons(
        alder,
        plan,
        COUPONS,
        shown_amount=offer.now.gross_amount,
        order_ref=new_ref(),
        by=alice,
        on=on,
    )
    codes = list(batch.coupons.order_by("pk").values_list("code", flat=True))
    for address, by in zip(COUPON_ADDRESSES, (alice, alice, charlie), strict=True):
        site = Site.objects.get(address=address)
        redeem(codes.pop(0), site, by=by, at=clock.now())


def _question_lines() -> None:
    """Charlie asked about two lines, and Erin answered one; in early January there are none yet."""
    charlie, erin = (User.objects.get(email=person.email) for person in (CHARLIE, ERIN))
    lines = PointsEntry.objects.filter(account__platform_ref=LANTERN.ref).order_by("pk")[:2]
    texts = (
        "This site renewed for three years. Why does it bring the points of one?",
        "We moved this site to a larger plan in spring. Does that not count as well?",
    )
    asked = [
        ask(line, text=text, by=charlie, at=clock.now())
        for line, text in zip(lines, texts, strict=False)
    ]
    for question in asked[:1]:
        text = "A site earns once a year, whatever its plan, so it earns again next year."
        answer(question, text=text, by=erin, at=clock.now())


def _adjust(*, on: date) -> None:
    """What Erin wants added waits for Dana."""
    wanted = Asked(
        ref=new_ref(),
        year=on.year,
        points=600,
        reason=AdjustmentReason.MISSING,
        note="Six renewals from before the import were not handed over.",
    )
    erin = User.objects.get(email=ERIN.email)
    lantern = Account.objects.get(platform_ref=LANTERN.ref)
    ask_for_adjustment(lantern, wanted, by=erin, at=clock.now())


def _price_in_bulk(plan: Plan, currency: str, *, on: date) -> None:
    standard = PriceBook.load().for_purchase(plan_id=plan.pk, currency=currency, on=on).amount
    for min_quantity, percent in VOLUME_PERCENT.items():
        VolumePrice.objects.create(
            plan=plan,
            currency=currency,
            min_quantity=min_quantity,
            amount=rounded(standard * percent / 100, currency),
            from_on=on - timedelta(days=DAYS_OPEN),
        )
