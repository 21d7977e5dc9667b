"""What goes with a mail: drawn when it is handed over, sent, and kept as name, size and digest."""

import hashlib
from datetime import date, timedelta
from smtplib import SMTPResponseException

import pytest
from django.db import ProgrammingError, transaction

from portal.lib import clock
from portal.mail import letters
from portal.mail.actions.hand_over import send_due
from portal.mail.actions.queue import Draft, queue
from portal.mail.letters import Attachment, attached
from portal.mail.models import MailState, Message
from portal.mail.rules import SENDING
from portal.staff.tests.populate import browser, sent, staff

pytestmark = pytest.mark.django_db

CAROL = "carol@bakery.example"
TODAY = date(2026, 6, 15)
CONTENT = b"%PDF-1.7 hello"


@pytest.fixture(autouse=True)
def noon():
    with clock.frozen(TODAY):
        yield


@pytest.fixture
def drawings(server, monkeypatch) -> list[str]:
    """`test/hello` carries a file; says how often it was drawn."""
    monkeypatch.setattr(letters, "_attached", {})
    drawn: list[str] = []

    @attached("test/hello")
    def hello_file(_message, *, name: str) -> list[Attachment]:
        if name == "Nobody":
            raise LookupError("nothing to draw")
        drawn.append(name)
        url = "https://portal.example/hello.pdf"
        return [
            Attachment(name="hello.pdf", content_type="application/pdf", content=CONTENT, url=url)
        ]

    return drawn


def queued(name: str = "Carol", to: str = CAROL) -> Message:
    return queue(Draft(kind="test/hello", key=f"hello:{name}", to=to, arguments={"name": name}))


def send(message: Message, *, after: timedelta = timedelta()) -> None:
    with clock.frozen(clock.now() + after):
        send_due(at=clock.now())
    message.refresh_from_db()


def test_a_file_is_drawn_when_its_mail_is_handed_over_and_not_before(server, drawings):
    message = queued()
    assert (drawings, message.attachments) == ([], [])

    send(message)

    [mail] = server.taken
    [file] = mail.attachments
    assert (file.filename, file.content, file.mimetype) == (
        "hello.pdf",
        CONTENT,
        "application/pdf",
    )
    assert drawings == ["Carol"]


def test_of_a_file_its_name_size_and_digest_are_kept(server, drawings):
    message = queued()

    send(message)

    assert message.attachments == [
        {
            "name": "hello.pdf",
            "size": len(CONTENT),
            "sha256": hashlib.sha256(CONTENT).hexdigest(),
            "url": "https://portal.example/hello.pdf",
            "row": None,
        }
    ]


def test_what_was_attached_to_a_sent_mail_never_changes(server, drawings):
    message = queued()
    send(message)

    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(attachments=[])


def test_a_mail_tried_again_carries_its_file_again(server, drawings):
    server.errors[CAROL] = SMTPResponseException(421, b"try again later")
    message = queued()
    send(message)
    server.errors.clear()

    send(message, after=SENDING.retry_after[0])

    assert message.state == MailState.SENT
    assert [file.filename for file in server.taken[0].attachments] == ["hello.pdf"]


def test_a_mail_whose_file_cannot_be_drawn_fails_alone(server, drawings):
    broken, fine = queued("Nobody", "nobody@bakery.example"), queued()

    send(fine)

    broken.refresh_from_db()
    assert (broken.state, fine.state) == (MailState.FAILED, MailState.SENT)
    assert "nothing to draw" in broken.last_error


def test_two_functions_cannot_draw_for_one_kind(drawings):
    with pytest.raises(ValueError, match="test/hello"):
        attached("test/hello")(lambda _message: [])


def test_staff_see_what_was_attached_and_a_way_to_what_it_was_made_of():
    message = queue(Draft(kind="claims/request", key="test:1", to=CAROL))
    message.attachments = [
        {"name": "FW-1.pdf", "size": 54_000, "url": "", "row": ["billing.invoice", 17]},
        {"name": "other.pdf", "size": 10, "url": "", "row": None},
    ]
    sent(message)
    message.refresh_from_db()

    page = browser(staff("finance")).get(f"/admin/mail/message/{message.pk}/change/").text

    assert 'href="/admin/billing/invoice/17/change/"' in page
    assert "FW-1.pdf" in page
    assert "52.7" in page
    assert "other.pdf" in page
