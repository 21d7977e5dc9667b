"""Where an account stands: the rank it holds, and what this year's points are on track for."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.core.cache import cache
from django.db.models import F, FilteredRelation, Q

from partners import rules
from partners.attribution import Judged
from partners.models import Account, Rank, Standing

NAME_KEPT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class RankHeld:
    """The rank an account holds: how far up, from which year, and until when."""

    level: int
    levels: int
    name: str
    benefits: tuple[str, ...]
    earned_in: int | None  # None for the rank everyone starts with
    held_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingNow:
    """Where an account stands this year. Feeds the rank card."""

    held: RankHeld
    year: int
    points: int
    ladder: tuple[Rank, ...]  # the year's ranks, the first first
    next_rank: Rank | None  # the first that this year's points have not reached
    forecast: int  # points by the year's end, from what is on its way
    on_track_name: str | None  # the rank the forecast reaches, if it is above this year's
    on_track_on: date | None  # the day its last point lands

    @property
    def level(self) -> int:
        return self.held.level

    @property
    def levels(self) -> int:
        return self.held.levels

    @property
    def rank_name(self) -> str:
        return self.held.name

    @property
    def earned_in(self) -> int | None:
        return self.held.earned_in

    @property
    def held_until(self) -> date | None:
        return self.held.held_until

    @property
    def next_name(self) -> str | None:
        return self.next_rank.name if self.next_rank else None

    @property
    def next_at(self) -> int | None:
        return self.next_rank.threshold_points if self.next_rank else None

    @property
    def to_go(self) -> int:
        return max(0, (self.next_at or 0) - self.points)

    @property
    def rank_above(self) -> Rank | None:
        """The first rank above the one held."""
        return self.ladder[self.level] if self.level < len(self.ladder) else None


@dataclass(slots=True)
class _Year:
    """A programme year's ladder, and what the account has in it."""

    ladder: list[Rank] = field(default_factory=list)
    points: int = 0
    final_level: int | None = None

    @property
    def thresholds(self) -> list[int]:
        return [rank.threshold_points for rank in self.ladder]

    def level_at(self, points: int) -> int:
        return rules.level_for(points, self.thresholds)


def rank_held(account: Account, *, on: date) -> RankHeld:
    """The rank held on a day: the better of last year's and of what this year has reached."""
    return _held(_years(account, on.year), on=on)


def rank_name(account: Account, *, on: date) -> str:
    """The name of the rank held on a day, as it was a few minutes ago at most."""
    key = f"rank-name:{account.ref}:{on:%Y-%m-%d}"
    name: str | None = cache.get(key)
    if name is None:
        name = rank_held(account, on=on).name
        cache.set(key, name, timeout=NAME_KEPT.total_seconds())
    return name


def rank_held_if(account: Account, *, year: int, points: int, on: date) -> RankHeld:
    """The rank that would be held with so many points more, or fewer, in a year."""
    years = _years(account, on.year)
    if year in years:
        years[year].points += points
    return _held(years, on=on)


def ranks_held(accounts: Collection[int], *, on: date) -> dict[int, RankHeld]:
    """The rank each of these accounts holds on a day; two queries however many they are."""
    ladders: dict[int, list[Rank]] = {on.year: [], on.year - 1: []}
    for rank in Rank.objects.filter(programme_year__in=ladders).order_by("level"):
        ladders[rank.programme_year_id].append(rank)
    years = {
        account: {year: _Year(ladder) for year, ladder in ladders.items()} for account in accounts
    }
    for one in Standing.objects.filter(account__in=accounts, programme_year__in=ladders):
        there = years[one.account_id][one.programme_year_id]
        there.points, there.final_level = one.points, one.final_level
    return {account: _held(own, on=on) for account, own in years.items()}


def standing_now(account: Account, *, on: date, coming: Iterable[Judged] = ()) -> StandingNow:
    """Where the account stands, and where what is `coming` takes it by the end of the year."""
    years = _years(account, on.year)
    this = years[on.year]
    level = this.level_at(this.points)
    arriving = sorted(
        (one for one in coming if one.programme_year == on.year), key=lambda one: one.lands_on
    )
    forecast = this.points + sum(one.points for one in arriving)
    reached = this.level_at(forecast)
    top = this.ladder[reached - 1] if reached > level else None
    return StandingNow(
        held=_held(years, on=on),
        year=on.year,
        points=this.points,
        ladder=tuple(this.ladder),
        next_rank=this.ladder[level] if level < len(this.ladder) else None,
        forecast=forecast,
        on_track_name=top.name if top else None,
        on_track_on=_reached_on(this.points, arriving, top.threshold_points) if top else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class YearSoFar:
    """What a year has come to, and what its next rank takes."""

    year: int
    points: int
    next_name: str | None
    to_go: int


def year_so_far(account: Account, year: int) -> YearSoFar:
    """The account's points in one year, by that year's ladder."""
    there = _years(account, year)[year]
    above = there.ladder[there.level_at(there.points) :]
    return YearSoFar(
        year=year,
        points=there.points,
        next_name=above[0].name if above else None,
        to_go=above[0].threshold_points - there.points if above else 0,
    )


def _years(account: Account, year: int) -> dict[int, _Year]:
    """The year and the one before it, in one query."""
    years = {year: _Year(), year - 1: _Year()}
    ranks = (
        Rank.objects.filter(programme_year__in=years)
        .select_related("programme_year")
        .annotate(
            standing=FilteredRelation(
                "programme_year__standings",
                condition=Q(programme_year__standings__account=account),
            ),
            points=F("standing__points"),
            final_level=F("standing__final_level"),
        )
        .order_by("level")
    )
    for rank in ranks:
        there = years[rank.programme_year_id]
        there.ladder.append(rank)
        there.points = rank.points or 0
        there.final_level = rank.final_level
    return years


def _held(years: dict[int, _Year], *, on: date) -> RankHeld:
    best_level, best_year = 1, None
    for year in (on.year, on.year - 1):
        level = years[year].final_level or years[year].level_at(years[year].points)
        if level > best_level:
            best_level, best_year = level, year
    ladder = years[best_year or on.year].ladder
    rank = ladder[best_level - 1]
    return RankHeld(
        level=best_level,
        levels=len(ladder),
        name=rank.name,
        benefits=rank.each_benefit,
        earned_in=best_year,
        held_until=rules.rank_holds_until(best_year) if best_year else None,
    )


def _reached_on(points: int, arriving: list[Judged], threshold: int) -> date | None:
    for one in arriving:
        points += one.points
        if points >= threshold:
            return one.lands_on
    return None
