"""Give up invoices that could not be collected, and end what they would have paid for."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Case, Q, Value, When

from billing.models import Invoice, Period, Subscription
from billing.models.invoices import InvoiceState
from billing.models.subscriptions import SubscriptionState
from partners.models import Account
from portal.mail.actions.queue import Draft, queue_many

BATCH = 200


def give_up(invoices: list[Invoice], *, on: date) -> None:
    """Close the invoices unpaid; what they were for is served to the end of what was paid.

    Must run in a transaction. The periods drawn up with them never opened and are gone.
    """
    if not invoices:
        return
    ids = [invoice.pk for invoice in invoices]
    Invoice.objects.filter(pk__in=ids).update(state=InvoiceState.UNCOLLECTED, next_attempt_on=None)
    Period.objects.filter(line__invoice__in=ids, opened_at__isnull=True).delete()
    unpaid = Subscription.objects.filter(invoice_lines__invoice__in=ids)
    ending = list(unpaid.values_list("pk", flat=True))
    Subscription.objects.filter(pk__in=ending).update(
        next_charge_on=None,
        state=Case(
            When(Q(paid_through__gt=on), then=Value(SubscriptionState.ENDING)),
            default=Value(SubscriptionState.EXPIRED),
        ),
    )
    queue_many(
        draft
        for invoice in invoices
        for draft in to_whom_it_fails(
            invoice.account,
            kind="billing/given_up",
            key=f"given_up:{invoice.ref}",
            arguments={"invoice_id": invoice.pk},
        )
    )


def to_whom_it_fails(
    account: Account, *, kind: str, key: str, arguments: dict[str, Any]
) -> Iterator[Draft]:
    """The mail about money that did not come: where the bills go, and to the address on record."""
    for to, cause in ((account.email, key), (account.bills_to, f"{key}:bills")):
        if cause == key or to != account.email:
            yield Draft(kind=kind, key=cause, to=to, arguments=arguments, account_ref=account.ref)


def give_up_due(*, on: date) -> int:
    """Give up every open invoice whose last day of collecting has passed; returns how many."""
    given_up = 0
    while batch := _give_up_batch(on=on):
        given_up += batch
    return given_up


@transaction.atomic
def _give_up_batch(*, on: date) -> int:
    due = Invoice.objects.to_give_up(on).select_related("account").order_by("collect_until", "id")
    invoices = list(due.select_for_update(of=("self",), skip_locked=True, no_key=True)[:BATCH])
    give_up(invoices, on=on)
    return len(invoices)


def end_subscriptions(*, on: date) -> int:
    """End every subscription that was to end with its period, once that has ended."""
    return Subscription.objects.filter(state=SubscriptionState.ENDING, paid_through__lte=on).update(
        state=SubscriptionState.EXPIRED
    )
