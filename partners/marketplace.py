"""An account's way into the marketplace: where it stands, what happened, what comes next."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from partners.models import Account, Application, Listing, Profile, Rank
from partners.models.marketplace import ApplicationState
from partners.rules import MARKETPLACE_FROM_LEVEL, Standard
from partners.standings import StandingNow, standing_now
from portal.lib import clock
from portal.lib.steps import Step

STANDARDS_IN_WORDS = {
    Standard.TRUE: gettext_lazy("The profile says who they are and what they do, and it is so."),
    Standard.OWN: gettext_lazy("Words and logo are theirs to use."),
    Standard.REACHABLE: gettext_lazy("Their site works, and a request gets an answer."),
    Standard.FAIR: gettext_lazy("Nothing misleads, and nothing is said about others."),
    Standard.CLEAR: gettext_lazy(
        "A customer understands what is offered, where, and in which languages."
    ),
}


class Stage(StrEnum):
    """What is to be done next, and by whom."""

    JOIN = "join"
    RANK = "rank"
    PROFILE = "profile"
    APPLY = "apply"
    WAITING = "waiting"
    LISTED = "listed"


@dataclass(frozen=True, slots=True, kw_only=True)
class WayIn:
    """Where an account stands on its way, with what its page shows."""

    stage: Stage
    standing: StandingNow
    needed: Rank | None  # the rank from which accounts may apply, this year
    profile: Profile | None
    applications: list[Application]  # the latest first
    listings: list[Listing]  # the latest first

    @property
    def points_missing(self) -> int:
        needed = self.needed.threshold_points if self.needed else 0
        return max(0, needed - self.standing.points)

    @property
    def application(self) -> Application | None:
        """The one that waits."""
        return next((one for one in self.applications if one.state == ApplicationState.OPEN), None)

    @property
    def listing(self) -> Listing | None:
        """The one in force."""
        return next((one for one in self.listings if one.removed_at is None), None)

    @property
    def removal(self) -> Listing | None:
        """The listing that was taken down, where nothing has come after it."""
        latest = next(iter(self.listings), None)
        return latest if latest and latest.removed_at else None


def way_in(account: Account, *, on: date) -> WayIn:
    """The account's way; a constant number of queries."""
    standing = standing_now(account, on=on)
    profile = Profile.objects.with_logo().filter(account=account).first()
    applications = list(
        account.applications.select_related("applied_by", "decision", "withdrawal__withdrawn_by")
    )
    listings = list(account.listings.all())
    stage = _stage(account, standing, profile, applications, listings)
    return WayIn(
        stage=stage,
        standing=standing,
        needed=next((one for one in standing.ladder if one.level == MARKETPLACE_FROM_LEVEL), None),
        profile=profile,
        applications=applications,
        listings=listings,
    )


def _stage(
    account: Account,
    standing: StandingNow,
    profile: Profile | None,
    applications: list[Application],
    listings: list[Listing],
) -> Stage:
    if any(one.removed_at is None for one in listings):
        return Stage.LISTED
    if any(one.state == ApplicationState.OPEN for one in applications):
        return Stage.WAITING
    if not hasattr(account, "enrolment"):
        return Stage.JOIN
    if standing.level < MARKETPLACE_FROM_LEVEL:
        return Stage.RANK
    return Stage.PROFILE if profile is None or profile.missing else Stage.APPLY


def timeline(way: WayIn) -> list[Step]:
    """What happened, in its order, and the steps still to come."""
    happened = [step for one in way.applications for step in _of_application(one)]
    happened += [step for one in way.listings for step in _of_listing(one)]
    happened.sort(key=lambda told: told[0])
    return [step for _at, step in happened] + list(_to_come(way))


def _of_application(application: Application) -> Iterator[tuple[datetime, Step]]:
    by = _("by %(name)s") % {"name": application.applied_by}
    yield _told(application.applied_at, _("Applied"), note=by)
    if application.state == ApplicationState.WITHDRAWN:
        withdrawal = application.withdrawal
        by = _("by %(name)s") % {"name": withdrawal.withdrawn_by}
        yield _told(withdrawal.withdrawn_at, _("Withdrawn"), state="skipped", note=by)
    if application.state == ApplicationState.DECLINED:
        decision = application.decision
        yield _told(decision.decided_at, _("Declined"), state="bad", note=decision.reason)


def _of_listing(listing: Listing) -> Iterator[tuple[datetime, Step]]:
    yield _told(
        listing.listed_at, _("Approved and listed") if listing.application_id else _("Listed again")
    )
    if listing.removed_at:
        why = f"{listing.get_removed_for_display()}. {listing.removal_note}".strip()
        yield _told(listing.removed_at, _("Removed from the marketplace"), state="bad", note=why)


def _told(
    at: datetime, label: str, *, state: str = "done", note: str = ""
) -> tuple[datetime, Step]:
    return at, Step(label, state, clock.date_of(at), note)


def _to_come(way: WayIn) -> Iterator[Step]:
    if way.stage is Stage.LISTED:
        return
    steps = [
        (Stage.JOIN, _("Join the programme"), ""),
        (Stage.RANK, _rank_to_reach(way), _points_to_go(way)),
        (Stage.PROFILE, _("Write your profile"), _what_is_missing(way)),
        (Stage.APPLY, _("Apply"), ""),
        (Stage.WAITING, _("We look at your profile"), _("Nothing to do for you: you get a mail.")),
    ]
    order = [stage for stage, _label, _note in steps]
    for stage, label, note in steps[order.index(way.stage) :]:
        is_now = stage is way.stage
        yield Step(label, "now" if is_now else "next", note=note if is_now else "")
    yield Step(_("Listed in the marketplace"), "next")


def _rank_to_reach(way: WayIn) -> str:
    return _("Reach the rank %(rank)s") % {"rank": way.needed.name if way.needed else "–"}


def _points_to_go(way: WayIn) -> str:
    missing = way.points_missing
    words = ngettext("%(points)s more point", "%(points)s more points", missing)
    return words % {"points": f"{missing:,}"}


def _what_is_missing(way: WayIn) -> str:
    if way.profile is None:
        return ""
    return _("Still missing: %(what)s") % {"what": ", ".join(way.profile.missing)}
