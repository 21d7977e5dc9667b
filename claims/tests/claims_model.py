"""The rules of claims, stated a second time: plain objects, no database, nothing of the code.

Who reads docs/rules.md ("Claims", "Points") should find them here. Every verb is told the day by
`today`, and says by the name of the refusal why it did nothing.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

Relation = Literal["owner", "contributor"]
MailState = Literal["queued", "sent", "withheld"]

FOLLOW_UP, LAPSE, CHANGE_OF_MIND, WAITING = (timedelta(days=days) for days in (7, 30, 14, 14))
AGENCIES, CLIENTS = ("Studio", "Workshop"), ("Bakery", "Florist")


class RefusedError(Exception):
    """The rules say no, by the name under which the code says so."""


@dataclass(frozen=True)
class Said:
    """What a person answered, on which day."""

    is_yes: bool
    on: date


@dataclass(eq=False)
class Claim:
    """One claim, with the mails it has caused by the last part of their keys."""

    pk: int
    account: str
    site: str
    client: str
    year: int
    asked_on: date
    state: str = "awaiting"
    follow_up_on: date | None = None
    answers: list[Said] = field(default_factory=list)
    was_put_right: bool = False
    mails: dict[str, MailState] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        return self.account, self.site

    @property
    def is_moved(self) -> bool:
        """Its site left who was asked, while nobody had answered: as if it had not been made."""
        return self.state == "moved"

    @property
    def final_from(self) -> date:
        """The first day on which the answer cannot be changed any more."""
        return self.answers[0].on + CHANGE_OF_MIND + timedelta(days=1)


@dataclass(eq=False)
class Event:
    """A renewal of a site."""

    site: str
    on: date
    number: int
    is_void: bool = False


@dataclass
class Approval:
    """What a client's yes lets an agency earn: the site's events from a year on, from a day on."""

    from_year: int
    counts_from: date


Earned = tuple[str, str, int]  # account, site, year


@dataclass
class Model:
    """All there is: who holds which site, what was claimed and answered, who earned what."""

    today: date
    holders: dict[str, list[tuple[date, str]]]  # of each site, since when
    claims: list[Claim] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    approvals: dict[tuple[str, str], Approval] = field(default_factory=dict)
    credits: dict[Earned, tuple[Event, Relation]] = field(default_factory=dict)

    def holder(self, site: str, *, on: date) -> str:
        return [account for since, account in self.holders[site] if since <= on][-1]

    # --- What partners do -------------------------------------------------------------------------

    def submit(self, claim: Claim) -> None:
        theirs = [one for one in self.claims if one.key == claim.key and not one.is_moved]
        if claim.client == claim.account:
            raise RefusedError("OwnSiteError")
        if (
            any(one.state == "awaiting" or one.year == claim.year for one in theirs)
            or claim.key in self.approvals
        ):
            raise RefusedError("AlreadyClaimedError")
        claim.follow_up_on = self.today + FOLLOW_UP
        claim.mails["request"] = "queued"
        self.claims.append(claim)

    def withdraw(self, claim: Claim) -> None:
        if claim.state != "awaiting":
            raise RefusedError("NotOpenError")
        self._close(claim, "withdrawn")

    # --- What clients say -------------------------------------------------------------------------

    def answer(self, claim: Claim, *, is_yes: bool) -> None:
        if claim.was_put_right or claim.state not in {"awaiting", "approved", "declined"}:
            raise RefusedError("NotAnswerableError")
        if claim.state == "awaiting" and self.holder(claim.site, on=self.today) != claim.client:
            raise RefusedError("NotAnswerableError")
        if claim.answers and self.today >= claim.final_from:
            raise RefusedError("AnswerFinalError")
        if claim.answers and claim.answers[-1].is_yes == is_yes:
            return
        claim.answers.append(Said(is_yes, self.today))
        self._close(claim, "approved" if is_yes else "declined")
        if is_yes:
            self._approve(claim, counts_from=self.today)
        else:
            self._end_approval(claim)
        for mail in ("receipt", "answered"):
            claim.mails[f"{mail}:{len(claim.answers)}"] = "queued"

    # --- What staff do ----------------------------------------------------------------------------

    def reinstate(self, claim: Claim) -> None:
        if claim.state != "declined":
            raise RefusedError("NotDeclinedError")
        claim.was_put_right = True
        self._close(claim, "approved")
        self._approve(claim, counts_from=claim.answers[-1].on)
        claim.mails |= {"reinstated": "queued", "reinstated:client": "queued"}

    # --- What happens to sites --------------------------------------------------------------------

    def renew(self, site: str) -> Event:
        event = Event(site, self.today, len(self.events))
        self.events.append(event)
        return event

    def refund(self, event: Event) -> None:
        event.is_void = True
        self._take_back(lambda _earned, credited, _relation: credited is event)

    def move(self, site: str, account: str) -> None:
        """The day's events are the new holder's already."""
        if self.holder(site, on=self.today) == account:
            return
        self.holders[site].append((self.today, account))
        self._take_back(
            lambda _earned, event, relation: (
                relation == "owner" and event.site == site and event.on >= self.today
            )
        )

    # --- What happens by itself -------------------------------------------------------------------

    def has_work(self) -> bool:
        """Whether a job has anything to do today."""
        days = {claim.follow_up_on for claim in self.claims}
        days |= {one.asked_on + LAPSE for one in self.claims if one.state == "awaiting"}
        days |= {
            self._lands(event, account)[0]
            for event in self.events
            for account in (*AGENCIES, *CLIENTS)
        }
        return self.today in days

    def send_mail(self) -> None:
        for claim in self.claims:
            for mail, state in claim.mails.items():
                if state == "queued":
                    claim.mails[mail] = "sent"

    def follow_up_claims(self) -> None:
        """What moved ends, what is overdue lapses; a follow-up is for who can still answer."""
        for claim in [one for one in self.claims if one.state == "awaiting"]:
            if self.holder(claim.site, on=self.today) != claim.client:
                self._close(claim, "moved")
                claim.mails["moved"] = "queued"
            elif claim.asked_on + LAPSE <= self.today:
                self._close(claim, "lapsed")
                claim.mails["lapsed"] = "queued"
            elif claim.follow_up_on and claim.follow_up_on <= self.today:
                claim.follow_up_on = None
                claim.mails["follow_up"] = "queued"

    def attribute(self) -> None:
        """Of an account, site and year the event that landed first is credited, and only that."""
        for account in (*AGENCIES, *CLIENTS):
            landed = [
                (lands_on, event.on, event.number, event, relation)
                for event in self.events
                if not event.is_void
                for lands_on, relation in [self._lands(event, account)]
                if lands_on and lands_on <= self.today and lands_on < closes(event.on.year)
            ]
            for _lands_on, on, _number, event, relation in sorted(landed, key=lambda one: one[:3]):
                self.credits.setdefault((account, event.site, on.year), (event, relation))

    # --- How --------------------------------------------------------------------------------------

    def _lands(self, event: Event, account: str) -> tuple[date | None, Relation]:
        """When an event brings an account points, if nothing else has by then, and as what."""
        if self.holder(event.site, on=event.on) == account:
            return event.on + WAITING, "owner"
        approval = self.approvals.get((account, event.site))
        if approval is None or approval.from_year > event.on.year:
            return None, "contributor"
        return max(event.on + WAITING, approval.counts_from), "contributor"

    def _close(self, claim: Claim, state: str) -> None:
        """Nothing is asked any more: what would ask and has not left yet stays."""
        claim.state, claim.follow_up_on = state, None
        for mail in ("request", "follow_up"):
            if claim.mails.get(mail) == "queued":
                claim.mails[mail] = "withheld"

    def _approve(self, claim: Claim, *, counts_from: date) -> None:
        """Two claims of a site, both approved, let it count from the earlier year and day on."""
        known = self.approvals.get(claim.key, Approval(claim.year, counts_from))
        self.approvals[claim.key] = Approval(
            min(known.from_year, claim.year), min(known.counts_from, counts_from)
        )

    def _end_approval(self, claim: Claim) -> None:
        """The latest word on a site counts, to whichever of its claims it was said."""
        self.approvals.pop(claim.key, None)
        self._take_back(
            lambda earned, _event, relation: earned[:2] == claim.key and relation == "contributor"
        )

    def _take_back(self, is_taken) -> None:
        self.credits = {
            earned: (event, relation)
            for earned, (event, relation) in self.credits.items()
            if not is_taken(earned, event, relation)
        }


def closes(year: int) -> date:
    """The first day on which nothing of a year lands any more."""
    return date(year + 1, 1, 15)
