"""What the model of billing knows: deals, bills and their days, as docs/rules.md tells them.

Tables and calendar are the model's own, so that both are wrong together only if two people were.
Amounts contain their tax unless a name says `net`.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from billing.tests.moody_gateway import Mood

MONTHS = {"monthly": 1, "yearly": 12, "2-year": 24}

# docs/rules.md: "Charge days". Before the running period ends; of a monthly plan, of a longer one.
LEADS = {"site_plan": (0, 14), "app": (0, 0), "domain": (30, 30), "business_email": (30, 30)}

# docs/rules.md: "Retries". Days after the first attempt; tried before the period starts, or not.
EARLY, LATE = (1, 3, 7, 13), (1, 3, 5, 7)

# docs/rules.md: "Changing plan".
HAS_TIERS = {"site_plan", "business_email"}


def months_after(day: date, months: int) -> date:
    """That day so many months later; the month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year, month + 1, 28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return last if day.day > last.day else last.replace(day=day.day)


@dataclass(eq=False)
class Card:
    ref: str
    mood: Mood = Mood.GOOD
    renewed_at: datetime | None = None


@dataclass(eq=False)
class Account:
    name: str
    cards: list[Card]
    default: Card
    tax_percent: int = 0
    is_nonprofit: bool = False


@dataclass(frozen=True)
class Plan:
    kind: str
    product: str
    cycle: str


@dataclass(frozen=True)
class Version:
    """A price, for purchases from one day on and for renewals from another."""

    net: Decimal
    new_from: date
    existing_from: date


@dataclass(eq=False)
class Deal:
    """A subscription. Its next period begins `months` after the anchor."""

    pk: int
    account: Account
    plan: Plan
    site: int | None
    card: Card | None  # none: the account's default
    bought_on: date
    sale_net: Decimal | None
    anchor: date = date.min
    months: int = 0
    state: str = "starting"
    paid_through: date | None = None
    charge_on: date | None = None
    is_cancelled: bool = False
    wish: Plan | None = None
    paid: "list[Share]" = field(default_factory=list)

    @property
    def charge_day(self) -> date:
        """When the period after the one paid last is charged; that one's cycle decides."""
        last = self.paid[-1]
        days = LEADS[last.plan.kind][last.plan.cycle != "monthly"]
        return max(last.ends - timedelta(days=days), last.starts)

    def next_period(self) -> tuple[date, date]:
        after = self.months + MONTHS[self.plan.cycle]
        return months_after(self.anchor, self.months), months_after(self.anchor, after)


@dataclass(eq=False)
class Share:
    """A line of a bill: one period. `taken_off` is all credited, `back` what was paid back."""

    bill: "Bill"
    deal: Deal
    plan: Plan
    starts: date
    ends: date
    amount: Decimal
    state: str = "open"  # or paid, or left
    taken_off: Decimal = Decimal(0)
    back: Decimal = Decimal(0)

    @property
    def is_back(self) -> bool:
        """Whether its money went back, all of it."""
        return 0 < self.back == self.amount

    @property
    def days(self) -> list[date]:
        """Every day on which it is tried again."""
        first = self.bill.first_on
        if first < self.starts:
            early = [first + timedelta(days=days) for days in EARLY]
            return [*(day for day in early if day < self.starts), self.starts]
        return [first + timedelta(days=days) for days in LATE]


@dataclass(eq=False)
class Bill:
    """An invoice: what an account owes on one day with one card."""

    account: Account
    card: Card | None
    due_on: date
    first_on: date
    is_purchase: bool
    shares: list[Share] = field(default_factory=list)
    state: str = "open"
    next_try: date | None = None
    tries: "list[Attempt]" = field(default_factory=list)

    @property
    def open_shares(self) -> list[Share]:
        return [share for share in self.shares if share.state == "open"]

    @property
    def is_waiting(self) -> bool:
        """Open, and nobody is asked for it right now."""
        return self.state == "open" and self.tries[-1].is_settled

    @property
    def card_now(self) -> Card:
        return self.card or self.account.default

    def next_day(self, *, after: date) -> date | None:
        """The next day on which one of its shares is tried."""
        days = (day for share in self.open_shares for day in share.days if day > after)
        return min(days, default=None)


@dataclass(eq=False)
class Attempt:
    """`known` is what the gateway has in its book: nothing, or how charging went."""

    bill: Bill
    card: Card
    amount: Decimal
    made_at: datetime
    made_on: date
    known: Mood | None = None
    is_settled: bool = False

    def was_with(self, card: Card) -> bool:
        """Whether it tried this card as it is now."""
        return self.card is card and not (card.renewed_at and card.renewed_at > self.made_at)


@dataclass(eq=False)
class Refund:
    share: Share
    amount: Decimal
    made_at: datetime
    is_settled: bool = False
