"""Claims on the start page: how many were submitted."""

from collections.abc import Iterator
from datetime import date
from functools import partial

from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from claims.models import Claim
from portal.staff.admins import list_url
from portal.staff.start.tallies import DayTotal, Tally, tallies


def submitted(first: date, last: date) -> Iterator[DayTotal]:
    """How many claims were submitted on each day, whatever became of them."""
    claims = Claim.objects.filter(submitted_on__range=(first, last)).order_by()
    for on, number in claims.values_list("submitted_on").annotate(number=Count("pk")):
        yield DayTotal(on=on, amount=number)


tallies.append(
    Tally(
        title=_("Claims submitted"),
        permission="claims.view_claim",
        url=partial(list_url, "claims.claim"),
        by_day=submitted,
    )
)
