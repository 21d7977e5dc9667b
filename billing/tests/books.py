"""The portal's books and the simulated gateway's own, side by side.

`read_books` tells what they say without what differs from one run to the next: ids, references,
times of day, and which of the invoices of a run has which of its numbers.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.db.models import Model, QuerySet, Sum

from billing.models import (
    CreditNote,
    Invoice,
    InvoiceLine,
    InvoiceSeries,
    ParkedAccount,
    PaymentAttempt,
    Period,
    PeriodEnd,
    Refund,
    SimulatedCharge,
    SimulatedRefund,
    Subscription,
)
from billing.models.credits import CreditKind
from billing.models.invoices import InvoiceState
from billing.rules import KINDS_THAT_EARN_POINTS, Outcome
from partners.models import Account, EventVoid, PointsDue, QualifyingEvent
from portal.mail.models import Message
from portal.testing.snapshot import row_counts

Books = dict[str, Counter[tuple[Any, ...]]]
Pages = Mapping[type[Model], tuple[str, ...]]

ALL_PAGES: Pages = {
    Subscription: (
        *("account__name", "plan__product__kind", "site__address", "label"),
        *("state", "paid_through", "next_ordinal", "next_charge_on"),
    ),
    Period: (
        *("subscription__account__name", "subscription__site__address", "subscription__label"),
        *("ordinal", "starts_on", "ends_on", "opened_at__date"),
    ),
    Invoice: (
        *("account__name", "due_on", "total_amount", "currency", "issued_at__date"),
        *("state", "paid_at__date", "next_attempt_on", "collect_until"),
    ),
    InvoiceLine: (
        *("invoice__account__name", "invoice__due_on", "description"),
        *("starts_on", "ends_on", "amount", "price_reason"),
    ),
    PaymentAttempt: (
        *("invoice__account__name", "invoice__due_on", "ordinal", "amount", "currency"),
        *("attempted_on", "outcome", "decline_code", "settled_at__date"),
    ),
    CreditNote: ("invoice__account__name", "kind", "amount", "currency", "reason"),
    Refund: ("credit_note__invoice__account__name", "amount", "outcome", "settled_at__date"),
    PeriodEnd: ("period__subscription__account__name", "period__starts_on", "ended_on"),
    ParkedAccount: ("account__name", "reason"),
    InvoiceSeries: ("issuer", "year", "last_number"),
    QualifyingEvent: ("site__account__name", "site__address", "kind", "occurs_on", "paid_on"),
    EventVoid: ("event__site__account__name", "event__site__address", "event__occurs_on", "reason"),
    PointsDue: ("account__name", "event__site__address", "event__occurs_on", "due_on"),
    SimulatedCharge: ("method_ref", "amount", "currency", "outcome", "decline_code"),
    SimulatedRefund: ("charge__method_ref", "amount"),
}


def read_books() -> Books:
    """What every page says, and how often it says so."""
    books = read_pages(ALL_PAGES)
    names = dict(Account.objects.values_list("ref", "name"))
    mails = Message.objects.values_list("account_ref", "kind", "to", "state")
    books["Message"] = Counter((names.get(ref), *rest) for ref, *rest in mails)
    books["rows"] = Counter(row_counts().items())
    return books


def read_pages(pages: Pages) -> Books:
    """What these columns say, row by row."""
    return {
        model.__name__: Counter(model._default_manager.order_by().values_list(*columns))
        for model, columns in pages.items()
    }


def differences(before: Books, after: Books) -> dict[str, Any]:
    """What only one of them says, page by page."""
    return {
        page: {"only there": before[page] - after[page], "only here": after[page] - before[page]}
        for page in before
        if before[page] != after[page]
    }


# --- Never twice, never lost ---------------------------------------------------------------------


def assert_books_agree() -> None:
    """Nothing was charged, opened, told or numbered twice, nothing was lost, nothing is open."""
    _money_taken_is_what_was_paid()
    _each_period_was_paid_and_opened_once()
    _money_given_back_is_what_was_refunded()
    _nothing_is_in_flight()
    _each_was_told_once()
    _numbers_have_no_gap()


def _money_taken_is_what_was_paid() -> None:
    taken = SimulatedCharge.objects.filter(outcome=Outcome.SUCCEEDED.value)
    by_key = dict(taken.values_list("idempotency_key", "amount"))
    paid = PaymentAttempt.objects.filter(outcome=Outcome.SUCCEEDED.value, amount__gt=0)
    assert by_key == dict(paid.values_list("idempotency_key", "amount"))
    assert dict(paid.values_list("invoice", "amount")) == _owed(_paid_invoices())


def _paid_invoices() -> QuerySet[Invoice]:
    return Invoice.objects.filter(state=InvoiceState.PAID)


def _owed(invoices: QuerySet[Invoice]) -> dict[int, Any]:
    """What each invoice came to when it was paid; those over nothing are left out."""
    dropped = CreditNote.objects.filter(kind=CreditKind.ADJUSTMENT).values("invoice").order_by()
    less = dict(dropped.annotate(total=Sum("amount")).values_list("invoice", "total"))
    totals = invoices.filter(total_amount__gt=0).values_list("pk", "total_amount")
    return {invoice: total - less.get(invoice, 0) for invoice, total in totals}


def _each_period_was_paid_and_opened_once() -> None:
    paid = InvoiceLine.objects.filter(invoice__in=_paid_invoices())
    periods = Counter(paid.values_list("subscription", "starts_on"))
    opened = Period.objects.filter(opened_at__isnull=False)
    assert set(periods.values()) <= {1}
    assert periods == Counter(opened.values_list("subscription", "starts_on"))


def _money_given_back_is_what_was_refunded() -> None:
    given = dict(SimulatedRefund.objects.values_list("idempotency_key", "amount"))
    refunded = Refund.objects.filter(outcome=Outcome.SUCCEEDED.value)
    assert given == dict(refunded.values_list("idempotency_key", "amount"))


def _nothing_is_in_flight() -> None:
    assert not PaymentAttempt.objects.filter(settled_at__isnull=True).exists()
    assert not Refund.objects.filter(settled_at__isnull=True).exists()


def _each_was_told_once() -> None:
    receipts = Message.objects.filter(kind="billing/receipt").values_list("key", flat=True)
    refs = _paid_invoices().values_list("ref", flat=True)
    assert sorted(receipts) == sorted(f"receipt:{ref}" for ref in refs)
    earning = Period.objects.filter(
        opened_at__isnull=False,
        subscription__site__isnull=False,
        subscription__plan__product__kind__in=KINDS_THAT_EARN_POINTS,
    )
    events = QualifyingEvent.objects.values_list("source", flat=True)
    assert sorted(events) == sorted(f"period:{pk}" for pk in earning.values_list("pk", flat=True))


def _numbers_have_no_gap() -> None:
    given = sorted(
        [
            *Invoice.objects.values_list("number", flat=True),
            *CreditNote.objects.values_list("number", flat=True),
        ]
    )
    assert given == sorted(
        f"{series.issuer}-{series.year}-{number:06d}"
        for series in InvoiceSeries.objects.all()
        for number in range(1, series.last_number + 1)
    )
