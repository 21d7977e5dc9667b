"""What the database itself refuses of mail: a cause mailed twice, and changing what was sent."""

import pytest

from portal.lib import clock
from portal.mail.actions.queue import Draft, queue
from portal.mail.models import MailState, Message
from portal.testing.assertions import (
    FIXED,
    NEVER_DELETED,
    delete_row,
    insert_like,
    refused,
    set_columns,
)

pytestmark = pytest.mark.django_db


def queued() -> Message:
    return queue(Draft(kind="test/hello", key="hello:1", to="carol@bakery.example"))


def sent() -> Message:
    message = queued()
    set_columns(message, state=MailState.SENT, sent_at=clock.now(), subject="Hello", text="Hello")
    return message


def test_a_cause_is_mailed_once() -> None:
    message = queued()

    with refused("mail_message_key"):
        insert_like(message, message_id="<other@portal.example>")


def test_a_message_id_is_one_mails() -> None:
    message = queued()

    with refused("mail_message_message_id"):
        insert_like(message, key="hello:2")


@pytest.mark.parametrize(
    "change",
    [{"to": "charlie@elsewhere.example"}, {"key": "other"}, {"kind": "test/other"}, {"ref": "x"}],
)
def test_who_is_written_to_and_why_never_changes(change) -> None:
    message = queued()

    with refused(FIXED):
        set_columns(message, **change)


def test_a_mail_is_never_deleted() -> None:
    message = queued()

    with refused(NEVER_DELETED):
        delete_row(message)


@pytest.mark.parametrize(
    "change", [{"subject": "Bye"}, {"text": "Bye"}, {"html": "Bye"}, {"state": "queued"}]
)
def test_what_was_sent_never_changes(change) -> None:
    message = sent()

    with refused(FIXED):
        set_columns(message, **change)


def test_what_was_sent_has_a_time() -> None:
    message = queued()

    with refused("message_sent_has_time"):
        set_columns(message, state=MailState.SENT)
