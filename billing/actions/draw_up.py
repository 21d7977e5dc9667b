"""Draw up consolidated invoices: lines, periods and the attempt that will collect them.

The stored period is what makes a second charge impossible: it is unique by subscription and start,
and it is written in the same transaction as the line and the attempt with its idempotency key.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Self

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
from portal.lib.bulk import Row, insert_many
from portal.lib.refs import new_ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What is to be charged, and to whom: a period of a subscription, or a batch of coupons."""

    account_id: int
    bill_to_name: str
    bill_to_email: str
    description: str
    quote: Quote
    subscription_id: int | None = None
    coupon_batch_id: int | None = None
    payment_method_id: int | None = None  # None: the account's default

    @classmethod
    def of(cls, subscription: Subscription, quote: Quote) -> Self:
        account = subscription.account
        return cls(
            account_id=account.pk,
            bill_to_name=account.name,
            bill_to_email=account.bills_to,
            description=subscription.in_words,
            quote=quote,
            subscription_id=subscription.pk,
            payment_method_id=subscription.payment_method_id,
        )

    @classmethod
    def of_coupons(cls, batch: CouponBatch, quote: Quote) -> Self:
        account = batch.account
        return cls(
            account_id=account.pk,
            bill_to_name=account.name,
            bill_to_email=account.bills_to,
            description=batch.in_words,
            quote=quote,
            coupon_batch_id=batch.pk,
        )


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
        group = Group(item.account_id, quote.currency, item.payment_method_id, quote.charge_on)
        groups[group].append(item)
    return groups


def draw_up(items: Iterable[Item], *, on: date, is_purchase: bool = False) -> list[int]:
    """Write invoices for the items and return their attempts (by id), ready for the gateway.

    Must run in a transaction, with the accounts locked. Raises IntegrityError if a period has been
    drawn up before. Constant number of statements, whatever the number of items. A purchase is
    not tried again if it is declined.
    """
    groups = consolidate(items)
    if not groups:
        return []
    invoices = _invoices(groups, on=on, is_purchase=is_purchase)
    ids = insert_many(Invoice, invoices)
    flat = [(id_, item) for id_, of in zip(ids, groups.values(), strict=True) for item in of]
    lines = insert_many(InvoiceLine, [_line(invoice, item) for invoice, item in flat])
    periods = [
        _period(line, item)
        for line, (_, item) in zip(lines, flat, strict=True)
        if item.subscription_id
    ]
    insert_many(Period, periods)
    methods = MethodsNow.of_accounts(group.account_id for group in groups)
    return insert_many(
        PaymentAttempt,
        [
            _attempt(
                id_,
                ref=invoice["ref"],
                ordinal=1,
                method=methods.choose(invoice["account_id"], own=invoice["payment_method_id"]),
                amount=invoice["total_amount"],
                currency=invoice["currency"],
                on=on,
            )
            for id_, invoice in zip(ids, invoices, strict=True)
        ],
    )


def new_attempts(invoices: list[Invoice], *, on: date) -> list[int]:
    """One more attempt for each invoice, with the method as it is now; needs a transaction."""
    made, credited = _attempts_made(invoices), _credited(invoices)
    methods = MethodsNow.of_accounts(invoice.account_id for invoice in invoices)
    return insert_many(
        PaymentAttempt,
        [
            _attempt(
                invoice.pk,
                ref=invoice.ref,
                ordinal=made.get(invoice.pk, 0) + 1,
                method=methods.choose(invoice.account_id, own=invoice.payment_method_id),
                amount=invoice.total_amount - credited.get(invoice.pk, 0),
                currency=invoice.currency,
                on=on,
            )
            for invoice in invoices
        ],
    )


# --- Rows ----------------------------------------------------------------------------------------


def _invoices(groups: Mapping[Group, list[Item]], *, on: date, is_purchase: bool) -> list[Row]:
    numbers = take_numbers(len(groups), series=Series.INVOICE, year=on.year)
    at = clock.now()
    return [
        {
            "ref": new_ref(),
            "number": number,
            "account_id": group.account_id,
            "bill_to_name": items[0].bill_to_name,
            "bill_to_email": items[0].bill_to_email,
            "currency": group.currency,
            "payment_method_id": group.payment_method_id,
            "total_amount": sum((item.quote.gross_amount for item in items), Decimal(0)),
            "is_purchase": is_purchase,
            "due_on": group.due_on,
            "issued_at": at,
            "collect_until": min(
                rules.collect_until(first_on=on, starts_on=item.quote.term.starts_on)
                for item in items
            ),
        }
        for (group, items), number in zip(groups.items(), numbers, strict=True)
    ]


def _line(invoice: int, item: Item) -> Row:
    quote = item.quote
    return {
        "invoice_id": invoice,
        "subscription_id": item.subscription_id,
        "coupon_batch_id": item.coupon_batch_id,
        "description": item.description,
        "starts_on": quote.term.starts_on,
        "ends_on": quote.term.ends_on,
        "amount": quote.amount,
        "price_id": quote.price.pk if quote.price else None,
        "price_reason": quote.reason.value,
        "tax_name": quote.tax.name,
        "tax_percent": quote.tax.percent,
        "tax_amount": quote.tax.amount,
    }


def _period(line: int, item: Item) -> Row:
    term = item.quote.term
    return {
        "subscription_id": item.subscription_id,
        "line_id": line,
        "ordinal": term.ordinal,
        "starts_on": term.starts_on,
        "ends_on": term.ends_on,
    }


def _attempt(
    invoice: int,
    *,
    ref: str,
    ordinal: int,
    method: int | None,
    amount: Decimal,
    currency: str,
    on: date,
) -> Row:
    return {
        "invoice_id": invoice,
        "ordinal": ordinal,
        "idempotency_key": f"{ref}-{ordinal}",
        "payment_method_id": method,
        "amount": amount,
        "currency": currency,
        "attempted_on": on,
    }


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


# --- Methods -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MethodsNow:
    """The method a charge goes to now: its own while it is usable, else the account's default."""

    usable: frozenset[int]
    defaults: Mapping[int, int]

    @classmethod
    def of_accounts(cls, accounts: Iterable[int]) -> Self:
        usable = PaymentMethod.objects.usable().filter(account__in=set(accounts))
        found = list(usable.order_by().values_list("pk", "account_id", "is_default"))
        return cls(
            frozenset(pk for pk, _, _ in found),
            {account: pk for pk, account, is_default in found if is_default},
        )

    def choose(self, account: int, *, own: int | None) -> int | None:
        return own if own in self.usable else self.defaults.get(account)


def methods_now(invoices: Sequence[Invoice]) -> dict[int, PaymentMethod]:
    """The method each invoice (by id) is charged to now; those without one are left out."""
    methods = MethodsNow.of_accounts(invoice.account_id for invoice in invoices)
    chosen = {
        invoice.pk: methods.choose(invoice.account_id, own=invoice.payment_method_id)
        for invoice in invoices
    }
    found = PaymentMethod.objects.in_bulk([pk for pk in chosen.values() if pk])
    return {invoice: found[pk] for invoice, pk in chosen.items() if pk}
