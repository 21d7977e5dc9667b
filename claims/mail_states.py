"""How far a mail to a client has come, as the partner who waits for the answer is told."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.mail.models import MailState, Message


@dataclass(frozen=True, slots=True)
class MailTold:
    """A step's state on the timeline, and a sentence."""

    state: str  # done, bad, skipped
    note: Any


TOLD = {
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
}


def mail_told(message: Message) -> MailTold:
    """What is known of this mail. The one place to tell what was heard of it later on."""
    return TOLD[MailState(message.state)]
