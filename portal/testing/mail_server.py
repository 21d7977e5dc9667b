"""A real mail server on this machine that refuses, hangs and hangs up as a test tells it.

What it has *accepted* is what a reader would get: it counts also where the reply was lost.
"""

import asyncio
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import Enum, auto
from threading import Event
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import connection
from pytest_django import Settings

PATIENCE = 10.0
TIMEOUT = 1  # seconds the portal waits for a reply here


class Deed(Enum):
    """What the server does to a mail, by its address."""

    REFUSE_FOR_NOW_AT_RCPT = auto()
    REFUSE_AT_RCPT = auto()
    REFUSE_FOR_NOW_AFTER_DATA = auto()
    REFUSE_AFTER_DATA = auto()
    HANG_AFTER_DATA = auto()  # accepted, and never a reply
    HANG_UP_BEFORE_REPLY = auto()  # accepted, and the reply is lost
    HANG_UP_AFTER_REPLY = auto()  # accepted, and nobody there for the next mail


REPLIES = {
    Deed.REFUSE_FOR_NOW_AT_RCPT: "421 4.3.2 try again later",
    Deed.REFUSE_AT_RCPT: "550 5.1.1 no such user",
    Deed.REFUSE_FOR_NOW_AFTER_DATA: "421 4.7.0 too much mail",
    Deed.REFUSE_AFTER_DATA: "550 5.7.1 looks like spam",
}
AT_RCPT = {Deed.REFUSE_FOR_NOW_AT_RCPT, Deed.REFUSE_AT_RCPT}
TAKEN = "250 2.0.0 taken"


@dataclass
class Pause:
    """A mail the server holds in its hands, unanswered, until it is told to go on."""

    reached: Event = field(default_factory=Event)
    go_on: Event = field(default_factory=Event)


@dataclass
class MailServer:
    """Takes every mail, unless there is a deed or a pause for its address."""

    deeds: dict[str, Deed] = field(default_factory=dict)
    pauses: dict[str, Pause] = field(default_factory=dict)
    accepted: list[EmailMessage] = field(default_factory=list)
    when_accepting: list[Callable[[EmailMessage], None]] = field(default_factory=list)
    greeted: Event = field(default_factory=Event)  # somebody has begun to speak to it
    port: int = 0

    def accepted_by(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.accepted if mail["To"] == address]

    # --- What aiosmtpd asks ----------------------------------------------------------------------

    async def handle_EHLO(  # noqa: N802
        self,
        _server: SMTP,
        session: Session,
        _envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        self.greeted.set()
        return responses

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        deed = self.deeds.get(address)
        if deed in AT_RCPT:
            return REPLIES[deed]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        [address] = envelope.rcpt_tos
        deed = self.deeds.get(address)
        if deed in REPLIES:
            return REPLIES[deed]
        if pause := self.pauses.get(address):
            pause.reached.set()
            await asyncio.to_thread(pause.go_on.wait, PATIENCE)
        mail = message_from_bytes(cast("bytes", envelope.content), policy=policy.default)
        await asyncio.to_thread(self._accept, mail)
        return await self._reply(server, deed)

    def _accept(self, mail: EmailMessage) -> None:
        try:
            for look in self.when_accepting:
                look(mail)
        finally:
            connection.close()
        self.accepted.append(mail)

    async def _reply(self, server: SMTP, deed: Deed | None) -> str:
        transport = cast("asyncio.Transport", server.transport)
        if deed == Deed.HANG_AFTER_DATA:
            await asyncio.sleep(PATIENCE)
        if deed == Deed.HANG_UP_BEFORE_REPLY:
            transport.abort()
        if deed == Deed.HANG_UP_AFTER_REPLY:
            asyncio.get_running_loop().call_soon(transport.close)
        return TAKEN


@pytest.fixture
def mail_server(settings: Settings) -> Iterator[MailServer]:
    """It runs, and the portal sends through it."""
    server = MailServer(port=_free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_TIMEOUT = TIMEOUT
    yield server
    controller.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port
