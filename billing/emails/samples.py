"""Invoices nobody has, to see the mails by."""

from datetime import date, timedelta
from decimal import Decimal

from billing.models import (
    CreditNote,
    CreditNoteLine,
    Invoice,
    InvoiceLine,
    PaymentAttempt,
    PaymentMethod,
    Period,
    PeriodEnd,
    Plan,
    Price,
    Product,
    Subscription,
)
from billing.models.subscriptions import SubscriptionState
from billing.rules import Cycle, Outcome, PriceReason
from partners.models import Account
from portal.lib import clock

A_DAY = timedelta(days=1)


def sample_attempt() -> PaymentAttempt:
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


def sample_lines() -> list[InvoiceLine]:
    return [
        sample_line("Premium, yearly for cornerbakery.example", 200, PriceReason.STANDARD),
        sample_line("Premium, yearly for fernhill.example", 20, PriceReason.SALE),
    ]


def sample_note() -> CreditNote:
    invoice = sample_attempt().invoice
    return CreditNote(
        number="FWC-2030-000007", invoice=invoice, amount=Decimal("24.00"), currency="USD"
    )


def sample_credit() -> CreditNoteLine:
    """A whole line; its period has ended."""
    line = sample_lines()[1]
    PeriodEnd(period=line.period, ended_on=clock.today())
    return CreditNoteLine(invoice_line=line, amount=line.gross_amount, tax_amount=line.tax_amount)


def sample_line(description: str, net: int, reason: PriceReason) -> InvoiceLine:
    """Taxed at a fifth, which is right to the cent."""
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
        amount=Decimal(net),
        price=Price(
            new_from=date(starts_on.year - 1, 3, 1), existing_from=date(starts_on.year - 1, 3, 1)
        ),
        price_reason=reason.value,
        tax_name="VAT",
        tax_percent=Decimal(20),
        tax_amount=Decimal(net) / 5,
    )
    Period(line=line, ordinal=1, starts_on=starts_on, ends_on=ends_on)
    return line
