"""When a form for a quote was opened, signed; and what it tells about who sends it."""

from datetime import UTC, datetime

from django.core import signing

from partners.models import Account
from partners.models.quotes import HeldFor
from partners.rules import QUOTE_POLICY

SIGNER = signing.Signer(salt="partners.quote_stamps")


def opened(account: Account, *, at: datetime) -> str:
    """The moment this account's form was opened, for the form to carry along."""
    return SIGNER.sign(f"{account.ref}:{int(at.timestamp())}")


def opened_anew(account: Account, *, at: datetime) -> str:
    """The same for a form that was open too long: what it holds was typed already."""
    return opened(account, at=at - QUOTE_POLICY.least_time)


def is_stale(said: str, account: Account, *, at: datetime) -> bool:
    """Whether the form was open so long that it has to be sent again."""
    since = _read(said, account)
    return since is not None and at - since > QUOTE_POLICY.form_valid


def held_for(said: str, account: Account, *, trap: str, at: datetime) -> str:
    """Why a machine seems to have sent the form; empty for people."""
    if trap:
        return HeldFor.TRAP
    since = _read(said, account)
    if since is None:
        return HeldFor.FORGED
    return HeldFor.HASTE if at - since < QUOTE_POLICY.least_time else ""


def _read(said: str, account: Account) -> datetime | None:
    try:
        ref, _, seconds = SIGNER.unsign(said).partition(":")
    except signing.BadSignature:
        return None
    return datetime.fromtimestamp(int(seconds), UTC) if ref == account.ref else None
