"""A client's word that an account worked on a site, given and taken back."""

from datetime import date

from django.db import transaction

from partners.actions.points import one_at_a_time, reverse_credits, schedule
from partners.models import Account, ContributorApproval, PointsDue, Site
from partners.rules import Relation


@transaction.atomic
def approve_contributor(
    *, account: Account, site: Site, from_year: int, on: date, approved_on: date | None = None
) -> None:
    """Let the account earn the site's events from that year on; does nothing if it already may.

    `approved_on` is the day the approval counts from where that is not today: an approval which
    puts a mistake right brings what it would have brought without the mistake.
    """
    counts_from = approved_on or on
    in_force, _ = ContributorApproval.objects.get_or_create(
        account=account,
        site=site,
        ended_on=None,
        defaults={"from_year": from_year, "approved_on": counts_from},
    )
    # An older claim, put right after a newer was approved: the earlier year and the earlier day.
    in_force.from_year = min(in_force.from_year, from_year)
    in_force.approved_on = min(in_force.approved_on, counts_from)
    in_force.save(update_fields=["from_year", "approved_on"])
    schedule(
        events_where="site_id = %(site)s AND extract(year FROM occurs_on) >= %(year)s",
        candidates_where="c.earner_id = %(account)s",
        parameters={"site": site.pk, "year": from_year, "account": account.pk},
        on=on,
    )


@transaction.atomic
def end_approval(*, account: Account, site: Site, on: date) -> None:
    """Take the approval back: nothing more lands, and what has landed through it is reversed.

    Where the account has since become the site's owner, its own events may take their place.
    """
    one_at_a_time()
    ContributorApproval.objects.filter(account=account, site=site, ended_on=None).update(
        ended_on=on
    )
    PointsDue.objects.filter(
        account=account, event__site=site, relation=Relation.CONTRIBUTOR.value
    ).delete()
    reverse_credits(
        where="credit.account_id = %(account)s AND credit.site_id = %(site)s"
        " AND entry.relation = 'contributor'",
        parameters={"account": account.pk, "site": site.pk},
        on=on,
    )
    schedule(
        events_where="site_id = %(site)s",
        candidates_where="c.earner_id = %(account)s",
        parameters={"account": account.pk, "site": site.pk},
        on=on,
    )
