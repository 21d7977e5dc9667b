"""Ask the gateway to charge committed attempts, and hand its answers to `settle`.

The gateway is called outside any transaction. An attempt and its idempotency key are committed
before, so that after a crash or a silence the question "what became of it?" can always be asked.
"""

import logging
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction

from billing import gateways
from billing.actions.draw_up import new_attempts
from billing.actions.settle import settle
from billing.gateways import ChargeRequest, Reply
from billing.models import Invoice, PaymentAttempt
from billing.rules import Outcome

log = logging.getLogger(__name__)

# Settled together.
BATCH = 250

# How often the gateway can be filled with what it has left to do while more is drawn up.
ROUNDS_AHEAD = 2

# An attempt younger than this may still be in the hands of the worker that made it.
LEFT_BEHIND_AFTER = timedelta(minutes=10)


def run(attempts: Iterable[Sequence[int]], *, on: date) -> Counter[str]:
    """Charge attempts (by id) and settle them; returns how many ended with which outcome.

    They come in batches, each committed. While the gateway is asked about one, those answered are
    settled and the next batch is taken, so that drawing it up costs no time at the gateway.
    """
    return _ask(attempts, gateways.current().charge, on=on)


def retry_due(*, on: date) -> Counter[str]:
    """Attempt the open invoices whose next day has come, with the method as it is now."""
    totals: Counter[str] = Counter()
    while tried := run(iter(lambda: _open_retries(on=on), []), on=on):
        totals += tried
    return totals


@transaction.atomic
def _open_retries(*, on: date) -> list[int]:
    due = Invoice.objects.due_for_attempt(on).order_by("next_attempt_on", "id")
    invoices = list(due.select_for_update(skip_locked=True, no_key=True)[:BATCH])
    Invoice.objects.filter(pk__in=[invoice.pk for invoice in invoices]).update(next_attempt_on=None)
    return new_attempts(invoices, on=on) if invoices else []


def resolve_left_behind(*, on: date, at: datetime) -> Counter[str]:
    """Find out what became of attempts nobody settled, by asking; charge what never arrived.

    A gateway that has never heard of a key is asked to charge under that same key.
    """
    return _ask(_left_behind(at=at), _look_up_or_charge, on=on)


def _left_behind(*, at: datetime) -> Iterator[list[int]]:
    left = PaymentAttempt.objects.filter(
        settled_at__isnull=True, created_at__lt=at - LEFT_BEHIND_AFTER
    )
    ids, after = left.order_by("pk").values_list("pk", flat=True), 0
    while attempts := list(ids.filter(pk__gt=after)[:BATCH]):
        yield attempts
        after = attempts[-1]


def _look_up_or_charge(request: ChargeRequest) -> Reply:
    gateway = gateways.current()
    found = gateway.look_up(request)
    return gateway.charge(request) if found.outcome is Outcome.OUTAGE else found


# --- Asking --------------------------------------------------------------------------------------

Question = Callable[[ChargeRequest], Reply]


def _ask(attempts: Iterable[Sequence[int]], question: Question, *, on: date) -> Counter[str]:
    totals: Counter[str] = Counter()
    answers = _answers(attempts, question)
    while told := dict(islice(answers, BATCH)):
        settle(told, on=on)
        totals.update(reply.outcome.value for reply in told.values())
    return totals


def _answers(attempts: Iterable[Sequence[int]], question: Question) -> Iterator[tuple[int, Reply]]:
    """Each attempt with what the gateway says of it, in order."""
    concurrency = gateways.current().concurrency
    if concurrency == 1:
        for batch in attempts:
            for attempt, request in _requests(batch).items():
                yield attempt, _reply(question, request)
        return
    asked: deque[tuple[int, Future[Reply]]] = deque()
    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        for batch in attempts:
            for attempt, request in _requests(batch).items():
                asked.append((attempt, pool.submit(_reply, question, request)))
            while len(asked) > concurrency * ROUNDS_AHEAD:
                attempt, answer = asked.popleft()
                yield attempt, answer.result()
        for attempt, answer in asked:
            yield attempt, answer.result()


def _reply(question: Question, request: ChargeRequest | Reply) -> Reply:
    if isinstance(request, Reply):
        return request
    try:
        return question(request)
    except Exception:  # one broken answer must not leave the others unheard
        log.exception("attempt %s got no answer that could be read", request.idempotency_key)
        return Reply(outcome=Outcome.UNKNOWN)


def _requests(attempts: Sequence[int]) -> dict[int, ChargeRequest | Reply]:
    """What to ask of each attempt, or the answer where there is nothing to ask."""
    rows = (
        PaymentAttempt.objects.filter(pk__in=attempts)
        .order_by("pk")
        .values_list(
            "pk",
            "idempotency_key",
            "payment_method__provider_ref",
            "payment_method__customer_ref",
            "amount",
            "currency",
            "invoice__number",
        )
    )
    return {pk: _request(told) for pk, *told in rows}


def _request(told: Sequence[Any]) -> ChargeRequest | Reply:
    key, method, customer, amount, currency, number = told
    if not amount:
        return Reply(outcome=Outcome.SUCCEEDED)
    if method is None:
        return Reply(outcome=Outcome.HARD_DECLINE, decline_code="no_payment_method")
    return ChargeRequest(
        idempotency_key=key,
        method_ref=method,
        amount=amount,
        currency=currency,
        customer_ref=customer,
        invoice_number=number,
    )
