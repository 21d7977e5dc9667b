"""Running the renewals of a day."""

from datetime import date

from billing.actions.renew import renew_due
from billing.models import Invoice
from portal.lib import clock


def renewed_on(day: date) -> list[Invoice]:
    """Run the renewals of a day; gives the invoices they made, oldest first."""
    before = set(Invoice.objects.values_list("pk", flat=True))
    with clock.frozen(day):
        renew_due(on=day)
    return list(Invoice.objects.exclude(pk__in=before).order_by("pk"))
