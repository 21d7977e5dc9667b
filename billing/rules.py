"""Policy of billing: when a renewal is charged, at which price, and how often it is tried.

Data and pure functions, no Django. Every number here is told, with its reason, in docs/rules.md
under the heading named beside it, and stands nowhere else.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from portal.lib.periods import Term, add_months, anniversary


class Kind(StrEnum):
    """What a product is."""

    SITE_PLAN = "site_plan"
    STUDIO_PLAN = "studio_plan"
    MARKETING_SUITE = "marketing_suite"
    DOMAIN = "domain"
    BUSINESS_EMAIL = "business_email"
    APP = "app"


class Cycle(StrEnum):
    """How long one period is."""

    MONTHLY = "monthly"
    YEARLY = "yearly"
    TWO_YEAR = "2-year"
    THREE_YEAR = "3-year"


MONTHS = {Cycle.MONTHLY: 1, Cycle.YEARLY: 12, Cycle.TWO_YEAR: 24, Cycle.THREE_YEAR: 36}


class Subject(StrEnum):
    """What a subscription is for."""

    SITE = "site"
    ACCOUNT = "account"
    DOMAIN = "domain"  # a name the buyer types
    MAILBOX = "mailbox"  # an address the buyer types


# docs/rules.md: "Buying".
SOLD_FOR: dict[Kind, Subject] = {
    Kind.SITE_PLAN: Subject.SITE,
    Kind.STUDIO_PLAN: Subject.ACCOUNT,
    Kind.MARKETING_SUITE: Subject.SITE,
    Kind.DOMAIN: Subject.DOMAIN,
    Kind.BUSINESS_EMAIL: Subject.MAILBOX,
    Kind.APP: Subject.SITE,
}

# docs/rules.md: "Buying". One of each product runs for a subject; of other kinds, one in all.
ONE_OF_EACH_PRODUCT = frozenset({Kind.APP})


def exclusive_key(*, kind: Kind, product: str, subject: str) -> str:
    """What only one running subscription may be for: `site_plan:17`, `app:bookings:17`.

    `product` is its code; `subject` the id of the site or account, or the domain or mailbox.
    """
    parts = [kind.value, product] if kind in ONE_OF_EACH_PRODUCT else [kind.value]
    return ":".join([*parts, subject.lower()])


# docs/rules.md: "What counts". Only the premium plan of a site is a qualifying event; add-ons are
# not, and neither is the studio plan, which is the agency's own tool.
KINDS_THAT_EARN_POINTS = frozenset({Kind.SITE_PLAN})


@dataclass(frozen=True, slots=True)
class ChargeLead:
    """Days ahead, by cycle: of a renewal's charge, or of the mail that announces it."""

    monthly_days: int
    longer_days: int

    def days(self, cycle: Cycle) -> int:
        return self.monthly_days if cycle is Cycle.MONTHLY else self.longer_days


# docs/rules.md: "Changing plan". What comes in tiers can be changed for another tier; a domain or
# an app is itself and nothing else, so only its cycle can be changed.
KINDS_WITH_TIERS = frozenset(
    {Kind.SITE_PLAN, Kind.STUDIO_PLAN, Kind.MARKETING_SUITE, Kind.BUSINESS_EMAIL}
)

# docs/rules.md: "Charge days".
CHARGE_LEADS: dict[Kind, ChargeLead] = {
    Kind.SITE_PLAN: ChargeLead(monthly_days=0, longer_days=14),
    Kind.STUDIO_PLAN: ChargeLead(monthly_days=0, longer_days=14),
    Kind.MARKETING_SUITE: ChargeLead(monthly_days=0, longer_days=14),
    Kind.APP: ChargeLead(monthly_days=0, longer_days=0),
    # A registry wants its money before the name lapses, so domains are charged earliest.
    Kind.DOMAIN: ChargeLead(monthly_days=30, longer_days=30),
    Kind.BUSINESS_EMAIL: ChargeLead(monthly_days=30, longer_days=30),
}


def charge_on(*, kind: Kind, cycle: Cycle, running: Term) -> date:
    """The day the period after `running` is charged: never before `running` itself began."""
    lead = timedelta(days=CHARGE_LEADS[kind].days(cycle))
    return max(running.ends_on - lead, running.starts_on)


# --- Price ---------------------------------------------------------------------------------------


def sale_ends_on(purchased_on: date) -> date:
    """The first day whose periods are no longer at the sale price: the first anniversary."""
    return anniversary(purchased_on)


def sale_applies(*, starts_on: date, purchased_on: date) -> bool:
    """Whether a period is at the sale price: decided by its start, never by the charge date."""
    return starts_on < sale_ends_on(purchased_on)


class PriceReason(StrEnum):
    """Why a line costs what it costs."""

    STANDARD = "standard"
    SALE = "sale"
    NONPROFIT = "nonprofit"
    COUPON = "coupon"
    VOLUME = "volume"


# docs/rules.md: "Prices and sales". Days before the charge on which a dearer renewal is announced:
# long enough to think about a year, short enough to remember a month.
NOTICE_LEAD = ChargeLead(monthly_days=7, longer_days=30)


def notice_on(*, cycle: Cycle, charge_on: date) -> date:
    """The day from which a dearer renewal is announced, if it is charged on `charge_on`."""
    return charge_on - timedelta(days=NOTICE_LEAD.days(cycle))


def announced_in_time_from(*, cycle: Cycle, on: date) -> date:
    """The earliest charge that can still be announced in time, seen from that day."""
    return on + timedelta(days=NOTICE_LEAD.days(cycle))


# docs/rules.md: "Notifications". Of plans for a year or longer, which are easily forgotten; by then
# a dearer renewal has been announced, and is not told of twice.
RENEWAL_NOTICE_DAYS = 14
CYCLES_TOLD_AHEAD = frozenset(Cycle) - {Cycle.MONTHLY}


# Neighbouring periods are charged a cycle apart, give or take the days by which months differ.
CYCLE_MARGIN = timedelta(days=7)


def compared_days(*, cycle: Cycle, on: date) -> tuple[date, date]:
    """The days in which lie the charges of whatever could be announced, and those before them."""
    earliest = add_months(on, -MONTHS[cycle]) - CYCLE_MARGIN
    return earliest, on + timedelta(days=NOTICE_LEAD.days(cycle))


# --- Coupons -------------------------------------------------------------------------------------

# docs/rules.md: "Bulk purchase and coupons".
KINDS_SOLD_IN_BULK = frozenset({Kind.SITE_PLAN})
COUPONS_AT_ONCE = 500
COUPONS_VALID_MONTHS = 12
# Codes nobody has, typed by one person, or for the sites of one account.
WRONG_CODES_A_DAY = 20


def coupons_term(bought_on: date) -> Term:
    """The days on which coupons bought on that day can be used."""
    expires_on = add_months(bought_on, COUPONS_VALID_MONTHS)
    return Term(ordinal=0, starts_on=bought_on, ends_on=expires_on)


# --- Retries -------------------------------------------------------------------------------------


# docs/rules.md: "Retries". Days after the first attempt on which an unsuccessful charge is tried
# again. Charged early: inside the time still paid for, and once more on the day it ends. Charged on
# the day: spread over a week of grace in which the service goes on.
RETRY_DAYS_CHARGED_EARLY = (1, 3, 7, 13)
RETRY_DAYS_CHARGED_ON_THE_DAY = (1, 3, 5, 7)


def attempt_days(*, first_on: date, starts_on: date) -> tuple[date, ...]:
    """Every day on which a renewal may be attempted, the first included, ascending.

    `first_on` is the day of the first attempt, `starts_on` the start of the period it pays for.
    """
    if first_on < starts_on:
        early = (first_on + timedelta(days=days) for days in RETRY_DAYS_CHARGED_EARLY)
        return (first_on, *(day for day in early if day < starts_on), starts_on)
    later = (first_on + timedelta(days=days) for days in RETRY_DAYS_CHARGED_ON_THE_DAY)
    return (first_on, *later)


def next_attempt_on(*, first_on: date, starts_on: date, today: date) -> date | None:
    """The next day to try after a decline today; None when the last day has passed."""
    days = attempt_days(first_on=first_on, starts_on=starts_on)
    return next((day for day in days if day > today), None)


def collect_until(*, first_on: date, starts_on: date) -> date:
    """The last day of collecting: unpaid after it, the renewal is given up."""
    return attempt_days(first_on=first_on, starts_on=starts_on)[-1]


# --- Cards on file -------------------------------------------------------------------------------


# docs/rules.md: "Cards". Days before a card's last day from which its holder reads that it expires.
CARD_EXPIRES_SOON_DAYS = 30


class Expiry(StrEnum):
    """How near a card's last day is. It is charged all the same: networks renew cards."""

    LATER = "later"
    SOON = "soon"
    PASSED = "passed"


def card_expires_on(*, month: int, year: int) -> date:
    """A card's last day: the last of the month on it."""
    return date(year, month, monthrange(year, month)[1])


def card_expiry(*, month: int, year: int, today: date) -> Expiry:
    last_day = card_expires_on(month=month, year=year)
    if last_day < today:
        return Expiry.PASSED
    is_soon = last_day - today <= timedelta(days=CARD_EXPIRES_SOON_DAYS)
    return Expiry.SOON if is_soon else Expiry.LATER


def months_expiring_soon(today: date) -> list[tuple[int, int]]:
    """Year and month on the cards that expire soon, seen from that day."""
    near = {(day.year, day.month) for day in (today, add_months(today.replace(day=1), 1))}
    return [
        (year, month)
        for year, month in sorted(near)
        if card_expiry(month=month, year=year, today=today) is Expiry.SOON
    ]


# --- Gateway outcomes ----------------------------------------------------------------------------


class Outcome(StrEnum):
    """What a gateway can say of an attempt."""

    SUCCEEDED = "succeeded"
    SOFT_DECLINE = "soft_decline"  # try again on another day
    HARD_DECLINE = "hard_decline"  # only a new or updated method helps
    UNKNOWN = "unknown"  # no answer: ask again, never charge anew
    OUTAGE = "outage"  # the gateway was down: the same attempt again


# --- Refunds -------------------------------------------------------------------------------------

# docs/rules.md: "Refunds and voids". So much of one invoice one person may pay back alone; of a
# currency that is not here, nothing.
REFUNDED_ALONE_UP_TO = {
    "USD": Decimal(500),
    "EUR": Decimal(500),
    "GBP": Decimal(400),
    "CHF": Decimal(500),
    "JPY": Decimal(75_000),
}


def refund_needs_second_person(given_alone: Decimal, *, currency: str) -> bool:
    """Whether so much of one invoice, all its parts together, is more than one person may give."""
    return given_alone > REFUNDED_ALONE_UP_TO.get(currency, Decimal(0))
