"""What landed since the last digest, what it comes to, and what is on its way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from partners.attribution import Judged, Verdict
from partners.ledger import LedgerLine
from partners.models import Account, PointsEntry, PointValue, QualifyingEvent, Site
from partners.models.points import EntryKind
from partners.notifications import footer
from partners.queries import judge_waiting
from partners.rules import DIGEST_COMING, DIGEST_LINES, EventKind, Relation
from partners.standings import YearSoFar, year_so_far
from portal.lib import clock
from portal.mail.letters import Context, letter, link_to
from portal.mail.models import Message
from portal.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """Points on their way: of which site, how many, and when."""

    site: str
    points: int
    lands_on: date


@letter(
    "partners/points_landed",
    sample=lambda: _points(
        _sample_account(),
        _sample_user(),
        lines=_sample_lines(),
        years=[YearSoFar(year=clock.today().year, points=700, next_name="Creator", to_go=300)],
        coming=_sample_coming(),
    ),
)
def points_landed(
    _message: Message, *, account_id: int, user_id: int, first: int, last: int
) -> Context:
    """The account's lines from the first to the last of these ids, and where they lead."""
    account, today = Account.objects.get(pk=account_id), clock.today()
    lines = PointsEntry.objects.in_account(account).filter(pk__range=(first, last)).order_by("pk")
    landed = list(lines.select_related("site", "event__void", "rule", "adjustment"))
    years = sorted({line.programme_year_id for line in landed})
    return _points(
        account,
        User.objects.get(pk=user_id),
        lines=landed,
        years=[year_so_far(account, year) for year in years],
        coming=_coming(judge_waiting(account, on=today)),
    )


def _points(
    account: Account,
    user: User,
    *,
    lines: Sequence[PointsEntry],
    years: Sequence[YearSoFar],
    coming: Sequence[Coming],
) -> Context:
    return {
        "account": account.name,
        "landed": sum(line.points for line in lines),
        "rows": [LedgerLine(line) for line in lines[:DIGEST_LINES]],
        "more": max(0, len(lines) - DIGEST_LINES),
        "years": years,
        "coming": coming[:DIGEST_COMING],
        "more_coming": max(0, len(coming) - DIGEST_COMING),
        "action_url": link_to("partners:points", account_ref=account.ref),
        "action_label": _("Open your points"),
        **footer("points", user=user, account=account),
    }


def _coming(waiting: Sequence[Judged]) -> list[Coming]:
    """What waits, soonest first; what is due already is in the next digest."""
    sites = Site.objects.in_bulk({one.site_id for one in waiting})
    return [
        Coming(site=sites[one.site_id].address, points=one.points, lands_on=one.lands_on)
        for one in waiting
        if one.verdict is Verdict.WAITING
    ]


# --- Samples -------------------------------------------------------------------------------------


def _sample_account() -> Account:
    return Account(name="Harbour Studio", ref="x")


def _sample_user() -> User:
    return User(name="Amira Osei", email="amira@harbour-studio.example", ref="x")


def _sample_lines() -> list[PointsEntry]:
    return [
        _sample_line("cornerbakery.example", relation=Relation.CONTRIBUTOR),
        _sample_line("harbour-studio.example", relation=Relation.OWNER),
    ]


def _sample_line(address: str, *, relation: Relation) -> PointsEntry:
    today = clock.today()
    event = QualifyingEvent(kind=EventKind.RENEWED.value, occurs_on=today - timedelta(days=14))
    return PointsEntry(
        kind=EntryKind.CREDIT,
        points=100,
        credited_on=today,
        site=Site(address=address),
        event=event,
        relation=relation.value,
        rule=PointValue(relation=relation.value, points=100, programme_year_id=today.year),
        programme_year_id=today.year,
    )


def _sample_coming() -> list[Coming]:
    soon = clock.today() + timedelta(days=3)
    return [Coming(site="fernhill.example", points=100, lands_on=soon)]
