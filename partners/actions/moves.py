"""Sites that go from one account to another."""

from collections.abc import Mapping
from datetime import date

from django.db import transaction

from partners.actions.points import one_at_a_time, reverse_credits, schedule
from partners.models import Site, SiteMove
from portal.lib import clock
from portal.lib.bulk import insert_many


@transaction.atomic
def move_sites(account_by_site: Mapping[int, int], *, on: date) -> int:
    """Move sites (by id) into accounts (by id), whose they are from that day on; counts the moves.

    Events of that day and later ones are the new owner's, whether told before or after; earlier
    ones stay whose they were. Sites that are there already stay as they are.
    """
    one_at_a_time()
    held = Site.objects.select_for_update(no_key=True).filter(pk__in=account_by_site)
    leaving = {
        site: holder
        for site, holder in held.order_by("pk").values_list("pk", "account_id")
        if holder != account_by_site[site]
    }
    moves = [
        {
            "site_id": site,
            "from_account_id": holder,
            "to_account_id": account_by_site[site],
            "moved_on": on,
            "recorded_at": clock.now(),
        }
        for site, holder in leaving.items()
    ]
    insert_many(SiteMove, moves)
    if leaving:
        _decide_anew(list(leaving), on=on)
    return len(leaving)


def _decide_anew(sites: list[int], *, on: date) -> None:
    """On the events from that day on; where none wait, the day's may be credited already."""
    parameters = {"sites": sites, "on": on}
    reverse_credits(
        where="entry.relation = 'owner' AND credit.site_id = ANY(%(sites)s) AND EXISTS"
        " (SELECT FROM partners_qualifyingevent event"
        " WHERE event.id = credit.event_id AND event.occurs_on >= %(on)s)",
        parameters=parameters,
        on=on,
    )
    schedule(
        events_where="site_id = ANY(%(sites)s) AND occurs_on >= %(on)s",
        parameters=parameters,
        on=on,
    )
