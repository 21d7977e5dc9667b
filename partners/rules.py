"""Policy of the partner programme: data and pure functions, no Django.

What staff decide from year to year (values, thresholds, waiting days) is rows of the programme
year, not here. Each rule is told in docs/rules.md under the heading named beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Relation(StrEnum):
    """How an account came by a site's points."""

    OWNER = "owner"
    CONTRIBUTOR = "contributor"


class EventKind(StrEnum):
    """What happened to a site's premium plan."""

    ACTIVATED = "activated"
    RENEWED = "renewed"


class AdjustmentReason(StrEnum):
    """Why staff change an account's points by hand. Their words are beside the model."""

    MISTAKE = "mistake"
    MISSING = "missing"
    COUNTED_TWICE = "counted_twice"
    GOODWILL = "goodwill"
    NOT_EARNED = "not_earned"


@dataclass(frozen=True, slots=True)
class RankDefault:
    """A rank a new programme year starts from."""

    level: int
    name: str
    threshold_points: int


@dataclass(frozen=True, slots=True)
class YearDefaults:
    """What a new programme year is made of until staff change it."""

    waiting_days: int  # days from the event to its points
    closes_month: int  # the year's final ranks are fixed on this day …
    closes_day: int  # … of the following January
    points: int  # per credited site, owner and contributor alike
    ranks: tuple[RankDefault, ...]


# docs/rules.md: "Points" and "Ranks". The waiting period leaves room for a refund; closing on
# 15 January lets the last event of December (31 December + 14 days) still land in its year.
YEAR_DEFAULTS = YearDefaults(
    waiting_days=14,
    closes_month=1,
    closes_day=15,
    points=100,
    ranks=(
        RankDefault(1, "Pioneer", 0),
        RankDefault(2, "Creator", 1_000),
        RankDefault(3, "Icon", 2_000),
        RankDefault(4, "Legend", 5_000),
    ),
)

# docs/rules.md: "Badge". A badge is something earned: the rank everyone starts with has none.
BADGE_FROM_LEVEL = 2
# docs/rules.md: "Marketplace". A directory of agencies who have shown what they can do.
MARKETPLACE_FROM_LEVEL = 3


# docs/rules.md: "Adjustments". Up to so many points, either way, one person is enough; half of the
# way to the first badge is not one person's to give.
ADJUSTED_ALONE_UP_TO = 500
# More than any account earns in a year is a slip of the keyboard.
ADJUSTED_AT_MOST = 100_000


def needs_second_person(points: int) -> bool:
    """Whether an adjustment by so many points, signed, waits for somebody else's word."""
    return abs(points) > ADJUSTED_ALONE_UP_TO


def closes_on(year: int) -> date:
    """The day a programme year closes; from then on its ranks are final."""
    return date(year + 1, YEAR_DEFAULTS.closes_month, YEAR_DEFAULTS.closes_day)


def rank_holds_until(year: int) -> date:
    """The last day a rank earned in `year` is held."""
    return date(year + 1, 12, 31)


def level_for(points: int, thresholds: Sequence[int]) -> int:
    """The rank level (1 is the first) that `points` reach; thresholds ascend from zero."""
    return max(1, sum(points >= threshold for threshold in thresholds))


# --- Staff ---------------------------------------------------------------------------------------

# docs/rules.md: "Staff". Long enough for a telephone call; then the reason is asked for anew.
STAFF_VISIT = timedelta(minutes=30)


# --- Team ----------------------------------------------------------------------------------------

# docs/rules.md: "Team and roles". Long enough for a holiday, short enough that a forgotten
# invitation is no open door.
INVITATION_VALID = timedelta(days=14)

# How often in an hour an invitation can be sent again, and how many an account can send in a day:
# enough for any team, and nothing for who wants to send mail in our name.
INVITATION_PAUSE = timedelta(hours=1)
INVITATIONS_A_DAY = 50

# --- Questions -----------------------------------------------------------------------------------

# docs/rules.md: "Questions". Enough for a bad day, and nothing that keeps staff from the others.
QUESTIONS_A_DAY = 10
QUESTION_LENGTH = 2_000  # characters, of an answer as well

# --- Notifications -------------------------------------------------------------------------------

# docs/rules.md: "Notifications". Who reads weekly is told on this weekday (0 is Monday). A digest
# looks back so far: a weekly one that was missed is in the next, and nobody is told old news.
DIGEST_WEEKDAY = 0
DIGEST_LOOKS_BACK = timedelta(days=14)
# Lines a digest shows of what landed, and of what is on its way; the rest is on the page.
DIGEST_LINES = 25
DIGEST_COMING = 5


# --- Marketplace ---------------------------------------------------------------------------------


class Standard(StrEnum):
    """What a profile has to meet to be listed, and to stay so."""

    TRUE = "true"  # it says who they are and what they do, and it is so
    OWN = "own"  # words and logo are theirs to use
    REACHABLE = "reachable"  # their site works, and a request gets an answer
    FAIR = "fair"  # nothing misleading, nothing about others
    CLEAR = "clear"  # a customer understands what is offered, where, in which languages


# docs/rules.md: "Marketplace". Staff tick every one of them to approve an application.
STANDARDS: tuple[Standard, ...] = tuple(Standard)


@dataclass(frozen=True, slots=True)
class LogoPolicy:
    """What is taken as a logo, and what is made of it."""

    bytes_at_most: int
    pixels_at_most: int  # width by height, before anything is decoded
    side: int  # pixels of the square that is kept


# docs/rules.md: "Marketplace". Ten million pixels are more than any camera's logo and 40 MB in
# memory; twice the size at which the largest page shows it keeps it sharp on any screen.
LOGO_POLICY = LogoPolicy(bytes_at_most=2 * 1024 * 1024, pixels_at_most=10_000_000, side=320)


@dataclass(frozen=True, slots=True)
class QuotePolicy:
    """What holds spam back from those who are listed."""

    least_time: timedelta  # between opening the form and sending it: nobody types faster
    form_valid: timedelta  # after that it has to be sent again
    links_at_most: int
    a_day_from_an_address: int
    a_day_from_a_network_address: int
    a_day_to_a_partner: int


# docs/rules.md: "Marketplace". Enough for anybody who compares agencies; a partner who is asked
# more often than this in a day is being flooded.
QUOTE_POLICY = QuotePolicy(
    least_time=timedelta(seconds=4),
    form_valid=timedelta(hours=12),
    links_at_most=2,
    a_day_from_an_address=5,
    a_day_from_a_network_address=10,
    a_day_to_a_partner=30,
)
