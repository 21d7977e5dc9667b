"""Paid: the receipt, with the invoice as PDF."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.documents import invoice_sums
from billing.emails.invoice import about
from billing.emails.samples import (
    sample_attempt,
    sample_lines,
)
from billing.models import (
    CreditNoteLine,
    Invoice,
    InvoiceLine,
    PaymentAttempt,
)
from billing.pdf import invoice_pdf, pdf_name
from billing.rules import Outcome
from portal.lib import clock
from portal.mail.letters import Attachment, Context, attached, letter, link_to
from portal.mail.models import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line as a mail shows it, tax included. `last_on` is the period's last day."""

    description: str
    starts_on: date
    last_on: date
    amount: Decimal
    tax: str
    why: str


@letter("billing/receipt", sample=lambda: _receipt(sample_attempt(), sample_lines(), []))
def receipt(message: Message, *, invoice_id: int) -> Context:
    """What was paid, line by line, with which card, and why it costs that."""
    paid = (
        PaymentAttempt.objects.select_related("invoice__account", "payment_method")
        .filter(outcome=Outcome.SUCCEEDED.value)
        .get(invoice=invoice_id)
    )
    lines = InvoiceLine.objects.filter(invoice=invoice_id).explained()
    not_charged = CreditNoteLine.objects.filter(
        credit_note__invoice=invoice_id, credit_note__issued_at__lt=paid.created_at
    )
    taken_back = not_charged.explained().select_related("credit_note")
    return _receipt(paid, list(lines), list(taken_back), to=message.to)


@attached("billing/receipt")
def receipt_pdf(_message: Message, *, invoice_id: int) -> list[Attachment]:
    """The invoice itself, as it stands now that it is paid."""
    invoice = Invoice.objects.select_related("account").get(pk=invoice_id)
    lines, notes = invoice.lines.explained(), invoice.credit_notes.in_order()
    return [
        Attachment(
            name=pdf_name(invoice),
            content_type="application/pdf",
            content=invoice_pdf(invoice, lines, notes),
            url=link_to("billing:invoice_pdf", account_ref=invoice.account.ref, ref=invoice.ref),
            row=("billing.invoice", invoice.pk),
        )
    ]


def _receipt(
    paid: PaymentAttempt,
    lines: Sequence[InvoiceLine],
    taken_back: Sequence[CreditNoteLine],
    *,
    to: str = "",
) -> Context:
    invoice = paid.invoice
    coupons = link_to("billing:coupons", account_ref=invoice.account.ref)
    return about(invoice, to=to) | {
        "total": paid.amount,
        "rows": [_row(line) for line in lines],
        "taken_back": taken_back,
        "taxes": invoice_sums(lines, less=taken_back).taxes,
        "coupons_url": coupons if any(line.coupon_batch_id for line in lines) else "",
        "paid_on": clock.date_of(invoice.paid_at) if invoice.paid_at else paid.attempted_on,
        "card": paid.payment_method if paid.amount else None,
        "action_url": link_to("billing:invoice", account_ref=invoice.account.ref, ref=invoice.ref),
        "action_label": _("Open the invoice"),
    }


def _row(line: InvoiceLine) -> Row:
    return Row(
        description=line.description,
        starts_on=line.starts_on,
        last_on=line.last_on,
        amount=line.gross_amount,
        tax=line.tax_in_words,
        why=line.why,
    )
