"""Where are my points? Verdicts, renewals and claims together, for every site of an account."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from django.db.models import Q, QuerySet

from billing.queries import expected_events, subscribed
from claims.models import Claim
from claims.queries import claim_reasons
from partners.attribution import Judged, Verdict
from partners.explanations import Explanation, Subscribed, explain
from partners.models import Account, Site
from partners.queries import judge_expected, judge_sites, judge_waiting
from partners.rules import Relation


def sites_of(account: Account) -> QuerySet[Site]:
    """Every site the account owns or has claimed."""
    claimed = Claim.objects.in_account(account).values("site")
    return Site.objects.filter(Q(account=account) | Q(pk__in=claimed)).order_by("address")


def explain_sites(account: Account, sites: Sequence[Site], *, on: date) -> list[Explanation]:
    """One explanation for each site, in the order given; five queries, however many sites."""
    if not sites:
        return []
    ids = [site.pk for site in sites]
    past: dict[int, list[Judged]] = defaultdict(list)
    for one in judge_sites(account, ids, on=on):
        past[one.site_id].append(one)
    expected = {one.site_id: one for one in judge_expected(account, expected_events(ids), on=on)}
    claims, having = claim_reasons(account, ids), subscribed(ids)
    return [
        explain(
            site=site,
            relation=Relation.OWNER if site.account_id == account.pk else Relation.CONTRIBUTOR,
            past=past[site.pk],
            expected=expected.get(site.pk),
            claim=claims.get(site.pk) if site.account_id != account.pk else None,
            subscribed=having.get(site.pk, Subscribed()),
            on=on,
        )
        for site in sites
    ]


def coming_points(account: Account, *, on: date) -> list[Judged]:
    """What is on its way and what known renewals will bring this year, soonest first.

    A site earns once a year, so what already waits for it takes the place of its next renewal.
    """
    waiting = {
        (one.site_id, one.programme_year): one for one in reversed(judge_waiting(account, on=on))
    }
    sites = sites_of(account).values("pk")
    for one in reversed(judge_expected(account, expected_events(sites), on=on)):
        is_this_year = one.programme_year == on.year
        if is_this_year and one.verdict in {Verdict.WAITING, Verdict.DUE}:
            waiting.setdefault((one.site_id, one.programme_year), one)
    return sorted(waiting.values(), key=lambda one: (one.lands_on, one.site_id))
