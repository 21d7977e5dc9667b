"""Hand queued mail to the mail server: at most once, whatever crashes.

1. In one transaction: lock a batch, write each mail, mark it as being handed over.
2. Outside any transaction: give each to the server, if it is still wanted.
3. Record what the server said. A temporary refusal puts the mail back in the queue.

A worker killed in step 2 or 3 leaves mails "being handed over"; `settle_in_doubt` calls them
unknown, and nothing here sends them again.
"""

import contextlib
import logging
import smtplib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from portal.lib import clock
from portal.mail.envelopes import Envelope
from portal.mail.letters import compose, is_refusable, is_still_wanted
from portal.mail.models import MailEvent, MailEventKind, MailState, Message
from portal.mail.rules import SENDING, retry_wait
from portal.mail.turns import handing_over

log = logging.getLogger(__name__)

REPORTED = "This address reported our mail as spam."
TEMPORARY = range(400, 500)  # SMTP replies that mean: not now


def send_due(*, at: datetime) -> Counter[str]:
    """Hand over every mail that is ready; returns how many ended in which state."""
    outcome: Counter[str] = Counter()
    taken = SENDING.batch
    while taken == SENDING.batch:
        messages, envelopes = _take_batch(at=at)
        taken = len(messages)
        outcome.update(m.state for m in messages if m.state != MailState.SENDING)
        outcome.update(_hand_over(envelopes))
    return outcome


@transaction.atomic
def _take_batch(*, at: datetime) -> tuple[list[Message], list[Envelope]]:
    """Lock, write and mark the next mails. What cannot be written fails alone."""
    ready = (
        Message.objects.ready(at).select_for_update(skip_locked=True).order_by("not_before", "id")
    )
    messages = list(ready[: SENDING.batch])
    spared = _addresses_to_spare(messages)
    envelopes = [
        envelope for message in messages if (envelope := _write(message, spared=spared, at=at))
    ]
    Message.objects.bulk_update(
        messages,
        [
            "state",
            "subject",
            "text",
            "html",
            "attachments",
            "tries",
            "handed_over_at",
            "last_error",
        ],
    )
    return messages, envelopes


def _addresses_to_spare(messages: list[Message]) -> set[str]:
    """Those whose readers reported our mail as spam."""
    addresses = {message.to.lower() for message in messages}
    complaints = MailEvent.objects.filter(kind=MailEventKind.COMPLAINED, address__in=addresses)
    return set(complaints.values_list("address", flat=True))


def _write(message: Message, *, spared: set[str], at: datetime) -> Envelope | None:
    try:
        with transaction.atomic():
            written, secrets = compose(message)
    except Exception as error:  # one broken letter must not hold up the others
        log.exception("mail %s cannot be written", message.ref)
        message.state, message.last_error = MailState.FAILED, _in_short(error)
        return None
    if message.to.lower() in spared and is_refusable(message, written):
        message.state, message.last_error = MailState.WITHHELD, REPORTED
        return None
    kept = written if settings.REHEARSAL else written.without(secrets)
    message.subject, message.text, message.html = (
        kept.subject[:250],
        kept.text,
        kept.html,
    )
    message.attachments = [file.summary for file in kept.attachments]
    message.state, message.handed_over_at = MailState.SENDING, at
    message.tries += 1
    return Envelope(message, written)


def _hand_over(envelopes: list[Envelope]) -> Iterator[str]:
    """Give each mail to the server. One that cannot be reached is not tried again in this batch."""
    connection, unreachable = get_connection(), None
    for envelope in envelopes:
        unreachable = unreachable or _why_unreachable(connection)
        with handing_over(envelope.message):
            _hand_over_one(envelope, connection, unreachable)
        yield envelope.message.state
    _close(connection)


def _hand_over_one(
    envelope: Envelope, connection: BaseEmailBackend, unreachable: Exception | None
) -> None:
    message = envelope.message
    if not is_still_wanted(message):
        message.state = MailState.WITHHELD
    elif unreachable:
        _put_back(message, unreachable)
    elif error := _send(envelope, connection):
        _record_refusal(message, error)
    else:
        message.state, message.sent_at = MailState.SENT, clock.now()
        message.last_error = ""
    message.save(update_fields=["state", "sent_at", "not_before", "last_error"])


def _why_unreachable(connection: BaseEmailBackend) -> Exception | None:
    """Connect and sign in, unless done already: until then no mail has been handed over."""
    try:
        _close_if_hung_up(connection)
        connection.open()
    except (smtplib.SMTPException, OSError) as error:
        return error
    return None


def _close_if_hung_up(connection: BaseEmailBackend) -> None:
    """A server may hang up after any mail: found out before the next one, that is none in doubt."""
    if server := getattr(connection, "connection", None):
        try:
            server.noop()
        except (smtplib.SMTPException, OSError):
            _close(connection)


def _send(envelope: Envelope, connection: BaseEmailBackend) -> Exception | None:
    try:
        envelope.outgoing(connection).send()
    except Exception as error:  # one mail's fault must not leave the others in doubt
        log.warning("mail %s: %s", envelope.message.ref, error, exc_info=error)
        _close(connection)
        return error
    return None


def _close(connection: BaseEmailBackend) -> None:
    with contextlib.suppress(smtplib.SMTPException, OSError):
        connection.close()


def _record_refusal(message: Message, error: Exception) -> None:
    """Back into the queue if the server surely refused for now; unknown if it never said."""
    if not _was_surely_refused(error):
        message.state, message.last_error = MailState.UNKNOWN, _in_short(error)
    elif _is_temporary(error):
        _put_back(message, error)
    else:
        message.state, message.last_error = MailState.FAILED, _in_short(error)


def _put_back(message: Message, error: Exception) -> None:
    """Try again later; after the last try it has failed."""
    message.last_error = _in_short(error)
    wait = retry_wait(message.tries)
    if wait is None:
        message.state = MailState.FAILED
    else:
        message.state, message.not_before = MailState.QUEUED, clock.now() + wait


def _in_short(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _was_surely_refused(error: Exception) -> bool:
    """The server answered, or was never reached; a connection lost midway says nothing."""
    return isinstance(
        error,
        smtplib.SMTPResponseException
        | smtplib.SMTPRecipientsRefused
        | smtplib.SMTPConnectError
        | ConnectionRefusedError,
    )


def _is_temporary(error: Exception) -> bool:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code in TEMPORARY for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code in TEMPORARY
    return True


def settle_in_doubt(*, at: datetime) -> int:
    """Call unknown what was handed over and never heard of again; returns how many."""
    return Message.objects.filter(
        state=MailState.SENDING, handed_over_at__lt=at - SENDING.in_doubt_after
    ).update(state=MailState.UNKNOWN)
