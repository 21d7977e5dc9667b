"""The rank held went up or down: since when, until when, and what comes or goes with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from partners.models import Account, ProgrammeYear, Rank, RankChange
from partners.notifications import footer
from partners.queries import landed_by_day
from partners.rules import BADGE_FROM_LEVEL, rank_holds_until
from partners.standings import rank_held
from portal.lib import clock
from portal.mail.letters import Context, letter, link_to
from portal.mail.models import Message
from portal.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Since when it is held and, if it went down, whether a year’s end did it or a reversal."""

    since: date
    is_year_end: bool = False
    still_landing: ProgrammeYear | None = None  # last year, while its points may still land


@letter(
    "partners/rank_changed",
    sample=lambda: _rank(_sample_change(), _sample_user(), _ladder(), why=Why(since=clock.today())),
)
def rank_changed(_message: Message, *, change_id: int, user_id: int) -> Context:
    """From which level to which, as it was recorded."""
    change = RankChange.objects.select_related("account").get(pk=change_id)
    steps = Rank.objects.filter(programme_year=change.earned_in or change.told_on.year)
    ladder = list(steps.order_by("level"))
    why = _why(change, threshold=ladder[change.level - 1].threshold_points)
    return _rank(change, User.objects.get(pk=user_id), ladder, why=why)


def _rank(change: RankChange, user: User, ladder: Sequence[Rank], *, why: Why) -> Context:
    account, is_up = change.account, change.level > change.level_before
    has_badge = change.level >= BADGE_FROM_LEVEL
    page = "partners:badge" if has_badge else "partners:programme"
    return {
        "account": account.name,
        "is_up": is_up,
        "rank": ladder[change.level - 1].name,
        "level": change.level,
        "levels": len(ladder),
        "held_until": rank_holds_until(change.earned_in) if change.earned_in else None,
        "benefits": _benefits(change, ladder),
        "gets_badge": is_up and change.level_before < BADGE_FROM_LEVEL,
        "loses_badge": not has_badge,
        "why": why,
        "action_url": link_to(page, account_ref=account.ref),
        "action_label": _("Get your badge") if has_badge else _("Open the programme"),
        **footer("rank", user=user, account=account),
    }


def _benefits(change: RankChange, ladder: Sequence[Rank]) -> list[str]:
    """What the ranks bring that lie between the two: it comes on the way up, and goes down."""
    low, high = sorted((change.level, change.level_before))
    return [benefit for rank in ladder[low:high] for benefit in rank.each_benefit]


def _why(change: RankChange, *, threshold: int) -> Why:
    if change.level > change.level_before:
        return Why(since=_reached_on(change, threshold))
    last_year = change.told_on.year - 1
    if not _ended_with(last_year, change):
        return Why(since=change.told_on)
    return Why(
        since=date(change.told_on.year, 1, 1),
        is_year_end=True,
        still_landing=ProgrammeYear.objects.open().filter(year=last_year).first(),
    )


def _reached_on(change: RankChange, threshold: int) -> date:
    """The day since which the year’s points have been enough for it."""
    points, since = 0, change.told_on
    for day, more in landed_by_day(change.account, year=change.earned_in or change.told_on.year):
        if points < threshold <= points + more:
            since = day
        points += more
    return since


def _ended_with(last_year: int, change: RankChange) -> bool:
    """Whether the rank was held to that year’s last day, and nothing else was told since."""
    before = RankChange.objects.filter(account=change.account_id, pk__lt=change.pk).first()
    held = rank_held(change.account, on=date(last_year, 12, 31))
    is_first = before is None or before.told_on.year <= last_year
    return is_first and held.level == change.level_before


# --- Samples -------------------------------------------------------------------------------------


def _sample_change() -> RankChange:
    today = clock.today()
    return RankChange(
        account=Account(name="Harbour Studio", ref="x"),
        told_on=today,
        level_before=1,
        level=2,
        earned_in=today.year,
    )


def _sample_user() -> User:
    return User(name="Amira Osei", email="amira@harbour-studio.example", ref="x")


def _ladder() -> list[Rank]:
    return [
        Rank(level=1, name="Pioneer"),
        Rank(level=2, name="Creator", benefits=_("A badge for your site")),
        Rank(level=3, name="Icon"),
        Rank(level=4, name="Legend"),
    ]
