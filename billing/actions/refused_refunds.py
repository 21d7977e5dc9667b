"""Refunds a gateway refused for good: a person has it asked again, or pays back another way.

Either is a refund of its own under the same credit note, and only one of a note can be open or
done; so two people, or two clicks, pay back once.
"""

from datetime import datetime

from django.db import transaction

from billing.actions.refund import ask, settle_refund
from billing.errors import NotRefusedError
from billing.gateways import Reply
from billing.models import CreditNote, Refund
from billing.rules import Outcome
from portal.lib import clock
from portal.models import User


def try_again(refused: Refund, *, reason: str, by: User, at: datetime) -> Refund:
    """Ask the gateway once more, under a key of its own. Raises NotRefusedError."""
    with transaction.atomic():
        again = _follow_up(refused, note=reason, asked_by=by, at=at)
    settle_refund(again, ask(again), on=clock.date_of(at))
    again.refresh_from_db()
    return again


@transaction.atomic
def pay_another_way(refused: Refund, *, how: str, by: User, at: datetime) -> Refund:
    """The money is back though no gateway paid it; what follows is what follows any refund.

    Raises NotRefusedError.
    """
    paid = _follow_up(refused, note=how, settled_by=by, at=at)
    settle_refund(paid, Reply(outcome=Outcome.SUCCEEDED), on=clock.date_of(at))
    paid.refresh_from_db()
    return paid


def _follow_up(
    refused: Refund,
    *,
    note: str,
    at: datetime,
    asked_by: User | None = None,
    settled_by: User | None = None,
) -> Refund:
    """The next refund of the same credit note, nothing said of it yet; needs a transaction."""
    credit_note = CreditNote.objects.select_for_update(no_key=True).get(pk=refused.credit_note_id)
    if not Refund.objects.refused().filter(pk=refused.pk).exists():
        raise NotRefusedError
    ordinal = credit_note.refunds.count() + 1
    return Refund.objects.create(
        credit_note=credit_note,
        attempt_id=refused.attempt_id,
        idempotency_key=f"refund-{credit_note.ref}-{ordinal}",
        amount=refused.amount,
        currency=refused.currency,
        created_at=at,
        asked_by=asked_by,
        settled_by=settled_by,
        note=note,
    )
