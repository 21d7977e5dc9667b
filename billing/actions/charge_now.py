"""Charge while somebody waits, and tell them what came of it."""

from datetime import date

from billing.actions import charge
from billing.errors import PaymentDeclinedError, PaymentInDoubtError
from billing.models import PaymentAttempt
from billing.rules import Outcome


def charge_now(attempt: PaymentAttempt, *, on: date) -> None:
    """Charge a committed attempt; returns when it is paid.

    Raises PaymentDeclinedError (nothing was bought), PaymentInDoubtError (it completes by itself).
    """
    charge.run([attempt], on=on)
    attempt.refresh_from_db()
    if attempt.settled_at is None:
        raise PaymentInDoubtError
    if attempt.outcome != Outcome.SUCCEEDED.value:
        raise PaymentDeclinedError(attempt.decline_code)
