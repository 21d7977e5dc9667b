"""Billing on the start page: what was charged, what failed, what will be charged."""

from collections.abc import Iterator
from datetime import date
from functools import partial

from django.db.models import Count, QuerySet, Sum
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from billing.catalogue.charges import forecast
from billing.models import PaymentAttempt
from billing.rules import Outcome
from portal.staff.admins import list_url
from portal.staff.start.tallies import Coming, DayTotal, DueTotal, Tally, comings, tallies

FAILED = (Outcome.SOFT_DECLINE.value, Outcome.HARD_DECLINE.value)


def _attempts(first: date, last: date) -> QuerySet[PaymentAttempt]:
    return PaymentAttempt.objects.filter(attempted_on__range=(first, last)).order_by()


def charged(first: date, last: date) -> Iterator[DayTotal]:
    """The money taken on each day, by currency."""
    paid = _attempts(first, last).filter(outcome=Outcome.SUCCEEDED.value)
    for on, currency, amount in paid.values_list("attempted_on", "currency").annotate(
        total=Sum("amount")
    ):
        yield DayTotal(on=on, amount=amount, currency=currency)


def failed(first: date, last: date) -> Iterator[DayTotal]:
    """How many charges were declined on each day."""
    declined = _attempts(first, last).filter(outcome__in=FAILED)
    for on, number in declined.values_list("attempted_on").annotate(number=Count("pk")):
        yield DayTotal(on=on, amount=number)


def charges_due(first: date, last: date) -> Iterator[DueTotal]:
    """The renewals to be charged, by currency; what is overdue among them."""
    for currency, number, amount in forecast(on=first, until=last).totals:
        yield DueTotal(count=number, amount=amount, currency=currency)


tallies.append(
    Tally(
        title=_("Money charged"),
        permission="billing.view_paymentattempt",
        url=partial(list_url, "billing.paymentattempt", query="outcome__exact=succeeded"),
        by_day=charged,
    )
)
tallies.append(
    Tally(
        title=_("Failed charges"),
        permission="billing.view_paymentattempt",
        url=partial(list_url, "billing.paymentattempt", query=f"outcome__in={','.join(FAILED)}"),
        by_day=failed,
    )
)
comings.append(
    Coming(
        title=_("Charges"),
        permission="billing.view_subscription",
        url=partial(reverse, "admin:billing_subscription_coming"),
        due=charges_due,
    )
)
