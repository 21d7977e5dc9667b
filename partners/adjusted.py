"""What an adjustment would lead to, before anybody confirms it."""

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from partners.models import Account, ProgrammeYear, Standing
from partners.standings import RankHeld, rank_held, rank_held_if


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted:
    """A year's points and the rank held, as they are and with so many points more or fewer."""

    year: ProgrammeYear
    points_before: int
    points_after: int
    held_before: RankHeld
    held_after: RankHeld

    @property
    def moves_rank(self) -> bool:
        return self.held_before != self.held_after

    @property
    def seen(self) -> str:
        """What whoever confirms has seen; something else if anything has changed since."""
        return f"{self.year}:{self.points_before}:{self.points_after}:{self.held_after.level}"


def if_adjusted(account: Account, *, year: ProgrammeYear, points: int, on: date) -> Adjusted:
    """What an adjustment of that year by so many points, signed, would lead to."""
    standing = Standing.objects.filter(account=account, programme_year=year).first()
    before = standing.points if standing else 0
    held = rank_held(account, on=on)
    is_final = year.closed_at is not None
    return Adjusted(
        year=year,
        points_before=before,
        points_after=before + points,
        held_before=held,
        held_after=held
        if is_final
        else rank_held_if(account, year=year.year, points=points, on=on),
    )


def adjustable_years(account: Account, *, on: date) -> QuerySet[ProgrammeYear]:
    """The years an account has been in the programme, the latest first."""
    return ProgrammeYear.objects.filter(
        year__gte=account.enrolment.enrolled_on.year, year__lte=on.year
    ).order_by("-year")
