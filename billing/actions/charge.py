"""Ask the gateway to charge committed attempts, and hand its answers to `settle`.

The gateway is called outside any transaction. An attempt and its idempotency key are committed
before, so that after a crash or a silence the question "what became of it?" can always be asked.
"""

import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

from django.db import transaction

from billing import gateways
from billing.actions.draw_up import new_attempts
from billing.actions.settle import settle
from billing.gateways import ChargeRequest, Reply
from billing.models import Invoice, PaymentAttempt
from billing.rules import Outcome

log = logging.getLogger(__name__)

BATCH = 100

# An attempt younger than this may still be in the hands of the worker that made it.
LEFT_BEHIND_AFTER = timedelta(minutes=10)


def run(attempts: list[PaymentAttempt], *, on: date) -> Counter[str]:
    """Charge each attempt and settle it; returns how many ended with which outcome."""
    return _ask(attempts, gateways.current().charge, on=on)


def retry_due(*, on: date) -> Counter[str]:
    """Attempt the open invoices whose next day has come, with the method as it is now."""
    totals: Counter[str] = Counter()
    while attempts := _open_retries(on=on):
        totals += run(attempts, on=on)
    return totals


@transaction.atomic
def _open_retries(*, on: date) -> list[PaymentAttempt]:
    due = Invoice.objects.due_for_attempt(on).order_by("next_attempt_on", "id")
    invoices = list(due.select_for_update(skip_locked=True, no_key=True)[:BATCH])
    Invoice.objects.filter(pk__in=[invoice.pk for invoice in invoices]).update(next_attempt_on=None)
    return new_attempts(invoices, on=on) if invoices else []


def resolve_left_behind(*, on: date, at: datetime) -> Counter[str]:
    """Find out what became of attempts nobody settled, by asking; charge what never arrived.

    A gateway that has never heard of a key is asked to charge under that same key.
    """
    totals: Counter[str] = Counter()
    after = 0
    while attempts := list(
        PaymentAttempt.objects.filter(
            settled_at__isnull=True, created_at__lt=at - LEFT_BEHIND_AFTER, pk__gt=after
        )
        .select_related("payment_method", "invoice")
        .order_by("pk")[:BATCH]
    ):
        totals += _ask(attempts, _look_up_or_charge, on=on)
        after = attempts[-1].pk
    return totals


def _look_up_or_charge(request: ChargeRequest) -> Reply:
    gateway = gateways.current()
    found = gateway.look_up(request)
    return gateway.charge(request) if found.outcome is Outcome.OUTAGE else found


def _ask(
    attempts: list[PaymentAttempt], question: Callable[[ChargeRequest], Reply], *, on: date
) -> Counter[str]:
    totals: Counter[str] = Counter()
    for start in range(0, len(attempts), BATCH):
        chunk = attempts[start : start + BATCH]
        replies = _replies(chunk, question)
        settle(dict(zip([attempt.pk for attempt in chunk], replies, strict=True)), on=on)
        totals.update(reply.outcome.value for reply in replies)
    return totals


def _replies(
    attempts: list[PaymentAttempt], question: Callable[[ChargeRequest], Reply]
) -> list[Reply]:
    def reply(request: ChargeRequest | Reply) -> Reply:
        if isinstance(request, Reply):
            return request
        try:
            return question(request)
        except Exception:  # one broken answer must not leave the others unheard
            log.exception("attempt %s got no answer that could be read", request.idempotency_key)
            return Reply(outcome=Outcome.UNKNOWN)

    requests = [_request(attempt) for attempt in attempts]  # here: threads have other connections
    concurrency = gateways.current().concurrency
    if concurrency == 1:
        return [reply(request) for request in requests]
    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        return list(pool.map(reply, requests))


def _request(attempt: PaymentAttempt) -> ChargeRequest | Reply:
    """What to ask, or the answer where there is nothing to ask."""
    if not attempt.amount:
        return Reply(outcome=Outcome.SUCCEEDED)
    if attempt.payment_method is None:
        return Reply(outcome=Outcome.HARD_DECLINE, decline_code="no_payment_method")
    return ChargeRequest(
        idempotency_key=attempt.idempotency_key,
        method_ref=attempt.payment_method.provider_ref,
        amount=attempt.amount,
        currency=attempt.currency,
        customer_ref=attempt.payment_method.customer_ref,
        invoice_number=attempt.invoice.number,
    )
