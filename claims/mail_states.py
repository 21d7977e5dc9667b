"""How far a mail to a client has come, as the partner who waits for the answer is told."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.mail.models import MailEventKind, MailState, Message
from portal.mail.rules import life_of


@dataclass(frozen=True, slots=True)
class MailTold:
    """A step's state on the timeline, and a sentence."""

    state: str  # done, bad, skipped
    note: Any


TOLD: dict[str, MailTold] = {
    MailState.QUEUED: MailTold("done", _("The mail goes out in a moment.")),
    MailState.SENDING: MailTold("done", _("The mail is being handed over.")),
    MailState.SENT: MailTold("done", _("Handed over to the mail server.")),
    MailState.UNKNOWN: MailTold(
        "done", _("Handed over, but the mail server did not confirm it. It may have arrived.")
    ),
    MailState.FAILED: MailTold(
        "bad",
        _("The mail server refused it, so it did not arrive. Write to us and we look into it."),
    ),
    MailState.WITHHELD: MailTold("skipped", _("Not sent: it was not needed any more.")),
    MailEventKind.DELIVERED: MailTold("done", _("It has arrived.")),
    MailEventKind.DEFERRED: MailTold("done", _("Their mail server lets it wait a while.")),
    MailEventKind.SOFT_BOUNCED: MailTold(
        "done", _("Their mail server could not take it just now. It may have arrived.")
    ),
    MailEventKind.BOUNCED: MailTold("bad", _("It came back: nobody reads mail there.")),
    MailEventKind.REJECTED: MailTold("bad", _("It was not let out to this address.")),
    MailEventKind.COMPLAINED: MailTold("done", _("It has arrived.")),
}


def mail_told(message: Message) -> MailTold:
    """What is known of this mail; that its reader reported it is not the partner's to know."""
    return TOLD[life_of(message.state, {event.kind for event in message.events.all()})]
