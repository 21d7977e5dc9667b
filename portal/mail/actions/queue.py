"""Queue mail: rows in the transaction of what causes them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from portal.lib import clock
from portal.lib.bulk import insert_many
from portal.mail.models import MailState, Message
from portal.mail.turns import wait_for_hand_over


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A mail to be written: its kind, its cause (`key`), its reader, what it is about."""

    kind: str
    key: str
    to: str
    arguments: dict[str, Any] = field(default_factory=dict)
    language: str = "en"
    reply_to: str = ""
    account_ref: str = ""


def queue(draft: Draft) -> Message:
    """Queue one mail; a key that was queued before gives that mail and changes nothing."""
    queue_many([draft])
    return Message.objects.get(key=draft.key)


def queue_many(drafts: Iterable[Draft]) -> None:
    """Queue mails in one statement; keys that were queued before are left alone."""
    at = clock.now()
    insert_many(
        Message,
        [
            {
                "kind": draft.kind,
                "key": draft.key,
                "to": draft.to,
                "arguments": draft.arguments,
                "language": draft.language,
                "reply_to": draft.reply_to,
                "account_ref": draft.account_ref,
                "queued_at": at,
                "not_before": at,
            }
            for draft in drafts
        ],
        ignore_conflicts=True,
    )


def withhold(message: Message) -> bool:
    """Keep a mail from going out; False when it is too late for that.

    Waits for a hand-over that has begun. One that would begin later waits for the transaction this
    is called in, and then asks whether the mail is still wanted.
    """
    wait_for_hand_over(message)
    return bool(
        Message.objects.filter(pk=message.pk, state=MailState.QUEUED).update(
            state=MailState.WITHHELD
        )
    )
