"""A worker that follows claims up and sends mail, and dies on the way.

It dies at one of `Moment`: what the mail server has then, and what the database knows of it, is
different with each.
"""

import os
import signal
import smtplib
from datetime import datetime
from enum import Enum, auto
from select import select
from typing import Any

from django.conf import settings
from django.core.mail.backends import smtp
from django.db import connections

from claims.actions.follow_up import follow_up_due
from portal.lib import clock
from portal.mail.actions.hand_over import send_due, settle_in_doubt

END_OF_MAIL = b"\r\n.\r\n"


class Moment(Enum):
    """When the worker dies."""

    NEVER = auto()
    FOLLOWED_UP = auto()  # queued, and nothing more
    NOT_YET_MARKED = auto()  # written, and not committed as being handed over
    MARKED = auto()  # committed, and the server not spoken to
    HALF_SAID = auto()  # the server knows from whom and to whom, and waits for the mail
    UNHEARD = auto()  # the server has the mail, its reply is not read
    UNRECORDED = auto()  # the reply is read, and not committed


def work_until(moment: Moment, port: int, at: datetime) -> None:
    """An hour of the jobs, or as much of it as there is time for."""
    settings.EMAIL_BACKEND = f"{__name__}.DoomedBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    DoomedSMTP.dies_at = moment
    with clock.frozen(at):
        follow_up_due(on=clock.date_of(at))
        _die_if(moment, Moment.FOLLOWED_UP)
        if moment == Moment.NOT_YET_MARKED:
            _die_before_the_next_commit()
        settle_in_doubt(at=at)
        send_due(at=at)


def _die_if(moment: Moment, now: Moment) -> None:
    if moment == now:
        os.kill(os.getpid(), signal.SIGKILL)


def _die_before_the_next_commit() -> None:
    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    connections["default"].commit = die  # type: ignore[method-assign]  # Django has no hook for it


class DoomedSMTP(smtplib.SMTP):
    """Speaks to the server until its moment has come."""

    dies_at = Moment.NEVER

    def data(self, msg: Any) -> tuple[int, bytes]:
        _die_if(self.dies_at, Moment.HALF_SAID)
        return super().data(msg)

    def send(self, s: Any) -> None:
        super().send(s)
        if s.endswith(END_OF_MAIL if isinstance(s, bytes) else END_OF_MAIL.decode()):
            assert self.sock
            select([self.sock], [], [])  # the reply is there
            _die_if(self.dies_at, Moment.UNHEARD)


class DoomedBackend(smtp.EmailBackend):
    """Sends by SMTP, until its moment has come."""

    connection_class = DoomedSMTP

    def send_messages(self, email_messages: Any) -> int:
        _die_if(DoomedSMTP.dies_at, Moment.MARKED)
        sent = super().send_messages(email_messages)
        _die_if(DoomedSMTP.dies_at, Moment.UNRECORDED)
        return sent
