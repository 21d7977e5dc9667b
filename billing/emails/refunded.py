"""Paid back."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from billing.emails.invoice import about
from billing.emails.samples import (
    sample_credit,
    sample_note,
)
from billing.models import (
    CreditNote,
    CreditNoteLine,
)
from portal.mail.letters import Context, letter, link_to
from portal.mail.models import Message


@letter("billing/refunded", sample=lambda: _refunded(sample_note(), [sample_credit()]))
def refunded(message: Message, *, credit_note_id: int) -> Context:
    """What was paid back, and what has ended with it."""
    note = CreditNote.objects.select_related("invoice__account").get(pk=credit_note_id)
    lines = CreditNoteLine.objects.filter(credit_note=note)
    return _refunded(note, lines.select_related("invoice_line").order_by("id"), to=message.to)


def _refunded(note: CreditNote, lines: Iterable[CreditNoteLine], *, to: str = "") -> Context:
    rows = [
        {
            "description": line.invoice_line.description,
            "amount": line.amount,
            "is_over": line.amount == line.invoice_line.amount,
        }
        for line in lines
    ]
    return about(note.invoice, to=to) | {
        "note": note.number,
        "total": note.amount,
        "rows": rows,
        "points_end": any(row["is_over"] for row in rows),
        "action_url": link_to(
            "billing:invoice", account_ref=note.invoice.account.ref, ref=note.invoice.ref
        ),
        "action_label": _("Open the invoice"),
    }
