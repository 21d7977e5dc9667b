"""Random lives of a few partners: what the laws of points are held against.

Billing is punctual in them; runs of attribution are missed unless the life has one.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Min
from hypothesis import strategies as some

from billing.actions.renew import renew_due
from billing.models import Subscription
from billing.rules import Cycle
from billing.subjects import has_site_plan
from claims.errors import ClaimsError
from claims.models import Claim, Verdict
from partners.actions.points import attribute, void_event
from partners.actions.years import close_years
from partners.models import Account, CreditInForce, PointsDue, PointsEntry, QualifyingEvent, Site
from partners.models.points import EntryKind, VoidReason
from portal.lib import clock
from portal.testing import builders as make

A_DAY = timedelta(days=1)
BEGINS = date(2026, 9, 20)  # so that lives cross a New Year and a closing day
DAYS = 180

DEEDS = (
    *("buy", "buy", "tell", "tell", "join", "claim", "answer"),
    *("move", "refund", "adjust", "run", "close"),
)


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that happens; the numbers choose what it happens to."""

    day: int
    what: str
    who: int
    where: int
    number: int


def lives(*, deeds: tuple[str, ...] = DEEDS, most: int = 16) -> some.SearchStrategy[list[Deed]]:
    """Histories in the order of their days."""
    deed = some.builds(
        Deed,
        day=some.integers(0, DAYS),
        what=some.sampled_from(deeds),
        who=some.integers(0, 2),
        where=some.integers(0, 3),
        number=some.integers(0, 30),
    )
    ordered = some.lists(deed, min_size=5, max_size=most)
    return ordered.map(lambda history: sorted(history, key=lambda deed: deed.day))


class Life:
    """Two agencies and a client with four sites. The first agency has joined."""

    def __init__(self) -> None:
        make.programme()
        elsewhere = make.account(name="Elsewhere", owner="Charlie")
        self.accounts = [make.enrolled(), elsewhere, make.bakery()]
        self.sites = [make.site(account=self.accounts[number % 3]) for number in range(4)]
        self.today = BEGINS

    def live(self, deed: Deed) -> None:
        self.live_until(BEGINS + timedelta(days=deed.day), runs=False)
        account = self.accounts[deed.who]
        site = Site.objects.get(pk=self.sites[deed.where].pk)
        getattr(self, f"_{deed.what}")(account, site, deed.number)

    def live_until(self, day: date, *, runs: bool = True) -> None:
        """Every day on which something is due; what runs have missed comes today."""
        if runs:
            self.run()
        while self.today < day:
            self.today = min(self._next_due(), day)
            with clock.frozen(self.today):
                renew_due(on=self.today)
            if runs:
                self.run()

    def run(self) -> None:
        attribute(on=self.today)

    def _next_due(self) -> date:
        later = {"renewal": Min("next_charge_on"), "landing": Min("due_on")}
        days = [
            Subscription.objects.filter(next_charge_on__gt=self.today).aggregate(
                day=later["renewal"]
            )["day"],
            PointsDue.objects.filter(due_on__gt=self.today).aggregate(day=later["landing"])["day"],
        ]
        return min((day for day in days if day), default=date.max)

    # --- Deeds ---

    def _buy(self, _account: Account, site: Site, number: int) -> None:
        if not has_site_plan(site):
            cycle = Cycle.MONTHLY if number % 2 else Cycle.YEARLY
            make.subscription_bought(site=site, cycle=cycle, on=self.today)

    def _tell(self, _account: Account, site: Site, number: int) -> None:
        """Of an event some days ago, whose money comes today."""
        day = self.today - number * A_DAY
        if not QualifyingEvent.objects.filter(site=site, occurs_on=day).exists():
            make.event(site=site, on=day, paid_on=self.today)

    def _join(self, account: Account, _site: Site, _number: int) -> None:
        make.enrolled(account=account, on=self.today)

    def _claim(self, account: Account, site: Site, number: int) -> None:
        make.enrolled(account=account, on=self.today)
        try:
            claim = make.claim_submitted(account=account, site=site, on=self.today)
        except ClaimsError:
            return
        if number % 3:
            make.answered(claim=claim, on=self.today)

    def _answer(self, account: Account, _site: Site, number: int) -> None:
        verdict = Verdict.APPROVE if number % 2 else Verdict.DECLINE
        for claim in Claim.objects.filter(account=account):
            try:
                make.answered(claim=claim, verdict=verdict, on=self.today)
            except ClaimsError:
                continue

    def _move(self, account: Account, site: Site, _number: int) -> None:
        make.moved(site=site, to=account, on=self.today)

    def _refund(self, _account: Account, site: Site, number: int) -> None:
        events = list(site.qualifying_events.order_by("pk"))
        if events:
            event = events[number % len(events)]
            void_event(event, reason=VoidReason.REFUND, on=self.today)

    def _adjust(self, account: Account, _site: Site, number: int) -> None:
        PointsEntry.objects.create(
            account=account,
            programme_year_id=self.today.year,
            kind=EntryKind.ADJUSTMENT,
            points=number - 40,
            credited_on=self.today,
            note="A mistake put right",
            entered_by=make.person(name="Dana"),
        )

    def _run(self, _account: Account, _site: Site, _number: int) -> None:
        self.run()

    def _close(self, _account: Account, _site: Site, _number: int) -> None:
        close_years(at=make.noon(self.today))


def credited(account: Account) -> dict[tuple[int, int], tuple[date, date, int]]:
    """By site and year: when what stands was credited, for the event of which day, and points."""
    rows = CreditInForce.objects.filter(account=account).values_list(
        *("site_id", "programme_year_id", "entry__credited_on"),
        *("event__occurs_on", "entry__points"),
    )
    return {(site, year): (on, event, points) for site, year, on, event, points in rows}
