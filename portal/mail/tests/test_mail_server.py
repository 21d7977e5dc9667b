"""The queue against a real mail server: what each answer, and each silence, makes of a mail."""

from datetime import date, timedelta

import pytest

from portal.lib import clock
from portal.mail.actions.hand_over import send_due, settle_in_doubt
from portal.mail.actions.queue import Draft, queue
from portal.mail.models import MailState, Message
from portal.mail.rules import SENDING
from portal.testing.mail_server import Deed

pytestmark = pytest.mark.django_db

CAROL, BOB = "carol@bakery.example", "bob@studio.example"
TODAY = date(2026, 6, 15)
LATER = timedelta(days=30)


@pytest.fixture(autouse=True)
def noon(mail_server):
    with clock.frozen(TODAY):
        yield


def queued(to: str = CAROL) -> Message:
    return queue(Draft(kind="account/unknown_account", key=f"hello:{to}", to=to))


def send(*messages: Message, after: timedelta = timedelta()) -> None:
    with clock.frozen(TODAY):
        at = clock.now() + after
    with clock.frozen(at):
        settle_in_doubt(at=at)
        send_due(at=at)
    for message in messages:
        message.refresh_from_db()


def test_what_is_taken_is_sent(mail_server) -> None:
    message = queued()

    send(message)

    [mail] = mail_server.accepted
    assert message.state == MailState.SENT
    assert (mail["To"], mail["Message-ID"]) == (CAROL, message.message_id)


@pytest.mark.parametrize("deed", [Deed.REFUSE_FOR_NOW_AT_RCPT, Deed.REFUSE_FOR_NOW_AFTER_DATA])
def test_421_is_tried_again_later_under_the_same_message_id(mail_server, deed) -> None:
    mail_server.deeds[CAROL] = deed
    message = queued()

    send(message)
    assert (message.state, message.tries) == (MailState.QUEUED, 1)
    assert message.not_before == clock.now() + SENDING.retry_after[0]
    mail_server.deeds.clear()
    send(message, after=SENDING.retry_after[0])

    [mail] = mail_server.accepted
    assert (message.state, message.tries) == (MailState.SENT, 2)
    assert mail["Message-ID"] == message.message_id


@pytest.mark.parametrize("deed", [Deed.REFUSE_FOR_NOW_AT_RCPT, Deed.REFUSE_FOR_NOW_AFTER_DATA])
def test_421_to_the_last_has_failed(mail_server, deed) -> None:
    mail_server.deeds[CAROL] = deed
    message = queued()

    for tries in range(len(SENDING.retry_after) + 1):
        send(message, after=tries * timedelta(days=2))

    assert (message.state, message.tries) == (MailState.FAILED, 6)
    assert "421" in message.last_error


@pytest.mark.parametrize("deed", [Deed.REFUSE_AT_RCPT, Deed.REFUSE_AFTER_DATA])
def test_550_has_failed_at_once_with_the_servers_words(mail_server, deed) -> None:
    mail_server.deeds[CAROL] = deed
    message = queued()

    send(message)
    send(message, after=LATER)

    assert (message.state, message.tries, mail_server.accepted) == (MailState.FAILED, 1, [])
    assert "550" in message.last_error


@pytest.mark.parametrize("deed", [Deed.HANG_AFTER_DATA, Deed.HANG_UP_BEFORE_REPLY])
def test_a_reply_that_never_came_leaves_it_unknown_for_staff_and_sent_once(
    mail_server, deed
) -> None:
    mail_server.deeds[CAROL] = deed
    message = queued()

    send(message)
    mail_server.deeds.clear()
    send(message, after=LATER)

    assert (message.state, len(mail_server.accepted)) == (MailState.UNKNOWN, 1)
    assert list(Message.objects.in_trouble()) == [message]


def test_a_server_that_hangs_up_after_its_reply_has_taken_it(mail_server) -> None:
    mail_server.deeds[CAROL] = Deed.HANG_UP_AFTER_REPLY
    message = queued()

    send(message)
    send(message, after=LATER)

    assert (message.state, len(mail_server.accepted)) == (MailState.SENT, 1)


@pytest.mark.parametrize("deed", list(Deed))
def test_whatever_becomes_of_one_mail_the_next_gets_there_once(mail_server, deed) -> None:
    mail_server.deeds[CAROL] = deed
    queued()
    other = queued(BOB)

    send(other)
    send(other, after=SENDING.retry_after[0])

    assert other.state == MailState.SENT
    assert len(mail_server.accepted_by(BOB)) == 1


def test_a_server_that_is_down_is_tried_again_later(mail_server, settings) -> None:
    settings.EMAIL_PORT = 1  # nobody listens there
    message = queued()

    send(message)
    settings.EMAIL_PORT = mail_server.port
    send(message, after=SENDING.retry_after[0])

    assert (message.state, len(mail_server.accepted)) == (MailState.SENT, 1)


def test_a_mail_says_that_a_machine_wrote_it_and_whom_to_answer(mail_server) -> None:
    draft = Draft(
        kind="account/unknown_account", key="hello", to=CAROL, reply_to="help@portal.example"
    )

    send(queue(draft))

    [mail] = mail_server.accepted
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Reply-To"] == "help@portal.example"
    assert mail["In-Reply-To"] is None
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
