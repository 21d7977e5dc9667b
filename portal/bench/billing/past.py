"""What the invented platform has been paid so far: the first period of everything.

An account's first invoice and its attempt have the account's number, lines and periods that of
their subscription.
"""

from billing.models import Invoice, InvoiceLine, PaymentAttempt, Period
from billing.models.invoices import InvoiceState
from billing.rules import Outcome, PriceReason
from partners.models import QualifyingEvent
from partners.rules import EventKind
from portal.bench.billing.filling import add, ref
from portal.mail.models import MailState, Message

PAYERS = """
    FROM (SELECT account AS id, min(anchor_on) AS bought_on, sum(amount) AS total
            FROM bench_agreement GROUP BY account ORDER BY account) paid
    JOIN partners_account a USING (id)
"""
INVOICE_REF = ref("invoice", "id")


def add_past() -> None:
    """Add one paid invoice an account, and all that follows from it."""
    _invoices()
    _lines()
    _periods()
    _attempts()
    _events()
    _receipts()


def _invoices() -> None:
    values = {
        "id": "id",
        "ref": INVOICE_REF,
        "number": "'BENCH-' || id",
        "account_id": "id",
        "bill_to_name": "name",
        "bill_to_email": "email",
        "currency": "currency",
        "total_amount": "total",
        "due_on": "bought_on",
        "issued_at": "bought_on",
        "collect_until": "bought_on",
        "paid_at": "bought_on",
        "state": f"'{InvoiceState.PAID.value}'",
    }
    add(Invoice, PAYERS, values)


def _lines() -> None:
    values = {
        "id": "id",
        "invoice_id": "account",
        "subscription_id": "id",
        "description": "code || ' for thing-' || id || '.example'",
        "starts_on": "anchor_on",
        "ends_on": "ends_on",
        "amount": "amount",
        "price_id": "price_id",
        "price_reason": f"'{PriceReason.STANDARD.value}'",
    }
    add(InvoiceLine, "FROM bench_agreement", values)


def _periods() -> None:
    values = {
        "id": "id",
        "subscription_id": "id",
        "line_id": "id",
        "ordinal": "0",
        "starts_on": "anchor_on",
        "ends_on": "ends_on",
        "opened_at": "anchor_on",
    }
    add(Period, "FROM bench_agreement", values)


def _attempts() -> None:
    values = {
        "id": "id",
        "invoice_id": "id",
        "ordinal": "1",
        "idempotency_key": f"{INVOICE_REF} || '-1'",
        "payment_method_id": "id",
        "amount": "total",
        "currency": "currency",
        "attempted_on": "bought_on",
        "created_at": "bought_on",
        "settled_at": "bought_on",
        "outcome": f"'{Outcome.SUCCEEDED.value}'",
        "provider_ref": f"'bench_' || {INVOICE_REF}",
    }
    add(PaymentAttempt, PAYERS, values)


def _events() -> None:
    values = {
        "id": "account",
        "source": "'period:' || id",
        "site_id": "account",
        "kind": f"'{EventKind.ACTIVATED.value}'",
        "occurs_on": "anchor_on",
        "paid_on": "anchor_on",
        "product_code": "code",
        "recorded_at": "anchor_on",
    }
    add(QualifyingEvent, "FROM bench_agreement WHERE place = 1", values)


def _receipts() -> None:
    values = {
        "id": "id",
        "ref": ref("mail", "id"),
        "key": f"'receipt:' || {INVOICE_REF}",
        "kind": "'billing/receipt'",
        "to": "email",
        "arguments": "jsonb_build_object('invoice_id', id)",
        "message_id": "'<' || md5('mail' || id) || '@studio.example>'",
        "account_ref": "ref",
        "state": f"'{MailState.SENT.value}'",
        "queued_at": "bought_on",
        "not_before": "bought_on",
        "sent_at": "bought_on",
    }
    add(Message, PAYERS, values)
