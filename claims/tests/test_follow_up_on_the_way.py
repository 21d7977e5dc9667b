"""The follow-up on its way to a real mail server: raced by answers, by others, and by death.

The suite races 40 answers; `RACES=all` makes it 200.
"""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from email.message import EmailMessage
from functools import partial

import pytest
from pytest_django import Settings

from claims.actions.follow_up import follow_up_due
from claims.actions.submit import withdraw
from claims.models import Claim, ClaimState
from claims.tests.doomed_sender import Moment, work_until
from portal.lib import clock
from portal.mail.actions.hand_over import send_due
from portal.mail.actions.queue import Draft, queue
from portal.mail.models import MailState, Message
from portal.testing import builders as make
from portal.testing.mail_server import PATIENCE, Deed, MailServer, Pause
from portal.testing.races import at_once, begun
from portal.testing.workers import run_worker, run_workers

pytestmark = pytest.mark.django_db(transaction=True)

CAROL, BOB = "carol@bakery.example", "bob@studio.example"
SUBMITTED = date(2026, 6, 15)
FOLLOW_UP_ON = date(2026, 6, 22)
NOON = make.noon(FOLLOW_UP_ON)
AN_HOUR = timedelta(hours=1)
A_MONTH = timedelta(days=30)
ROUNDS = 200 if os.environ.get("RACES") == "all" else 40


@pytest.fixture(autouse=True)
def patient(mail_server: MailServer, settings: Settings) -> None:
    """The server answers when the test lets it."""
    settings.EMAIL_TIMEOUT = PATIENCE


def asked() -> Claim:
    """A claim whose request was sent a week ago."""
    claim = make.claim_submitted(on=SUBMITTED)
    Message.objects.filter(pk=claim.request.mail_id).update(
        state=MailState.SENT, sent_at=make.noon(SUBMITTED)
    )
    return claim


def followed_up() -> Claim:
    """A claim whose follow-up is in the queue."""
    claim = asked()
    with clock.frozen(FOLLOW_UP_ON):
        follow_up_due(on=FOLLOW_UP_ON)
    return claim


def the_follow_up() -> Message:
    return Message.objects.get(kind="claims/follow_up")


def send() -> None:
    send_due(at=NOON)


def states_when_accepted(server: MailServer) -> list[str]:
    """What every claim's state was, for all the world to see, when its follow-up was accepted."""
    seen: list[str] = []

    def look(mail: EmailMessage) -> None:
        claim = Claim.objects.filter(request__follow_up_mail__message_id=mail["Message-ID"])
        seen.extend(claim.values_list("state", flat=True))

    server.when_accepting.append(look)
    return seen


@contextmanager
def held(server: MailServer, address: str) -> Iterator[None]:
    """Inside, the server has a mail for this address in its hands, and its sender waits."""
    pause = server.pauses[address] = Pause()
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(at_once, send)
        try:
            assert pause.reached.wait(PATIENCE)
            yield
        finally:
            pause.go_on.set()
            sending.result(PATIENCE)
        del server.pauses[address]


def answer_when_greeted(server: MailServer, claim: Claim, *, late: bool) -> None:
    """Answer at once, or when the server is being spoken to, which is when it is closest."""
    if late:
        server.greeted.wait(PATIENCE)
    make.answered(claim=claim, on=FOLLOW_UP_ON)


# --- Raced by an answer --------------------------------------------------------------------------


def test_no_follow_up_is_accepted_after_an_answer_was_committed(mail_server) -> None:
    when_accepted = states_when_accepted(mail_server)

    for number in range(ROUNDS):
        claim = followed_up()
        mail_server.greeted.clear()
        at_once(send, partial(answer_when_greeted, mail_server, claim, late=bool(number % 2)))
        Message.objects.filter(state=MailState.QUEUED).update(state=MailState.WITHHELD)

    follow_ups = Message.objects.filter(kind="claims/follow_up")
    assert set(when_accepted) <= {ClaimState.AWAITING}
    assert follow_ups.filter(state=MailState.SENT).count() == len(when_accepted)
    assert follow_ups.exclude(state__in=[MailState.SENT, MailState.WITHHELD]).count() == 0
    assert Claim.objects.filter(state=ClaimState.APPROVED).count() == ROUNDS


def test_an_answer_waits_for_a_follow_up_the_server_has_in_its_hands(mail_server) -> None:
    when_accepted = states_when_accepted(mail_server)
    claim = followed_up()

    with held(mail_server, CAROL):
        answering = begun(lambda: make.answered(claim=claim, on=FOLLOW_UP_ON))
        assert not answering.done()
    answering.result(PATIENCE)

    claim.refresh_from_db()
    assert (when_accepted, claim.state) == ([ClaimState.AWAITING], ClaimState.APPROVED)
    assert the_follow_up().state == MailState.SENT


@pytest.mark.parametrize("what", ["answered", "withdrawn", "bounced"])
def test_what_happens_while_another_mail_goes_out_keeps_the_follow_up_back(
    mail_server, what
) -> None:
    with clock.frozen(FOLLOW_UP_ON):
        queue(Draft(kind="account/unknown_account", key="first", to=BOB))
    claim = followed_up()
    happens = {
        "answered": lambda: make.answered(claim=claim, on=FOLLOW_UP_ON),
        "withdrawn": lambda: withdraw(claim, by=claim.submitted_by, at=NOON),
        "bounced": lambda: make.mail_told(mail=claim.request.mail, on=FOLLOW_UP_ON),
    }

    with held(mail_server, BOB):
        assert the_follow_up().state == MailState.SENDING
        happens[what]()

    assert the_follow_up().state == MailState.WITHHELD
    assert mail_server.accepted_by(CAROL) == []


# --- Raced by another scheduler, and by death ----------------------------------------------------


def test_two_schedulers_at_once_deliver_one_follow_up(mail_server) -> None:
    asked()

    ended = run_workers([(work_until, Moment.NEVER, mail_server.port, NOON)] * 2)

    assert [one.code for one in ended] == [0, 0]
    assert len(mail_server.accepted_by(CAROL)) == 1
    assert the_follow_up().state == MailState.SENT


@pytest.mark.parametrize(
    ("moment", "delivered", "state"),
    [
        (Moment.FOLLOWED_UP, 1, MailState.SENT),
        (Moment.NOT_YET_MARKED, 1, MailState.SENT),
        (Moment.MARKED, 0, MailState.UNKNOWN),
        (Moment.HALF_SAID, 0, MailState.UNKNOWN),
        (Moment.UNHEARD, 1, MailState.UNKNOWN),
        (Moment.UNRECORDED, 1, MailState.UNKNOWN),
    ],
)
def test_a_worker_killed_on_the_way_leaves_one_follow_up_at_most(
    mail_server, moment, delivered, state
) -> None:
    asked()

    killed = run_worker(work_until, moment, mail_server.port, NOON)
    for later in (AN_HOUR, 2 * AN_HOUR, A_MONTH):
        run_worker(work_until, Moment.NEVER, mail_server.port, NOON + later)

    assert killed.code == -signal.SIGKILL
    assert len(mail_server.accepted_by(CAROL)) == delivered
    assert the_follow_up().state == state
    shown_to_staff = Message.objects.in_trouble().filter(kind="claims/follow_up")
    assert shown_to_staff.exists() == (state == MailState.UNKNOWN)


def test_a_follow_up_whose_reply_was_lost_is_shown_to_staff_and_not_sent_again(
    mail_server,
) -> None:
    mail_server.deeds[CAROL] = Deed.HANG_UP_BEFORE_REPLY
    followed_up()

    send()
    mail_server.deeds.clear()
    run_worker(work_until, Moment.NEVER, mail_server.port, NOON + A_MONTH)

    assert len(mail_server.accepted_by(CAROL)) == 1
    assert list(Message.objects.in_trouble()) == [the_follow_up()]
