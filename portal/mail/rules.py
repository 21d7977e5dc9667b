"""Policy of sending mail: data and pure functions, no Django."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class SendingPolicy:
    """How a mail gets out of the queue."""

    batch: int  # mails taken up in one transaction
    retry_after: tuple[timedelta, ...]  # waits after a temporary refusal; then it has failed
    in_doubt_after: timedelta  # handed over, no word since: unknown, for staff to look at


# docs/rules.md: "Mail". A mail server that is down is back within a day, or a matter for staff.
SENDING = SendingPolicy(
    batch=100,
    retry_after=(
        timedelta(minutes=1),
        timedelta(minutes=10),
        timedelta(hours=1),
        timedelta(hours=6),
        timedelta(hours=24),
    ),
    in_doubt_after=timedelta(minutes=15),
)


def retry_wait(tries: int) -> timedelta | None:
    """How long to wait after the nth unsuccessful try; None when it was the last."""
    waits = SENDING.retry_after
    return waits[tries - 1] if tries <= len(waits) else None


# What a provider tells of a mail, the word that counts first: in which order it was told does not
# matter. A mail can be taken and come back later; one that is reported as spam has been read.
WEIGHTIEST_FIRST = ("complained", "bounced", "rejected", "delivered", "soft_bounced", "deferred")
ARRIVED = ("delivered", "complained")
NEVER_ARRIVED = ("bounced", "rejected")


def life_of(state: str, told: Collection[str]) -> str:
    """What became of a mail: the weightiest its provider told; without a word, its own state."""
    return next((kind for kind in WEIGHTIEST_FIRST if kind in told), state)


# How long a mail that came back waits in the staff’s queue to be looked at.
BOUNCES_SHOWN = timedelta(days=30)
