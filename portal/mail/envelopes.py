"""A mail as the mail server is given it: addresses, headers, both bodies, attachments."""

from dataclasses import dataclass

from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from portal.mail.letters import Written
from portal.mail.models import Message
from portal.mail.providers import reference_headers


@dataclass(frozen=True, slots=True)
class Envelope:
    """A mail ready to go: its row, its words with their secret links, and its attachments."""

    message: Message
    written: Written

    def outgoing(self, connection: BaseEmailBackend) -> EmailMultiAlternatives:
        """The same through every retry, but for its date."""
        message, written = self.message, self.written
        mail = EmailMultiAlternatives(
            subject=written.subject,
            body=written.text,
            to=[message.to],
            reply_to=[message.reply_to] if message.reply_to else None,
            headers={
                "Message-ID": message.message_id,
                "Auto-Submitted": "auto-generated",
                **reference_headers(message.ref),
                **_in_thread(written.in_reply_to),
                **_one_click(written.unsubscribe_url),
            },
            connection=connection,
        )
        mail.attach_alternative(written.html, "text/html")
        for file in written.attachments:
            mail.attach(file.name, file.content, file.content_type)
        return mail


def _in_thread(message_id: str) -> dict[str, str]:
    """What makes mail programs show it under the mail it follows."""
    return {"In-Reply-To": message_id, "References": message_id} if message_id else {}


def _one_click(unsubscribe_url: str) -> dict[str, str]:
    """What a mail program makes its own “Unsubscribe” of: it posts to the address (RFC 8058)."""
    if not unsubscribe_url:
        return {}
    return {
        "List-Unsubscribe": f"<{unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
