"""Keep what the mail provider tells: each event once, in any order, of whatever mail."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from portal.lib.bulk import insert_many
from portal.mail.models import MailEvent, MailEventKind, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class MailEventTold:
    """An event as its provider told it; what it did not tell is empty."""

    provider: str
    kind: MailEventKind
    mail_ref: str = ""
    message_id: str = ""
    event_ref: str = ""
    address: str = ""
    description: str = ""
    at: datetime | None = None


@transaction.atomic
def note_event(told: MailEventTold, *, received_at: datetime) -> bool:
    """Keep it, with the mail it is about; False if it was told before.

    The mail's row is locked: who decides knowing what became of it locks it as well.
    """
    message = _message_of(told)
    address = message.to if message else told.address
    kept = insert_many(
        MailEvent,
        [
            {
                "message_id": message.pk if message else None,
                "provider": told.provider,
                "kind": told.kind,
                "at": told.at or received_at,
                "received_at": received_at,
                "address": address.lower(),
                "event_ref": told.event_ref,
                "told_of": told.mail_ref or told.message_id,
                "description": told.description,
                "digest": _digest(told),
            }
        ],
        ignore_conflicts=True,
    )
    return bool(kept)


def _message_of(told: MailEventTold) -> Message | None:
    """By our reference where it came back, or by the Message-ID we gave it."""
    ours = Message.objects.select_for_update()
    found = ours.filter(ref=told.mail_ref).first() if told.mail_ref else None
    if found is None and told.message_id:
        bare = told.message_id.strip("<>")
        found = ours.filter(message_id=f"<{bare}>").first()
    return found


def _digest(told: MailEventTold) -> str:
    """The same for the same event told again; without a reference its instant stands for one."""
    instant = told.at.isoformat() if told.at else ""
    same = [told.provider, told.kind, told.mail_ref, told.message_id, told.address.lower()]
    return hashlib.sha256(json.dumps([*same, told.event_ref or instant]).encode()).hexdigest()
