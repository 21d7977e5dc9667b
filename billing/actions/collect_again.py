"""Invoices that could not be collected, once there is another card, or the same one renewed."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from billing.actions.draw_up import methods_now
from billing.collection import Uncollected, uncollected
from billing.models import Invoice, PaymentAttempt, PaymentMethod
from billing.rules import Outcome


def collect_again(failed: Sequence[Invoice], *, on: date) -> None:
    """Set the next day on which each of these is tried with the card it is charged to now.

    Today, unless that card was tried for it as it is now. Then it keeps to the days after a
    decline, and a card that refused for good is not asked again. Where there is no card, nothing
    changes. No attempt of theirs is in flight; needs `hold_payments`.
    """
    cards, open_lines = methods_now(failed), uncollected(failed)
    attempts: dict[int, list[PaymentAttempt]] = defaultdict(list)
    for attempt in PaymentAttempt.objects.filter(invoice__in=failed):
        attempts[attempt.invoice_id].append(attempt)
    for invoice in failed:
        if card := cards.get(invoice.pk):
            invoice.next_attempt_on = _next_day(
                card, attempts[invoice.pk], open_lines.get(invoice.pk, []), on=on
            )
    Invoice.objects.bulk_update(failed, ["next_attempt_on"])


def _next_day(
    card: PaymentMethod,
    attempts: Sequence[PaymentAttempt],
    open_lines: Sequence[Uncollected],
    *,
    on: date,
) -> date | None:
    tried = [attempt for attempt in attempts if attempt.was_with(card)]
    if not tried:
        return on
    if any(attempt.outcome == Outcome.HARD_DECLINE.value for attempt in tried):
        return None
    last_on = max(attempt.attempted_on for attempt in tried)
    days = (one.next_day(after=last_on) for one in open_lines)
    return min(filter(None, days), default=None)
