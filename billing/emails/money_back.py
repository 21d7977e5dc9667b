"""Money that went back: paid back by us, or taken back by a bank."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.emails.invoice import about
from billing.emails.samples import sample_credit, sample_note
from billing.models import CouponVoid, CreditNote, CreditNoteLine
from billing.pdf import credit_note_pdf, pdf_name
from partners.models import EventVoid
from portal.mail.letters import Attachment, Context, attached, letter, link_to
from portal.mail.models import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the credit note, tax included, and what came of it: ended, void, or nothing."""

    description: str
    amount: Decimal
    tax: str
    outcome: str


@letter("billing/refunded", sample=lambda: _told(sample_note(), [_sample_row()], points_end=True))
def refunded(message: Message, *, credit_note_id: int) -> Context:
    """What was paid back, and what has ended with it."""
    return _read(credit_note_id, to=message.to)


@attached("billing/refunded")
def refunded_pdf(_message: Message, *, credit_note_id: int) -> list[Attachment]:
    """The credit note itself."""
    return [_as_pdf(credit_note_id)]


@letter(
    "billing/charged_back", sample=lambda: _told(sample_note(), [_sample_row()], points_end=True)
)
def charged_back(message: Message, *, credit_note_id: int) -> Context:
    """What a bank took back after a dispute, what has ended with it, and how to have it again."""
    return _read(credit_note_id, to=message.to)


@attached("billing/charged_back")
def charged_back_pdf(_message: Message, *, credit_note_id: int) -> list[Attachment]:
    """The credit note of what was taken back."""
    return [_as_pdf(credit_note_id)]


def _read(credit_note_id: int, *, to: str) -> Context:
    note = CreditNote.objects.select_related("invoice__account").get(pk=credit_note_id)
    lines = list(note.lines.explained().select_related("invoice_line__period__end"))
    batches = [line.invoice_line.coupon_batch_id for line in lines]
    void = set(
        CouponVoid.objects.filter(coupon__batch__in=batches)
        .values_list("coupon__batch", flat=True)
        .distinct()
    )
    rows = [_row(line, void=void) for line in lines]
    return _told(note, rows, points_end=_are_points_taken_back(lines), to=to)


def _row(credit: CreditNoteLine, *, void: set[int]) -> Row:
    line = credit.invoice_line
    period = getattr(line, "period", None)
    if period is not None and hasattr(period, "end"):
        outcome = "ended"
    else:
        outcome = "void" if line.coupon_batch_id in void else ""
    return Row(
        description=line.description,
        amount=credit.amount,
        tax=line.tax_in_words if credit.tax_amount else "",
        outcome=outcome,
    )


def _are_points_taken_back(lines: Sequence[CreditNoteLine]) -> bool:
    """Whether anything paid back was an event of the programme, and now counts for nobody."""
    periods = [getattr(credit.invoice_line, "period", None) for credit in lines]
    sources = [f"period:{period.pk}" for period in periods if period is not None]
    return EventVoid.objects.filter(event__source__in=sources).exists()


def _told(note: CreditNote, rows: Sequence[Row], *, points_end: bool, to: str = "") -> Context:
    invoice = note.invoice
    return about(invoice, to=to) | {
        "note": note.number,
        "total": note.amount,
        "rows": rows,
        "points_end": points_end,
        "has_ended": any(row.outcome == "ended" for row in rows),
        "action_url": link_to("billing:credit_note", account_ref=invoice.account.ref, ref=note.ref),
        "action_label": _("Open the credit note"),
    }


def _as_pdf(credit_note_id: int) -> Attachment:
    note = CreditNote.objects.select_related("invoice__account").get(pk=credit_note_id)
    account = note.invoice.account
    return Attachment(
        name=pdf_name(note),
        content_type="application/pdf",
        content=credit_note_pdf(note, note.lines.explained()),
        url=link_to("billing:credit_note_pdf", account_ref=account.ref, ref=note.ref),
        row=("billing.creditnote", note.pk),
    )


def _sample_row() -> Row:
    return _row(sample_credit(), void=set())
