"""Which of many lines name a site that an account may claim. The same few queries for any number.

A site that is not there and one that is not worked on come out of one query alike, so that neither
the answer nor the time it takes tells which it was.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower

from claims.models import OPEN, Claim, ClaimState, Outcome, SubmittedLine
from claims.pasted import Line
from partners.addresses import AddressError, and_above, normalise
from partners.models import Account, Contributor, ContributorApproval, Membership, Site


@dataclass(frozen=True, slots=True)
class Judgement:
    """A line's answer, the site it leads to, and the claim that is there already."""

    line: Line
    outcome: Outcome
    site: Site | None = None
    claim_id: int | None = None


def lines_answered(account: Account, *, on: date) -> int:
    """How many lines of this account were answered that day, refused ones among them."""
    lines = SubmittedLine.objects.filter(submission__account=account, submission__submitted_on=on)
    return lines.exclude(outcome=Outcome.TOO_MANY).count()


def judge_lines(
    account: Account, lines: Sequence[Line], *, on: date, at_most: int
) -> list[Judgement]:
    """An answer for each line, in order; what is named twice is answered once."""
    unique: dict[str, tuple[Line, str]] = {}
    for line in lines:
        address = _address(line.text)
        unique.setdefault(address or line.text.casefold(), (line, address))
    judge = _Judge(account, [address for _line, address in unique.values()], on=on)
    return [
        judge.judge(line, address) if place < at_most else Judgement(line, Outcome.TOO_MANY)
        for place, (line, address) in enumerate(unique.values())
    ]


class _Judge:
    """What is known of all the sites at once, read when it is made."""

    def __init__(self, account: Account, addresses: list[str], *, on: date) -> None:
        self._account = account
        self._sites = _sites_at(account, addresses, on=on)
        worked_on = [site for site in self._sites.values() if site.is_worked_on]  # type: ignore[attr-defined]
        self._claimed = _claimed(account, worked_on, on=on)
        self._own_addresses = addresses_of(account)

    def judge(self, line: Line, address: str) -> Judgement:
        if not address:
            return Judgement(line, Outcome.NOT_AN_ADDRESS)
        site = next(self._sites_above(address), None)
        is_own = site is not None and site.account_id == self._account.pk
        if site is None or not (is_own or site.is_worked_on):  # type: ignore[attr-defined]
            return Judgement(line, Outcome.NOT_FOUND)
        if is_own:
            return Judgement(line, Outcome.OWN_SITE)
        if site.pk in self._claimed:
            return Judgement(line, Outcome.ALREADY_CLAIMED, site, self._claimed[site.pk])
        self._claimed[site.pk] = None  # by this line: the next one is the second
        is_own_team = site.account.email.lower() in self._own_addresses
        return Judgement(line, Outcome.WITH_STAFF if is_own_team else Outcome.ACCEPTED, site)

    def _sites_above(self, address: str) -> Iterator[Site]:
        """The site a pasted address leads to: itself, or else the one the page is on."""
        return (self._sites[one] for one in and_above(address) if one in self._sites)


def _address(text: str) -> str:
    try:
        return normalise(text)
    except AddressError:
        return ""


def _sites_at(account: Account, addresses: list[str], *, on: date) -> dict[str, Site]:
    """The sites at or above the addresses; `is_worked_on` says whether by the account that day."""
    spells = Contributor.objects.filter(account=account, site=OuterRef("pk"), from_on__lte=on)
    candidates = {above for address in addresses for above in and_above(address)}
    found = Site.objects.filter(address__in=candidates).select_related("account")
    found = found.annotate(is_worked_on=Exists(spells.exclude(to_on__lt=on)))
    return {site.address: site for site in found}


def _claimed(account: Account, sites: list[Site], *, on: date) -> dict[int, int | None]:
    """The sites that cannot be claimed again now, with the claim that says so.

    An open one, one of this year (unless the site has moved since), or an approval in force.
    """
    approved = ContributorApproval.objects.filter(account=account, site__in=sites, ended_on=None)
    claimed: dict[int, int | None] = dict.fromkeys(approved.values_list("site", flat=True))
    claims = Claim.objects.in_account(account).filter(site__in=sites).order_by("submitted_at", "id")
    of_year = Q(programme_year=on.year) & ~Q(state=ClaimState.MOVED)
    hindering = claims.filter(of_year | Q(state__in=OPEN) | Q(site__in=list(claimed)))
    return claimed | dict(hindering.values_list("site", "pk"))


def addresses_of(account: Account) -> set[str]:
    """Where the account and its team are reached: nobody there approves its claims."""
    team = Membership.objects.filter(account=account).values_list(Lower("user__email"), flat=True)
    return {account.email.lower(), *team}
