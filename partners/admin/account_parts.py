"""What an account's page shows of the account, kind by kind. Other apps add their own."""

from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from partners.models import Account, Listing, PointsEntry, Rank, Standing
from partners.standings import rank_held
from portal.lib import clock
from portal.mail.models import Message
from portal.staff.parts import Part


def by_ref(account: Account) -> str:
    """The query with which a list shows what is this account's."""
    return urlencode({"q": account.ref})


def _of_the_year(account: Account) -> str:
    return f"{by_ref(account)}&programme_year__year__exact={clock.today().year}"


def _rank_and_points(account: Account) -> str:
    today = clock.today()
    if not Rank.objects.filter(programme_year=today.year).exists():
        return _now("The programme year %(year)s has no ranks yet.") % {"year": today.year}
    standing = Standing.objects.filter(account=account, programme_year=today.year).first()
    return _now("%(points)s points in %(year)s · %(rank)s") % {
        "points": standing.points if standing else 0,
        "year": today.year,
        "rank": rank_held(account, on=today).name,
    }


def _line(entry: PointsEntry) -> str:
    of = entry.site.address if entry.site else entry.note
    return f"{date_format(entry.credited_on)} · {entry.get_kind_display()} · {of}"


def _listing_state(listing: Listing) -> str:
    return listing.get_removed_for_display() if listing.removed_at else _now("listed")


account_parts: list[Part] = [
    Part(
        title=_("Sites"),
        label="partners.site",
        rows=lambda account: account.sites.order_by("-pk"),
        query=by_ref,
        detail=lambda site: site.name,
    ),
    Part(
        title=_("Points of this year"),
        label="partners.pointsentry",
        rows=lambda account: (
            account.entries.filter(programme_year=clock.today().year)
            .select_related("site")
            .order_by("-credited_on", "-pk")
        ),
        query=_of_the_year,
        words=lambda entry: f"{entry.points:+d}",
        detail=_line,
        summary=_rank_and_points,
    ),
    Part(
        title=_("Marketplace"),
        label="partners.listing",
        rows=lambda account: account.listings.order_by("-pk"),
        query=by_ref,
        words=lambda listing: date_format(clock.date_of(listing.listed_at)),
        detail=_listing_state,
    ),
    Part(
        title=_("Mail"),
        label="mail.message",
        rows=lambda account: Message.objects.filter(account_ref=account.ref).order_by("-queued_at"),
        query=by_ref,
        words=lambda message: message.subject or message.kind,
        detail=lambda message: f"{message.to} · {date_format(clock.date_of(message.queued_at))}",
    ),
]
