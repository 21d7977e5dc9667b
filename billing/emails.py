"""What billing writes to the address on record: paid, not paid, and given up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from billing.models import (
    Invoice,
    InvoiceLine,
    PaymentAttempt,
    PaymentMethod,
    Period,
    Plan,
    Price,
    Product,
    Subscription,
)
from billing.models.invoices import InvoiceState
from billing.models.subscriptions import SubscriptionState
from billing.rules import Cycle, Outcome, PriceReason
from partners.models import Account
from portal.lib import clock
from portal.mail.letters import Context, letter, link_to
from portal.mail.models import Message

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line as a mail shows it. `last_on` is the period's last day."""

    description: str
    starts_on: date
    last_on: date
    amount: Decimal
    why: str


# --- Paid ----------------------------------------------------------------------------------------


@letter("billing/receipt", sample=lambda: _receipt(_sample_attempt(), _sample_lines()))
def receipt(_message: Message, *, invoice_id: int) -> Context:
    """What was paid, line by line, with which card, and why it costs that."""
    paid = (
        PaymentAttempt.objects.select_related("invoice__account", "payment_method")
        .filter(outcome=Outcome.SUCCEEDED.value)
        .get(invoice=invoice_id)
    )
    lines = InvoiceLine.objects.filter(invoice=invoice_id).select_related("price", "period")
    return _receipt(paid, lines.order_by("id"))


def _receipt(paid: PaymentAttempt, lines: Iterable[InvoiceLine]) -> Context:
    invoice = paid.invoice
    return _about(invoice) | {
        "rows": [_row(line) for line in lines],
        "paid_on": clock.date_of(invoice.paid_at) if invoice.paid_at else paid.attempted_on,
        "card": paid.payment_method if paid.amount else None,
        "action_url": link_to("billing:invoice", account_ref=invoice.account.ref, ref=invoice.ref),
        "action_label": _("Open the invoice"),
    }


def _row(line: InvoiceLine) -> Row:
    return Row(
        description=line.description,
        starts_on=line.starts_on,
        last_on=line.ends_on - A_DAY,
        amount=line.amount,
        why=_why(line),
    )


def _why(line: InvoiceLine) -> str:
    """Why the line costs what it costs; a standard price says since when it is one."""
    if line.price_reason != PriceReason.STANDARD.value or line.price is None:
        return line.get_price_reason_display()
    is_renewal = line.period.ordinal > 0
    since = line.price.existing_from if is_renewal else line.price.new_from
    return _("standard price since %(date)s") % {"date": date_format(since, "DATE_FORMAT")}


# --- Not paid ------------------------------------------------------------------------------------


@letter("billing/payment_failed", sample=lambda: _failed(_sample_attempt(), _sample_lines()))
def payment_failed(_message: Message, *, attempt_id: int) -> Context:
    """What was declined and why, and what happens next, as things stand when it is written."""
    attempt = PaymentAttempt.objects.select_related("invoice__account", "payment_method").get(
        pk=attempt_id
    )
    lines = InvoiceLine.objects.filter(invoice=attempt.invoice_id).order_by("id")
    is_latest = not PaymentAttempt.objects.filter(
        invoice=attempt.invoice_id, ordinal__gt=attempt.ordinal
    ).exists()
    return _failed(attempt, lines, is_latest=is_latest)


def _failed(
    attempt: PaymentAttempt, lines: Iterable[InvoiceLine], *, is_latest: bool = True
) -> Context:
    invoice = attempt.invoice
    return _about(invoice) | {
        "rows": [line.description for line in lines],
        "card": attempt.payment_method,
        "attempted_on": attempt.attempted_on,
        "decline": decline_in_words(attempt),
        "next": _next_step(attempt, is_latest=is_latest),
        "next_attempt_on": invoice.next_attempt_on,
        "collect_until": invoice.collect_until,
        "action_url": _billing_page(invoice),
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


def decline_in_words(attempt: PaymentAttempt) -> str:
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
    return known.get(attempt.decline_code) or _("The bank refused the payment.")


@letter("billing/given_up", sample=lambda: _given_up(_sample_attempt().invoice, _sample_lines()))
def given_up(_message: Message, *, invoice_id: int) -> Context:
    """The invoice is closed unpaid: what that ends, and how to have it back."""
    invoice = Invoice.objects.select_related("account").get(pk=invoice_id)
    lines = InvoiceLine.objects.filter(invoice=invoice).select_related("subscription")
    return _given_up(invoice, lines.order_by("id"))


def _given_up(invoice: Invoice, lines: Iterable[InvoiceLine]) -> Context:
    rows = [(line.description, _outcome(line.subscription), _last_day(line)) for line in lines]
    return _about(invoice) | {
        "rows": rows,
        "is_order": all(outcome == "never" for _line, outcome, _day in rows),
        "action_url": _billing_page(invoice),
        "action_label": _("Open your billing page"),
    }


def _outcome(subscription: Subscription) -> str:
    """One of: never (began), running (again), ending, ended."""
    if subscription.paid_through is None:
        return "never"
    states = {SubscriptionState.ACTIVE: "running", SubscriptionState.ENDING: "ending"}
    return states.get(SubscriptionState(subscription.state), "ended")


def _last_day(line: InvoiceLine) -> date | None:
    paid_through = line.subscription.paid_through
    return paid_through - A_DAY if paid_through else None


# --- What all say --------------------------------------------------------------------------------


def _about(invoice: Invoice) -> Context:
    return {
        "number": invoice.number,
        "total": invoice.total_amount,
        "currency": invoice.currency,
        "account": invoice.account.name,
        "reason": _(
            "You get this mail because this is the address on record for the account %(account)s."
        )
        % {"account": invoice.account.name},
    }


def _billing_page(invoice: Invoice) -> str:
    return link_to("billing:overview", account_ref=invoice.account.ref)


# --- Samples -------------------------------------------------------------------------------------


def _sample_attempt() -> PaymentAttempt:
    today = clock.today()
    invoice = Invoice(
        number="FW-2030-000042",
        account=Account(name="Harbour Studio"),
        currency="USD",
        total_amount=Decimal("264.00"),
        due_on=today,
        next_attempt_on=today + A_DAY,
        collect_until=today + timedelta(days=14),
    )
    return PaymentAttempt(
        invoice=invoice,
        ordinal=1,
        payment_method=PaymentMethod(brand="Visa", last4="4242"),
        amount=invoice.total_amount,
        currency=invoice.currency,
        attempted_on=today,
        outcome=Outcome.SOFT_DECLINE.value,
        decline_code="insufficient_funds",
    )


def _sample_lines() -> list[InvoiceLine]:
    return [
        _sample_line("Premium, yearly for cornerbakery.example", "240.00", PriceReason.STANDARD),
        _sample_line("Premium, yearly for fernhill.example", "24.00", PriceReason.SALE),
    ]


def _sample_line(description: str, amount: str, reason: PriceReason) -> InvoiceLine:
    starts_on = clock.today() + timedelta(days=14)
    ends_on = starts_on + timedelta(days=365)
    plan = Plan(product=Product(name="Premium"), cycle=Cycle.YEARLY.value)
    line = InvoiceLine(
        subscription=Subscription(
            plan=plan, state=SubscriptionState.ENDING, paid_through=starts_on
        ),
        description=description,
        starts_on=starts_on,
        ends_on=ends_on,
        amount=Decimal(amount),
        price=Price(
            new_from=date(starts_on.year - 1, 3, 1), existing_from=date(starts_on.year - 1, 3, 1)
        ),
        price_reason=reason.value,
    )
    Period(line=line, ordinal=1, starts_on=starts_on, ends_on=ends_on)
    return line
