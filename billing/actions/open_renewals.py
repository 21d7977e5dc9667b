"""A renewal that is being collected and no longer wanted leaves its invoice; the rest stays due."""

from datetime import datetime

from billing.actions.credit import issue_credit_note
from billing.collection import uncollected
from billing.errors import PaymentUnderWayError
from billing.models import Invoice, InvoiceLine, Period, Subscription
from billing.models.credits import CreditKind
from billing.models.invoices import InvoiceState
from portal.models import User


def drop_open_renewal(
    subscription: Subscription, *, reason: str, by: User | None, at: datetime
) -> None:
    """Take the renewal being collected off its invoice, by a credit note; if there is one.

    Needs a transaction with the subscription locked. Raises PaymentUnderWayError (the gateway is
    being asked for it right now).
    """
    line = InvoiceLine.objects.filter(
        subscription=subscription, period__isnull=False, period__opened_at__isnull=True
    ).first()
    if line is None:
        return
    invoice = Invoice.objects.select_for_update(no_key=True).get(pk=line.invoice_id)
    if invoice.attempts.filter(settled_at__isnull=True).exists():
        raise PaymentUnderWayError
    Period.objects.filter(line=line).delete()
    if line.amount:
        issue_credit_note(
            invoice,
            {line.pk: line.gross_amount},
            kind=CreditKind.ADJUSTMENT,
            reason=reason,
            by=by,
            at=at,
        )
    _collect_the_rest(invoice)


def _collect_the_rest(invoice: Invoice) -> None:
    """What stays on the invoice has its own last day; with nothing left it is over."""
    same = Invoice.objects.filter(pk=invoice.pk)
    if staying := uncollected([invoice])[invoice.pk]:
        same.update(collect_until=min(one.last_day for one in staying))
    else:
        same.update(state=InvoiceState.CREDITED, next_attempt_on=None)
