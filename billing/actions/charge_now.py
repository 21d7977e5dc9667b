"""Charge while somebody waits, and tell them what came of it."""

from collections.abc import Sequence
from datetime import date

from billing.actions import charge
from billing.errors import PaymentDeclinedError, PaymentInDoubtError
from billing.models import PaymentAttempt
from billing.rules import Outcome


def charge_now(attempts: Sequence[int], *, on: date) -> None:
    """Charge the committed attempt of a purchase (by id); returns when it is paid.

    Raises PaymentDeclinedError (nothing was bought), PaymentInDoubtError (it completes by itself).
    """
    charge.run([attempts], on=on)
    attempt = PaymentAttempt.objects.get(pk__in=attempts)
    if attempt.settled_at is None:
        raise PaymentInDoubtError
    if attempt.outcome != Outcome.SUCCEEDED.value:
        raise PaymentDeclinedError(attempt.decline_code)
