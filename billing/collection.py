"""What is still to be collected of open invoices, and on which days."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import F, OuterRef, Q, Subquery

from billing import rules
from billing.models import Invoice, InvoiceLine, PaymentAttempt
from billing.models.subscriptions import SubscriptionState


@dataclass(frozen=True, slots=True)
class Uncollected:
    """A line that is wanted still and not paid yet. Its days are counted from the first attempt."""

    line: InvoiceLine
    first_on: date
    has_ended: bool  # its subscription, while the gateway was being asked

    def next_day(self, *, after: date) -> date | None:
        """The next day to try; None when the last has passed."""
        return rules.next_attempt_on(
            first_on=self.first_on, starts_on=self.line.starts_on, today=after
        )

    @property
    def last_day(self) -> date:
        return rules.collect_until(first_on=self.first_on, starts_on=self.line.starts_on)


def uncollected(invoices: Iterable[Invoice]) -> dict[int, list[Uncollected]]:
    """The lines of open invoices (by id) that are to be paid: not those that left them.

    A line leaves an invoice when its period goes; coupons never leave theirs.
    """
    first = PaymentAttempt.objects.filter(invoice=OuterRef("invoice"), ordinal=1)
    lines = (
        InvoiceLine.objects.filter(
            Q(period__isnull=False) | Q(coupon_batch__isnull=False), invoice__in=list(invoices)
        )
        .annotate(first_on=Subquery(first.values("attempted_on")), served=F("subscription__state"))
        .order_by("invoice_id", "id")
    )
    found: dict[int, list[Uncollected]] = defaultdict(list)
    for line in lines:
        has_ended = line.served == SubscriptionState.EXPIRED
        found[line.invoice_id].append(Uncollected(line, line.first_on, has_ended))
    return found
