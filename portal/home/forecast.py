"""What a year's points come to: landed, coming, and with more upgrades."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from partners.attribution import Judged, Verdict
from partners.course import Course, course_of
from partners.models import Account, Rank, Site
from partners.queries import ExpectedEvent, judge_events, judge_expected, landed_by_day
from partners.standings import StandingNow

ANY_PRODUCT = ""
A_DAY = timedelta(days=1)


def course_now(
    account: Account, standing: StandingNow, coming: Sequence[Judged], *, on: date
) -> Course:
    """The course of this year's points, as the ledger and what is coming make it."""
    year = standing.ladder[0].programme_year
    return course_of(
        year=year.year,
        today=on,
        ends_on=year.closes_on - A_DAY,
        landed=landed_by_day(account, year=year.year),
        coming=coming,
        ladder=standing.ladder,
    )


def upgrades(account: Account, *, sites: int, upgraded_on: date, on: date) -> list[Judged]:
    """What so many sites more would bring, all upgraded on one day; sites that do not exist yet."""
    imagined = [
        ExpectedEvent(
            site_id=-n,
            account_id=account.pk,
            occurs_on=upgraded_on,
            paid_on=upgraded_on,
            product_code=ANY_PRODUCT,
        )
        for n in range(1, sites + 1)
    ]
    return judge_expected(account, imagined, on=on)


def brought_by_joining(account: Account, *, on: date) -> list[Judged]:
    """This year's events of the account's own sites that joining today would credit."""
    events = judge_events(
        account,
        on=on,
        events_where="account_id = %(me)s AND occurs_on >= make_date(%(year)s, 1, 1)",
        parameters={"me": account.pk, "year": on.year},
    )
    by_site = {
        one.site_id: one
        for one in events
        if one.verdict is Verdict.NOT_JOINED and one.programme_year == on.year
    }
    return list(by_site.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class ComingLine:
    """Points to come, what they will add up to, and the rank they reach, if they reach one."""

    judged: Judged
    address: str
    is_ahead: bool  # the event is still to come, paid already or not
    total: int | None  # None where they count for another year than the course's
    rank: Rank | None


def coming_lines(course: Course, coming: Sequence[Judged]) -> list[ComingLine]:
    """What is coming, soonest first, with what it makes of the year."""
    addresses = Site.objects.in_bulk([one.site_id for one in coming])
    lines, total = [], course.points
    for one in coming:
        is_this_year = one.programme_year == course.year
        before, total = total, total + (one.points if is_this_year else 0)
        crossed = [r for r in course.ladder if before < r.threshold_points <= total]
        lines.append(
            ComingLine(
                judged=one,
                address=addresses[one.site_id].address,
                is_ahead=one.occurs_on > course.today,
                total=total if is_this_year else None,
                rank=crossed[-1] if crossed else None,
            )
        )
    return lines
