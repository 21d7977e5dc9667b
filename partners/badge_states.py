"""What is true of an account's badge on a day: held, revoked, expired, or none."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from partners.models import Account, BadgeRevocation, Rank, Standing
from partners.rules import BADGE_FROM_LEVEL, rank_holds_until
from partners.standings import RankHeld, rank_held
from portal.lib import clock


class BadgeState(StrEnum):
    """The first of these that applies."""

    REVOKED = "revoked"
    HELD = "held"
    EXPIRED = "expired"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Expired:
    """The last badge there was, and the last day it was held."""

    rank: str
    year: int
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class BadgeOn:
    """An account's badge on a day, with the rank that is held whatever becomes of the badge."""

    state: BadgeState
    held: RankHeld
    revocation: BadgeRevocation | None = None
    expired: Expired | None = None

    @property
    def revoked_on(self) -> date | None:
        return clock.date_of(self.revocation.revoked_at) if self.revocation else None


def badge_of(account: Account, *, on: date) -> BadgeOn:
    """What to say about the account's badge on a day."""
    held = rank_held(account, on=on)
    if revocation := account.badge_revocations.in_force().first():
        return BadgeOn(state=BadgeState.REVOKED, held=held, revocation=revocation)
    if held.level >= BADGE_FROM_LEVEL and held.earned_in is not None:
        return BadgeOn(state=BadgeState.HELD, held=held)
    if expired := _expired(account, on=on):
        return BadgeOn(state=BadgeState.EXPIRED, held=held, expired=expired)
    return BadgeOn(state=BadgeState.NONE, held=held)


def _expired(account: Account, *, on: date) -> Expired | None:
    """The badge of the latest closed year that had one, if its time is over."""
    closed = Standing.objects.filter(
        account=account, final_level__gte=BADGE_FROM_LEVEL, programme_year__lt=on.year - 1
    )
    last = closed.order_by("-programme_year").first()
    if last is None or last.final_level is None:
        return None
    year = last.programme_year_id
    rank = Rank.objects.get(programme_year=year, level=last.final_level)
    return Expired(rank=rank.name, year=year, last_day=rank_holds_until(year))
