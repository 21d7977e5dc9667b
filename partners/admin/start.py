"""Partners on the start page: points credited, accounts opened, points to come."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

from django.db.models import Count, Sum
from django.db.models.functions import TruncDate
from django.utils.translation import gettext_lazy as _

from partners.models import Account, PointsDue, PointsEntry
from partners.models.points import EntryKind
from portal.lib import clock
from portal.staff.admins import list_url
from portal.staff.start.tallies import Coming, DayTotal, DueTotal, Tally, comings, tallies


def credited(first: date, last: date) -> Iterator[DayTotal]:
    """The points credited on each day; what was taken back is not taken off."""
    entries = PointsEntry.objects.filter(kind=EntryKind.CREDIT, credited_on__range=(first, last))
    by_day = entries.order_by().values_list("credited_on").annotate(total=Sum("points"))
    for on, points in by_day:
        yield DayTotal(on=on, amount=points)


def opened(first: date, last: date) -> Iterator[DayTotal]:
    """How many accounts were opened on each business day."""
    begins_at, ends_at = clock.start_of(first), clock.start_of(last + timedelta(days=1))
    accounts = Account.objects.filter(created_at__gte=begins_at, created_at__lt=ends_at)
    day = TruncDate("created_at", tzinfo=clock.business_zone())
    by_day = accounts.order_by().values_list(day).annotate(number=Count("pk"))
    for on, number in by_day:
        yield DayTotal(on=on, amount=number)


def points_due(_first: date, last: date) -> Iterator[DueTotal]:
    """How many decisions on points fall due; what is overdue among them."""
    if number := PointsDue.objects.filter(due_on__lte=last).count():
        yield DueTotal(count=number)


tallies.append(
    Tally(
        title=_("Points credited"),
        permission="partners.view_pointsentry",
        url=partial(list_url, "partners.pointsentry"),
        by_day=credited,
    )
)
tallies.append(
    Tally(
        title=_("Accounts opened"),
        permission="partners.view_account",
        url=partial(list_url, "partners.account"),
        by_day=opened,
    )
)
comings.append(
    Coming(
        title=_("Points to be decided"),
        permission="partners.view_pointsdue",
        url=partial(list_url, "partners.pointsdue"),
        due=points_due,
    )
)
