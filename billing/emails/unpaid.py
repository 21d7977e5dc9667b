"""Not paid: tried again, waiting for another card, or given up."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.emails.invoice import about, billing_page
from billing.emails.samples import (
    sample_attempt,
    sample_lines,
)
from billing.models import (
    Invoice,
    InvoiceLine,
    PaymentAttempt,
    Subscription,
)
from billing.models.invoices import InvoiceState
from billing.models.subscriptions import SubscriptionState
from portal.mail.letters import Context, letter, link_to
from portal.mail.models import Message

A_DAY = timedelta(days=1)


@letter("billing/payment_failed", sample=lambda: _failed(sample_attempt(), sample_lines()))
def payment_failed(message: Message, *, attempt_id: int) -> Context:
    """What was declined and why, and what happens next, as things stand when it is written."""
    attempt = PaymentAttempt.objects.select_related("invoice__account", "payment_method").get(
        pk=attempt_id
    )
    lines = InvoiceLine.objects.filter(invoice=attempt.invoice_id).exclude(
        credits__credit_note__issued_at__lt=attempt.created_at
    )
    is_latest = not PaymentAttempt.objects.filter(
        invoice=attempt.invoice_id, ordinal__gt=attempt.ordinal
    ).exists()
    return _failed(attempt, lines.order_by("id"), is_latest=is_latest, to=message.to)


def _failed(
    attempt: PaymentAttempt,
    lines: Iterable[InvoiceLine],
    *,
    is_latest: bool = True,
    to: str = "",
) -> Context:
    invoice = attempt.invoice
    return about(invoice, to=to) | {
        "total": attempt.amount,
        "rows": [line.description for line in lines],
        "card": attempt.payment_method,
        "attempted_on": attempt.attempted_on,
        "decline": decline_in_words(attempt.decline_code),
        "next": _next_step(attempt, is_latest=is_latest),
        "next_attempt_on": invoice.next_attempt_on,
        "collect_until": invoice.collect_until,
        "action_url": billing_page(invoice),
        "action_label": _("Check your cards"),
    }


def _next_step(attempt: PaymentAttempt, *, is_latest: bool) -> str:
    """One of: paid (since), over, another_card, again (on a day), now (being tried)."""
    invoice = attempt.invoice
    if invoice.state == InvoiceState.PAID:
        return "paid"
    if invoice.state == InvoiceState.UNCOLLECTED:
        return "over"
    if not is_latest:
        return "now"
    return "again" if invoice.next_attempt_on else "another_card"


def decline_in_words(code: str) -> str:
    """Why a charge did not go through, as far as its payer can do something about it.

    A bank's suspicion (lost, stolen, fraud) is the bank's to tell.
    """
    known = {
        "no_payment_method": _("There is no card on file."),
        "insufficient_funds": _("There was not enough money available on the card."),
        "expired_card": _("The card has expired."),
        "authentication_required": _("The bank wants you to confirm the payment yourself."),
        "card_velocity_exceeded": _("The card’s limit was reached."),
    }
    return known.get(code) or _("The bank refused the payment.")


@letter("billing/given_up", sample=lambda: _given_up(sample_attempt().invoice, sample_lines()))
def given_up(message: Message, *, invoice_id: int, line_ids: Sequence[int]) -> Context:
    """These lines of the invoice stay unpaid: what that ends, and how to have it back."""
    invoice = Invoice.objects.select_related("account").get(pk=invoice_id)
    lines = InvoiceLine.objects.filter(pk__in=line_ids).select_related("subscription")
    return _given_up(invoice, list(lines.order_by("id")), to=message.to)


def _given_up(invoice: Invoice, lines: Sequence[InvoiceLine], *, to: str = "") -> Context:
    rows = [(line.description, _outcome(line.subscription), _last_day(line)) for line in lines]
    return about(invoice, to=to) | {
        "rows": rows,
        "total": sum((line.gross_amount for line in lines), Decimal(0)),
        "is_order": all(outcome == "never" for _line, outcome, _day in rows),
        **_where_to_revive(invoice, [line.subscription for line in lines]),
    }


def _where_to_revive(invoice: Invoice, given_up: Sequence[Subscription | None]) -> Context:
    """The one subscription that was served, or the page of all of them."""
    served = [one for one in given_up if one and one.paid_through]
    if len(served) != 1:
        return {"action_url": billing_page(invoice), "action_label": _("Open your billing page")}
    account_ref, ref = invoice.account.ref, served[0].ref
    return {
        "action_url": link_to("billing:subscription", account_ref=account_ref, ref=ref),
        "action_label": _("Open the subscription"),
    }


def _outcome(subscription: Subscription | None) -> str:
    """One of: never (began), running (again), ending, ended."""
    if subscription is None or subscription.paid_through is None:
        return "never"
    states = {SubscriptionState.ACTIVE: "running", SubscriptionState.ENDING: "ending"}
    return states.get(SubscriptionState(subscription.state), "ended")


def _last_day(line: InvoiceLine) -> date | None:
    paid_through = line.subscription.paid_through if line.subscription else None
    return paid_through - A_DAY if paid_through else None
