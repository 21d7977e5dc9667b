"""Handing mail over: at most once, whatever the server says and whatever crashes."""

import smtplib
import socket
from datetime import date, timedelta

import psycopg
import pytest
from django.db import connection

from portal.lib import clock
from portal.mail.actions.hand_over import send_due, settle_in_doubt
from portal.mail.actions.queue import Draft, queue
from portal.mail.models import MailState, Message
from portal.mail.rules import SENDING
from portal.testing.races import at_once

pytestmark = pytest.mark.django_db

CAROL, BOB = "carol@bakery.example", "bob@studio.example"
TODAY = date(2026, 6, 15)


def queued(to: str = CAROL, *, kind: str = "test/hello") -> Message:
    return queue(Draft(kind=kind, key=f"{kind}:{to}", to=to, arguments={"name": "Carol"}))


def send(message: Message | None = None, *, after: timedelta = timedelta()) -> None:
    """Send what is ready, so long after noon."""
    with clock.frozen(TODAY):
        at = clock.now() + after
    with clock.frozen(at):
        send_due(at=at)
    if message:
        message.refresh_from_db()


@pytest.fixture(autouse=True)
def noon(server):
    with clock.frozen(TODAY):
        yield


# --- Sent ----------------------------------------------------------------------------------------


def test_a_mail_is_written_and_sent(server) -> None:
    message = queued()

    send(message)

    [mail] = server.taken
    assert (mail.to, mail.subject) == ([CAROL], "Hello Carol")
    assert mail.body == "Dear Carol, see https://portal.example/let-me-in\n"
    assert mail.extra_headers["Message-ID"] == message.message_id
    assert (message.state, message.sent_at, message.tries) == (MailState.SENT, clock.now(), 1)


def test_the_copy_that_is_kept_says_what_was_sent_without_the_secret(server, settings) -> None:
    settings.REHEARSAL = False
    message = queued()

    send(message)

    assert message.subject == "Hello Carol"
    assert message.text == "Dear Carol, see [link removed]\n"
    assert "let-me-in" not in message.html


def test_a_sent_mail_is_not_sent_again(server) -> None:
    message = queued()

    send(message)
    send(message, after=timedelta(days=30))

    assert len(server.taken) == 1


def test_more_than_a_batch_goes_out_in_one_run_over_one_connection(server) -> None:
    for n in range(SENDING.batch + 5):
        queued(f"reader{n}@bakery.example")

    send()

    assert len(server.taken) == SENDING.batch + 5
    assert Message.objects.filter(state=MailState.SENT).count() == SENDING.batch + 5


# --- Refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPResponseException(421, b"try again later"),
        smtplib.SMTPRecipientsRefused({CAROL: (450, b"mailbox busy")}),
        smtplib.SMTPDataError(451, b"local error"),
        smtplib.SMTPSenderRefused(421, b"slow down", "hello@portal.example"),
        ConnectionRefusedError(),
    ],
)
def test_a_mail_refused_for_now_goes_back_into_the_queue(server, error) -> None:
    server.errors[CAROL] = error
    message = queued()

    send(message)

    assert (message.state, message.tries) == (MailState.QUEUED, 1)
    assert message.not_before == clock.now() + SENDING.retry_after[0]
    assert type(error).__name__ in message.last_error


def test_a_mail_put_back_is_sent_when_its_wait_is_over(server) -> None:
    server.errors[CAROL] = smtplib.SMTPResponseException(421, b"try again later")
    message = queued()
    send(message)
    server.errors.clear()

    send(message, after=SENDING.retry_after[0] - timedelta(seconds=1))
    early = message.state
    send(message, after=SENDING.retry_after[0])

    assert (early, message.state) == (MailState.QUEUED, MailState.SENT)
    assert (message.tries, message.last_error) == (2, "")


def test_a_retry_carries_the_same_message_id(server) -> None:
    server.lost[CAROL] = smtplib.SMTPDataError(451, b"local error")
    message = queued()
    send(message)
    server.lost.clear()

    send(message, after=SENDING.retry_after[0])

    first, second = server.taken
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]


def test_after_the_last_wait_it_has_failed(server) -> None:
    server.errors[CAROL] = smtplib.SMTPResponseException(421, b"try again later")
    message = queued()
    waited = timedelta()

    for wait in (timedelta(), *SENDING.retry_after):
        waited += wait
        send(message, after=waited)

    assert (message.state, message.tries) == (MailState.FAILED, 6)
    assert waited < timedelta(days=2)


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPRecipientsRefused({CAROL: (550, b"no such user")}),
        smtplib.SMTPDataError(554, b"looks like spam"),
        smtplib.SMTPResponseException(550, b"no"),
    ],
)
def test_a_mail_refused_for_good_has_failed(server, error) -> None:
    server.errors[CAROL] = error
    message = queued()

    send(message)
    send(message, after=timedelta(days=2))

    assert (message.state, message.tries) == (MailState.FAILED, 1)


# --- Never reached -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError("timed out"),
        socket.gaierror(-2, "Name or service not known"),
        smtplib.SMTPServerDisconnected("Connection unexpectedly closed"),
        smtplib.SMTPAuthenticationError(535, b"wrong password"),
    ],
)
def test_a_server_that_cannot_be_reached_is_tried_again_later(server, error) -> None:
    server.unreachable.append(error)
    message, another = queued(), queued(BOB)

    send(message)
    another.refresh_from_db()

    assert (message.state, another.state) == (MailState.QUEUED, MailState.QUEUED)
    assert len(server.opened) == 1  # not once for every mail
    server.unreachable.clear()
    send(message, after=SENDING.retry_after[0])
    assert message.state == MailState.SENT


# --- In doubt ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [
        smtplib.SMTPServerDisconnected("Connection unexpectedly closed"),
        TimeoutError("timed out"),
        ConnectionResetError(),
        RuntimeError("a backend's own surprise"),
    ],
)
def test_a_connection_lost_midway_leaves_the_mail_unknown_for_ever(server, error) -> None:
    server.lost[CAROL] = error
    message = queued()

    send(message)
    state = message.state
    send(message, after=timedelta(days=2))

    assert (state, message.state) == (MailState.UNKNOWN, MailState.UNKNOWN)
    assert len(server.taken) == 1


@pytest.mark.parametrize(
    "error", [smtplib.SMTPServerDisconnected("gone"), ValueError("Invalid address")]
)
def test_one_mails_trouble_is_not_the_others(server, error) -> None:
    server.errors[CAROL] = error
    message, another = queued(), queued(BOB)

    send(message)
    another.refresh_from_db()

    assert (message.state, another.state) == (MailState.UNKNOWN, MailState.SENT)


@pytest.mark.parametrize(
    ("after", "state"),
    [
        (SENDING.in_doubt_after, MailState.SENDING),
        (SENDING.in_doubt_after + timedelta(seconds=1), MailState.UNKNOWN),
    ],
)
def test_what_a_killed_worker_left_is_in_doubt_after_a_while(after, state) -> None:
    message = queued()
    Message.objects.update(state=MailState.SENDING, handed_over_at=clock.now())

    settle_in_doubt(at=clock.now() + after)

    message.refresh_from_db()
    assert message.state == state


def test_what_is_in_doubt_is_never_sent_again(server) -> None:
    queued()
    Message.objects.update(state=MailState.SENDING, handed_over_at=clock.now())

    settle_in_doubt(at=clock.now() + timedelta(days=1))
    send(after=timedelta(days=1))

    assert not server.taken


def test_a_worker_killed_while_handing_over_leaves_the_mail_marked(server) -> None:
    def kill(mail) -> None:
        raise KeyboardInterrupt

    server.before_taking.append(kill)
    message = queued()

    with pytest.raises(KeyboardInterrupt):
        send(message)

    message.refresh_from_db()
    assert (message.state, message.handed_over_at) == (MailState.SENDING, clock.now())


@pytest.mark.django_db(transaction=True)
def test_a_mail_is_marked_as_handed_over_before_the_server_hears_of_it(server) -> None:
    seen = []

    def look(mail) -> None:
        parameters = connection.get_connection_params() | {"cursor_factory": None}
        with psycopg.connect(**parameters) as other:
            rows = other.execute("SELECT state FROM mail_message").fetchall()
        seen.append((connection.in_atomic_block, rows))

    server.before_taking.append(look)
    queued()

    send()

    assert seen == [(False, [("sending",)])]


# --- Broken letters ------------------------------------------------------------------------------


def test_a_letter_that_cannot_be_written_fails_alone(server) -> None:
    broken, sound = queued(BOB, kind="test/broken"), queued()

    send(sound)
    broken.refresh_from_db()

    assert (broken.state, sound.state) == (MailState.FAILED, MailState.SENT)
    assert broken.last_error == "LookupError: what it was about is gone"


@pytest.mark.parametrize("kind", ["test/unheard-of", "test/hello"])
def test_a_letter_nobody_can_write_or_fill_in_fails_alone(server, kind) -> None:
    wrong = queue(Draft(kind=kind, key="wrong", to=BOB, arguments={"nonsense": 1}))
    sound = queued()

    send(sound)
    wrong.refresh_from_db()

    assert (wrong.state, sound.state) == (MailState.FAILED, MailState.SENT)


def test_a_whole_batch_of_broken_letters_does_not_hold_up_the_next(server) -> None:
    for n in range(SENDING.batch):
        queued(f"reader{n}@bakery.example", kind="test/broken")
    sound = queued()

    send(sound)

    assert sound.state == MailState.SENT


# --- At once -------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_each_mail_once(server) -> None:
    for n in range(20):
        queued(f"reader{n}@bakery.example")
    at = clock.now()

    at_once(lambda: send_due(at=at), lambda: send_due(at=at))

    assert sorted(mail.to[0] for mail in server.taken) == sorted(
        f"reader{n}@bakery.example" for n in range(20)
    )
    assert not Message.objects.exclude(state=MailState.SENT).exists()
