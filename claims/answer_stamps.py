"""When the page with the question was opened, signed, for its form to carry along."""

from datetime import UTC, datetime

from django.core import signing

from claims.models import Claim
from claims.rules import LEAST_TIME_TO_ANSWER

SIGNER = signing.Signer(salt="claims.answer_stamps")


def stamp(claim: Claim, *, at: datetime) -> str:
    return SIGNER.sign(f"{claim.ref}:{at.timestamp():.3f}")


def opened_at(said: str, claim: Claim) -> datetime | None:
    """When this claim's page was opened; None for a stamp that is missing, or not ours."""
    try:
        ref, _, seconds = SIGNER.unsign(said).partition(":")
    except signing.BadSignature:
        return None
    return datetime.fromtimestamp(float(seconds), UTC) if ref == claim.ref else None


def was_read(opened: datetime, *, at: datetime) -> bool:
    """Whether there was time to read the question before it was answered."""
    return at - opened >= LEAST_TIME_TO_ANSWER
