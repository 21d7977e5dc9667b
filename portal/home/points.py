"""Where are my points? Verdicts, renewals and claims together, for every site of an account."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from django.db.models import Q, QuerySet

from billing.queries import expected_events, subscribed
from claims.models import Claim
from claims.queries import claim_hindrances
from partners.attribution import Judged
from partners.explanations import Explanation, Hindrance, Reason, Subscribed, explain
from partners.models import Account, Site, SiteMove
from partners.queries import judge_coming, judge_expected, judge_sites
from partners.rules import Relation

MOVED_AWAY = Hindrance(reason=Reason.MOVED_AWAY)


def sites_of(account: Account) -> QuerySet[Site]:
    """Every site the account owns, has owned or has claimed."""
    claimed = Claim.objects.in_account(account).values("site")
    given_away = SiteMove.objects.filter(from_account=account).values("site")
    mine = Q(account=account) | Q(pk__in=claimed) | Q(pk__in=given_away)
    return Site.objects.filter(mine).order_by("address")


def explain_sites(account: Account, sites: Sequence[Site], *, on: date) -> list[Explanation]:
    """One explanation for each site, in the order given; five queries, however many sites."""
    if not sites:
        return []
    ids = [site.pk for site in sites]
    past: dict[int, list[Judged]] = defaultdict(list)
    for one in judge_sites(account, ids, on=on):
        past[one.site_id].append(one)
    expected = {one.site_id: one for one in judge_expected(account, expected_events(ids), on=on)}
    claimed, having = claim_hindrances(account, ids, on=on), subscribed(ids)
    owned = {site.pk for site in sites if site.account_id == account.pk}
    return [
        explain(
            site=site,
            relation=Relation.CONTRIBUTOR if site.pk in claimed.keys() - owned else Relation.OWNER,
            past=past[site.pk],
            expected=expected.get(site.pk),
            hindrance=None if site.pk in owned else claimed.get(site.pk, MOVED_AWAY),
            subscribed=having.get(site.pk, Subscribed()),
            on=on,
        )
        for site in sites
    ]


def coming_points(account: Account, *, on: date) -> list[Judged]:
    """What is on its way and what known renewals will bring this year, soonest first.

    A site earns once a year, so what already waits for it takes the place of its next renewal.
    """
    sites = sites_of(account).values("pk")
    first: dict[tuple[int, int], Judged] = {}
    for one in judge_coming(account, expected_events(sites), on=on):
        if one.event_id or one.programme_year == on.year:
            first.setdefault((one.site_id, one.programme_year), one)
    return sorted(first.values(), key=lambda one: (one.lands_on, one.site_id))
