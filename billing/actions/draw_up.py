"""Draw up consolidated invoices: lines, periods and the attempt that will collect them.

The stored period is what makes a second charge impossible: it is unique by subscription and start,
and it is written in the same transaction as the line and the attempt with its idempotency key.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from billing import rules
from billing.actions.numbering import Series, take_numbers
from billing.models import (
    CouponBatch,
    CreditNote,
    Invoice,
    InvoiceLine,
    PaymentAttempt,
    PaymentMethod,
    Period,
    Subscription,
)
from billing.pricing import Quote
from portal.lib import clock
from portal.lib.refs import new_ref


@dataclass(frozen=True, slots=True)
class Item:
    """What is to be charged: a period of a subscription, or a batch of coupons."""

    of: Subscription | CouponBatch
    quote: Quote

    @property
    def subscription(self) -> Subscription | None:
        return self.of if isinstance(self.of, Subscription) else None

    @property
    def coupon_batch(self) -> CouponBatch | None:
        return self.of if isinstance(self.of, CouponBatch) else None

    @property
    def payment_method_id(self) -> int | None:
        return self.subscription.payment_method_id if self.subscription else None

    @property
    def description(self) -> str:
        return self.subscription.in_words if self.subscription else str(self.of)


@dataclass(frozen=True, slots=True)
class Group:
    """What makes charges one charge: the same account, currency, method and day."""

    account_id: int
    currency: str
    payment_method_id: int | None
    due_on: date


def consolidate(items: Iterable[Item]) -> dict[Group, list[Item]]:
    groups: dict[Group, list[Item]] = defaultdict(list)
    for item in items:
        quote = item.quote
        group = Group(item.of.account_id, quote.currency, item.payment_method_id, quote.charge_on)
        groups[group].append(item)
    return groups


def draw_up(items: Iterable[Item], *, on: date, is_purchase: bool = False) -> list[PaymentAttempt]:
    """Write invoices for the items and return their attempts, ready for the gateway.

    Must run in a transaction, with the accounts locked. Raises IntegrityError if a period has been
    drawn up before. Constant number of statements, whatever the number of items. A purchase is
    not tried again if it is declined.
    """
    groups = consolidate(items)
    if not groups:
        return []
    invoices = Invoice.objects.bulk_create(
        _invoice(group, members, number=number, on=on, is_purchase=is_purchase)
        for (group, members), number in zip(
            groups.items(),
            take_numbers(len(groups), series=Series.INVOICE, year=on.year),
            strict=True,
        )
    )
    lines = InvoiceLine.objects.bulk_create(
        _line(invoice, item)
        for invoice, members in zip(invoices, groups.values(), strict=True)
        for item in members
    )
    flat = [item for members in groups.values() for item in members]
    Period.objects.bulk_create(
        _period(line, item) for line, item in zip(lines, flat, strict=True) if item.subscription
    )
    return new_attempts(invoices, on=on)


def new_attempts(invoices: list[Invoice], *, on: date) -> list[PaymentAttempt]:
    """One more attempt for each invoice, with the method as it is now; needs a transaction."""
    made, credited = _attempts_made(invoices), _credited(invoices)
    methods = methods_now(invoices)
    return PaymentAttempt.objects.bulk_create(
        PaymentAttempt(
            invoice=invoice,
            ordinal=(ordinal := made.get(invoice.pk, 0) + 1),
            idempotency_key=f"{invoice.ref}-{ordinal}",
            payment_method=methods.get(invoice.pk),
            amount=invoice.total_amount - credited.get(invoice.pk, 0),
            currency=invoice.currency,
            attempted_on=on,
        )
        for invoice in invoices
    )


def _invoice(
    group: Group, members: list[Item], *, number: str, on: date, is_purchase: bool
) -> Invoice:
    account = members[0].of.account
    return Invoice(
        ref=new_ref(),
        number=number,
        account=account,
        bill_to_name=account.name,
        bill_to_email=account.bills_to,
        currency=group.currency,
        payment_method_id=group.payment_method_id,
        total_amount=sum((item.quote.gross_amount for item in members), Decimal(0)),
        is_purchase=is_purchase,
        due_on=group.due_on,
        issued_at=clock.now(),
        collect_until=min(
            rules.collect_until(first_on=on, starts_on=item.quote.term.starts_on)
            for item in members
        ),
    )


def _line(invoice: Invoice, item: Item) -> InvoiceLine:
    quote = item.quote
    return InvoiceLine(
        invoice=invoice,
        subscription=item.subscription,
        coupon_batch=item.coupon_batch,
        description=item.description,
        starts_on=quote.term.starts_on,
        ends_on=quote.term.ends_on,
        amount=quote.amount,
        price=quote.price,
        price_reason=quote.reason.value,
        tax_name=quote.tax.name,
        tax_percent=quote.tax.percent,
        tax_amount=quote.tax.amount,
    )


def _period(line: InvoiceLine, item: Item) -> Period:
    return Period(
        subscription=item.subscription,
        line=line,
        ordinal=item.quote.term.ordinal,
        starts_on=item.quote.term.starts_on,
        ends_on=item.quote.term.ends_on,
    )


def _attempts_made(invoices: list[Invoice]) -> dict[int, int]:
    latest = (
        PaymentAttempt.objects.filter(invoice__in=invoices)
        .order_by("invoice_id", "-ordinal")
        .distinct("invoice_id")
    )
    return dict(latest.values_list("invoice_id", "ordinal"))


def _credited(invoices: list[Invoice]) -> dict[int, Decimal]:
    """What of each invoice is no longer to be paid."""
    notes = CreditNote.objects.filter(invoice__in=invoices).values("invoice").order_by()
    return dict(notes.annotate(total=Sum("amount")).values_list("invoice", "total"))


def methods_now(invoices: Sequence[Invoice]) -> dict[int, PaymentMethod]:
    """The method each invoice is charged to now: its own while it is usable, else the default."""
    accounts = {invoice.account_id for invoice in invoices}
    usable = PaymentMethod.objects.usable().filter(account__in=accounts)
    by_id = {method.pk: method for method in usable}
    defaults = {method.account_id: method for method in by_id.values() if method.is_default}
    chosen = {
        invoice.pk: by_id.get(invoice.payment_method_id or 0) or defaults.get(invoice.account_id)
        for invoice in invoices
    }
    return {invoice: method for invoice, method in chosen.items() if method}
