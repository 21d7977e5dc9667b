"""The demo's marketplace: Charlie's agency and another listed, a third waiting, and a request."""

from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO

from django.db.models import Count
from PIL import Image, ImageDraw

from partners.actions.enrolment import join
from partners.actions.marketplace.applications import apply_for_listing
from partners.actions.marketplace.decisions import approve
from partners.actions.marketplace.logos import put_logo
from partners.actions.marketplace.profiles import Written, write_profile
from partners.actions.marketplace.quotes import Asked, request_quote
from partners.actions.seats import take_seats
from partners.models import Account, Application, PointsEntry
from partners.models.offers import Budget, Language, Region, Service
from partners.models.points import EntryKind
from partners.roles import Role
from partners.rules import MARKETPLACE_FROM_LEVEL, STANDARDS
from partners.standings import rank_held
from portal.lib import clock
from portal.models import User
from portal.testing.cast import CAROL, CHARLIE, COMPANIES, DANA, LANTERN

POINTS_BEFORE = 2_300  # of last year, in the third rank

LANTERNS = Written(
    name=LANTERN.name,
    tagline="Clear, quick sites for shops and makers, looked after for years.",
    text=(
        "We are nine people in a former lamp works. We plan, design and build sites for shops,"
        " makers and small chains, and we look after them: most of our customers have been with us"
        " for more than five years.\n\nA site of ours is quick on an old phone, can be used"
        " without a mouse, and is yours to edit. We show you how in an afternoon.\n\nTell us what"
        " you sell and to whom. You get an honest answer within two working days, also when we"
        " are not the right ones."
    ),
    services=[Service.DESIGN, Service.BUILD, Service.SHOP, Service.CARE, Service.ACCESS],
    regions=[Region.BRITAIN, Region.WESTERN_EUROPE],
    languages=[Language.ENGLISH, Language.FRENCH, Language.WELSH],
)
# Under the names the sample gives them.
OTHERS = (
    Written(
        name="",
        tagline="Brands and sites for people who grow, brew and cook.",
        text="From the label to the shop.\n\nWe have a test kitchen next door, and use it.",
        services=[Service.BRAND, Service.DESIGN, Service.WORDS],
        regions=[Region.ASIA, Region.WORLDWIDE],
        languages=[Language.JAPANESE, Language.ENGLISH],
    ),
    Written(
        name="",
        tagline="Moving old sites here, without losing a visitor.",
        text="We move sites: pages, shops, addresses and their place in search engines.",
        services=[Service.MOVING, Service.SEARCH, Service.BUILD],
        regions=[Region.WESTERN_EUROPE, Region.EASTERN_EUROPE],
        languages=[Language.GERMAN, Language.POLISH, Language.ENGLISH],
    ),
)


def fill_the_marketplace() -> None:
    """Profiles, a logo, decisions of Dana's, and what Carol asked Charlie."""
    now = clock.now()
    charlie = User.objects.get(email=CHARLIE.email)
    lantern = Account.objects.get(platform_ref=LANTERN.ref)
    _list(_apply(lantern, LANTERNS, by=charlie, at=now - timedelta(days=20)))
    put_logo(lantern, _lanterns(), by=charlie, at=now - timedelta(days=20))
    listed, _waiting = (
        _apply(account, written, by=_owner_joins(account, at=now), at=now - timedelta(days=5))
        for account, written in zip(_agencies(), OTHERS, strict=True)
    )
    _list(listed)
    _ask(lantern, at=now)


def _agencies() -> list[Account]:
    """The two largest of the sample."""
    others = Account.objects.exclude(platform_ref__in=[company.ref for company in COMPANIES])
    return list(others.annotate(size=Count("sites")).order_by("-size", "pk")[: len(OTHERS)])


def _owner_joins(account: Account, *, at: datetime) -> User:
    """The owner, for whom a seat waited, comes in (nobody signs in as them) and joins."""
    email = account.pending_memberships.filter(role=Role.OWNER).earliest("pk").email
    owner = User.objects.create_user(email, name=email.partition("@")[0].replace(".", " ").title())
    take_seats(user=owner, email=email)
    join(account, by=owner, at=at)
    return owner


def _apply(account: Account, written: Written, *, by: User, at: datetime) -> Application:
    site = f"https://{account.email.partition('@')[2]}"
    write_profile(account, replace(written, name=account.name, website=site), by=by, at=at)
    if rank_held(account, on=clock.date_of(at)).level < MARKETPLACE_FROM_LEVEL:
        _take_over_points(account)
    return apply_for_listing(account, by=by, at=at)


def _take_over_points(account: Account) -> None:
    """Last year was a good one: always for the sample's agencies, for Charlie's in January."""
    PointsEntry.objects.create(
        account=account,
        programme_year_id=clock.today().year - 1,
        kind=EntryKind.ADJUSTMENT,
        points=POINTS_BEFORE,
        credited_on=clock.today(),
        note="Taken over from the programme before this one",
        entered_by=User.objects.get(email=DANA.email),
    )


def _list(application: Application) -> None:
    at = application.applied_at + timedelta(days=1)
    dana = User.objects.get(email=DANA.email)
    approve(application, standards_met=STANDARDS, by=dana, at=at)


def _ask(lantern: Account, *, at: datetime) -> None:
    asked = Asked(
        name=CAROL.name,
        email=CAROL.email,
        needs=(
            "We bake for half the town and want to take orders on our site: bread for the week,"
            " cakes for a day. About forty things to order, fetched or brought. Before Easter,"
            " if that is possible."
        ),
        budget=Budget.MEDIUM,
        ip_address="192.0.2.17",
    )
    request_quote(lantern, asked, at=at)


def _lanterns() -> bytes:
    """A row of three lanterns, as Charlie's designer would draw them."""
    side, ground, light = 600, "#24323f", "#f2b84b"
    image = Image.new("RGB", (side, side), ground)
    pen = ImageDraw.Draw(image)
    pen.line((40, 120, side - 40, 120), fill=light, width=10)
    for left in (90, 240, 390):
        pen.line((left + 60, 120, left + 60, 190), fill=light, width=8)
        pen.rounded_rectangle((left, 190, left + 120, 400), radius=44, fill=light)
        pen.rectangle((left + 30, 400, left + 90, 424), fill=light)
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
