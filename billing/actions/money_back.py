"""What ends when money went back, be it paid back by us or taken by a bank.

A line whose money is all back ends today: its period, with its event; its coupons, if nobody has
used them. A line of which a part is back goes on.
"""

from contextlib import suppress
from datetime import date, datetime

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext as _

from billing.actions.coupons import void_unused
from billing.actions.open_renewals import drop_open_renewal
from billing.errors import PaymentUnderWayError
from billing.models import (
    CouponBatch,
    CreditNote,
    Invoice,
    InvoiceLine,
    Period,
    PeriodEnd,
    Subscription,
)
from billing.models.credits import CreditKind
from billing.models.subscriptions import SubscriptionState
from billing.rules import Outcome
from partners.actions.points import void_event
from partners.models import QualifyingEvent
from partners.models.points import VoidReason


def end_what_is_back(note: CreditNote, *, why: VoidReason, on: date, at: datetime) -> None:
    """End what the lines of this credit note paid for, those whose money is all back.

    Needs a transaction.
    """
    lines = _all_back(note.invoice).filter(credits__credit_note=note)
    for period in Period.objects.filter(line__in=lines).order_by("line"):
        _end_period(period, on=on, at=at)
        event = QualifyingEvent.objects.filter(source=f"period:{period.pk}").first()
        if event is not None:
            void_event(event, reason=why, on=on)
    void_unused(CouponBatch.objects.filter(invoice_line__in=lines), at=at)


def hold_subscriptions(invoice_id: int) -> None:
    """Lock what an invoice is for; before the invoice itself, as whoever cancels does."""
    paid_for = InvoiceLine.objects.filter(invoice=invoice_id).values("subscription")
    held = Subscription.objects.filter(pk__in=paid_for).order_by("pk")
    list(held.select_for_update().values_list("pk"))


def _all_back(invoice: Invoice) -> QuerySet[InvoiceLine]:
    """The lines all of whose money is back; what a gateway refused to pay back is not."""
    is_back = ~Q(credits__credit_note__kind=CreditKind.REFUND) | Q(
        credits__credit_note__refunds__outcome=Outcome.SUCCEEDED.value
    )
    lines = invoice.lines.annotate(back=Sum("credits__amount", filter=is_back))
    ids = [line.pk for line in lines if line.back == line.gross_amount]
    return InvoiceLine.objects.filter(pk__in=ids)


def _end_period(period: Period, *, on: date, at: datetime) -> None:
    """It ends today, or never begins; the subscription ends with the last it paid for."""
    PeriodEnd.objects.get_or_create(period=period, defaults={"ended_on": on})
    subscription = Subscription.objects.select_for_update().get(pk=period.subscription_id)
    if period.ordinal != subscription.next_ordinal - 1:
        return
    with suppress(PaymentUnderWayError):  # the answer decides: paid, it is served; declined, gone
        drop_open_renewal(subscription, reason=_("Ended before it was paid"), by=None, at=at)
    has_begun = period.starts_on <= on
    subscription.paid_through = min(on, period.ends_on) if has_begun else period.starts_on
    subscription.next_charge_on = None
    if subscription.state != SubscriptionState.STARTING:  # being revived, which goes on
        subscription.state = SubscriptionState.EXPIRED if has_begun else SubscriptionState.ENDING
    subscription.save(update_fields=["paid_through", "next_charge_on", "state"])
