"""Telling those who look after an account's listing, by mail."""

from partners.audience import audience, draft_to
from partners.models import Account
from portal.mail.actions.queue import queue_many


def tell_team(account: Account, *, letter: str, cause: str, **arguments: int) -> None:
    """Mail everyone who may manage the listing, each once for this cause."""
    queue_many(
        draft_to(seat, letter=f"partners/{letter}", key=f"{letter}:{cause}", arguments=arguments)
        for seat in audience("marketplace", [account.pk])
    )
