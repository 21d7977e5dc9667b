"""Give up invoices that could not be collected, and end what they would have paid for."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext as _

from billing.actions.credit import issue_credit_note
from billing.collection import Uncollected, uncollected
from billing.models import Invoice, InvoiceLine, Period, Subscription
from billing.models.credits import CreditKind
from billing.models.invoices import InvoiceState
from billing.models.subscriptions import SubscriptionState
from partners.models import Account
from portal.lib import clock
from portal.mail.actions.queue import Draft, queue_many

BATCH = 200


def give_up(lines: Sequence[InvoiceLine], *, on: date) -> set[int]:
    """Stop collecting these lines; what they were for is served to the end of what was paid.

    Must run in a transaction, with their invoices locked. A line that leaves an invoice while
    others of it are still collected leaves by a credit note. The periods drawn up with the lines
    never opened and are gone. Returns the ids of the invoices given up as a whole.
    """
    if not lines:
        return set()
    ids = [line.pk for line in lines]
    Period.objects.filter(line__in=ids, opened_at__isnull=True).delete()
    _stop_renewing(ids, on=on)
    invoices = Invoice.objects.select_related("account").in_bulk(
        {line.invoice_id for line in lines}
    )
    staying = {
        invoice: [one for one in rest if one.line.pk not in ids]
        for invoice, rest in uncollected(invoices.values()).items()
    }
    over = {pk for pk in invoices if not staying.get(pk)}
    Invoice.objects.filter(pk__in=over).update(state=InvoiceState.UNCOLLECTED, next_attempt_on=None)
    for pk, invoice in invoices.items():
        leaving = [line for line in lines if line.invoice_id == pk]
        if pk not in over:
            _leave(invoice, leaving, staying[pk])
        _tell(invoice, leaving)
    return over


def _stop_renewing(lines: list[int], *, on: date) -> None:
    unpaid = Subscription.objects.filter(invoice_lines__in=lines)
    Subscription.objects.filter(pk__in=list(unpaid.values_list("pk", flat=True))).update(
        next_charge_on=None,
        state=Case(
            When(Q(paid_through__gt=on), then=Value(SubscriptionState.ENDING)),
            default=Value(SubscriptionState.EXPIRED),
        ),
    )


def _leave(invoice: Invoice, leaving: list[InvoiceLine], staying: list[Uncollected]) -> None:
    """Take these lines off an invoice whose other lines have days left."""
    issue_credit_note(
        invoice,
        {line.pk: line.gross_amount for line in leaving},
        kind=CreditKind.UNCOLLECTED,
        reason=_("Could not be collected in time"),
        by=None,
        at=clock.now(),
    )
    invoice.collect_until = min(one.last_day for one in staying)
    invoice.save(update_fields=["collect_until"])


def _tell(invoice: Invoice, lines: list[InvoiceLine]) -> None:
    queue_many(
        to_whom_it_fails(
            invoice.account,
            kind="billing/given_up",
            key=f"given_up:{invoice.ref}:{lines[0].pk}",
            arguments={"invoice_id": invoice.pk, "line_ids": [line.pk for line in lines]},
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
    """Give up every line whose last day of collecting has passed; returns of how many invoices."""
    given_up, after = 0, 0
    while batch := _give_up_batch(on=on, after=after):
        given_up += sum(batch.values())
        after = max(batch)
    return given_up


@transaction.atomic
def _give_up_batch(*, on: date, after: int) -> dict[int, bool]:
    """The next invoices (by id): whether anything of each was given up."""
    due = Invoice.objects.to_give_up(on).filter(pk__gt=after).order_by("pk")
    invoices = list(due.select_for_update(skip_locked=True, no_key=True)[:BATCH])
    lines = [
        one.line for rest in uncollected(invoices).values() for one in rest if one.last_day < on
    ]
    give_up(lines, on=on)
    late = {line.invoice_id for line in lines}
    return {invoice.pk: invoice.pk in late for invoice in invoices}


def end_subscriptions(*, on: date) -> int:
    """End every subscription that was to end with its period, once that has ended."""
    return Subscription.objects.filter(state=SubscriptionState.ENDING, paid_through__lte=on).update(
        state=SubscriptionState.EXPIRED
    )
