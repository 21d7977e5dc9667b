"""What the mail provider tells of a mail: by whom, once, and in any order."""

import base64
import json
from datetime import UTC, date, datetime
from itertools import permutations
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client

from portal.lib import clock
from portal.mail.actions.hand_over import send_due
from portal.mail.actions.queue import Draft, queue
from portal.mail.models import MailEvent, Message
from portal.mail.rules import life_of
from portal.staff.tests.populate import browser, sent, staff
from portal.testing.assertions import NEVER_CHANGES, delete_row, refused, set_columns

pytestmark = pytest.mark.django_db

CAROL = "carol@bakery.example"
SECRET = "provider:long-and-random"
TODAY = date(2026, 6, 15)


@pytest.fixture(autouse=True)
def postmark(settings):
    settings.MAIL_PROVIDER = "postmark"
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET}
    with clock.frozen(TODAY):
        yield


@pytest.fixture
def message() -> Message:
    made = queue(Draft(kind="claims/request", key="test:1", to=CAROL))
    sent(made)
    return made


def told(
    message: Message | None, record: str, *, at: str = "2026-06-15T10:00:00Z", **more: Any
) -> dict[str, Any]:
    """An event as this provider writes it."""
    metadata = {"mail_ref": message.ref} if message else {}
    when = {"Delivery": "DeliveredAt", "SubscriptionChange": "ChangedAt"}.get(record, "BouncedAt")
    whom = "Recipient" if record == "Delivery" else "Email"
    return {"RecordType": record, "Metadata": metadata, whom: CAROL, when: at, **more}


def bounce(message: Message | None, kind: str = "HardBounce", number: int = 1) -> dict[str, Any]:
    return told(message, "Bounce", Type=kind, ID=number, Description="no such user")


def tell(event: Any, *, secret: str = SECRET, provider: str = "postmark") -> Any:
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    basic = base64.b64encode(secret.encode()).decode()
    return Client().post(
        f"/mail/events/{provider}/",
        body,
        content_type="application/json",
        headers={"Authorization": f"Basic {basic}"},
    )


def kinds_of(message: Message) -> list[str]:
    return sorted(event.kind for event in message.events.all())


# --- What is told --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (lambda message: told(message, "Delivery"), "delivered"),
        (bounce, "bounced"),
        (lambda message: bounce(message, "SoftBounce"), "soft_bounced"),
        (lambda message: bounce(message, "Transient"), "deferred"),
        (lambda message: bounce(message, "BadEmailAddress"), "rejected"),
        (lambda message: told(message, "SpamComplaint", Type="SpamComplaint"), "complained"),
    ],
)
def test_what_became_of_a_mail_is_kept_with_it(message, event, kind):
    response = tell(event(message))

    kept = message.events.get()
    assert response.status_code == 200
    assert (kept.kind, kept.address, kept.provider) == (kind, CAROL, "postmark")
    assert kept.at == datetime(2026, 6, 15, 10, tzinfo=UTC)


def test_a_mail_is_found_by_its_message_id_where_the_reference_got_lost(message):
    event = told(None, "Delivery", MessageID=message.message_id.strip("<>"))

    tell(event)

    assert kinds_of(message) == ["delivered"]


def test_a_mail_carries_its_reference_in_the_providers_own_header(server):
    message = queue(Draft(kind="test/hello", key="h", to=CAROL, arguments={"name": "Carol"}))

    send_due(at=clock.now())

    [mail] = server.taken
    assert mail.extra_headers["X-PM-Metadata-mail_ref"] == message.ref


def test_without_a_provider_a_mail_carries_no_reference(server, settings):
    settings.MAIL_PROVIDER = ""
    queue(Draft(kind="test/hello", key="h", to=CAROL, arguments={"name": "Carol"}))

    send_due(at=clock.now())

    [mail] = server.taken
    assert not any(name.startswith("X-") for name in mail.extra_headers)


def test_an_event_told_again_is_kept_once(message):
    for _ in range(3):
        assert tell(bounce(message)).status_code == 200
        assert tell(told(message, "Delivery")).status_code == 200

    assert kinds_of(message) == ["bounced", "delivered"]


def test_two_events_of_one_kind_are_two(message):
    tell(told(message, "Delivery", at="2026-06-15T10:00:00Z"))
    tell(told(message, "Delivery", at="2026-06-15T11:00:00Z"))

    assert kinds_of(message) == ["delivered", "delivered"]


@pytest.mark.parametrize("order", list(permutations(["deferred", "delivered", "bounced"])))
def test_what_became_of_a_mail_does_not_depend_on_the_order_it_is_told_in(message, order):
    events = {
        "deferred": bounce(message, "Transient", 1),
        "delivered": told(message, "Delivery"),
        "bounced": bounce(message, "HardBounce", 2),
    }

    for kind in order:
        tell(events[kind])

    assert life_of(message.state, set(kinds_of(message))) == "bounced"


@pytest.mark.parametrize(
    ("state", "events", "life"),
    [
        ("queued", [], "queued"),
        ("sent", [], "sent"),
        ("sent", ["deferred"], "deferred"),
        ("sent", ["deferred", "delivered"], "delivered"),
        ("sent", ["soft_bounced", "delivered"], "delivered"),
        ("sent", ["delivered", "bounced"], "bounced"),
        ("sent", ["bounced", "complained"], "complained"),
        ("sent", ["other"], "sent"),
        ("unknown", ["delivered"], "delivered"),
        ("failed", [], "failed"),
    ],
)
def test_the_weightiest_word_is_what_became_of_it(state, events, life):
    assert life_of(state, events) == life


# --- What is not ours, or makes no sense ---------------------------------------------------------


def test_an_event_of_somebody_elses_mail_is_kept_and_answered(message):
    response = tell(told(None, "Delivery", MessageID="of-another-system"))

    assert response.status_code == 200
    assert MailEvent.objects.get().message is None
    assert not message.events.exists()


@pytest.mark.parametrize(
    "event",
    [
        b"not json",
        b"\xff\xfe",
        b"[]",
        b"null",
        {},
        {"RecordType": "Newest"},
        {"RecordType": "Bounce", "BouncedAt": 7},
        {"FromFull": {}},
        {"RecordType": "Delivery", "Metadata": "odd", "Recipient": "a\x00b" * 200},
        {"RecordType": "Delivery", "Metadata": {"mail_ref": ["x"]}, "DeliveredAt": "2026-06-15"},
        {"RecordType": "Delivery", "MessageID": {"a": "\ud800"}},
    ],
)
def test_what_makes_no_sense_is_kept_once_and_answered(event):
    assert tell(event).status_code == 200
    assert tell(event).status_code == 200

    assert MailEvent.objects.get().message is None


@pytest.mark.parametrize("record", ["Open", "Click", "SubscriptionChange"])
def test_what_a_reader_does_with_a_mail_is_not_kept(message, record):
    link = "https://portal.example/approval/secret/"

    assert tell(told(message, record, OriginalLink=link)).status_code == 200

    assert not MailEvent.objects.exists()


# --- Who tells -----------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["", "provider:wrong", "provider:", f"{SECRET}x"])
def test_a_wrong_secret_is_refused_and_nothing_is_kept(message, secret):
    assert tell(bounce(message), secret=secret).status_code == 400

    assert not MailEvent.objects.exists()


def test_only_the_provider_in_use_has_an_address(message):
    assert tell(bounce(message), provider="brevo").status_code == 404
    assert tell(bounce(message), provider="nobody").status_code == 404


def test_without_a_secret_there_is_no_address(message, settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": ""}

    assert tell(bounce(message), secret="").status_code == 404


def test_events_of_a_provider_that_signs_need_its_signature_too(message, settings):
    settings.MAIL_PROVIDER = "mailgun"
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, "MAILGUN_WEBHOOK_SIGNING_KEY": "key"}
    unsigned = {
        "signature": {"timestamp": "1", "token": "t", "signature": "wrong"},
        "event-data": {"event": "delivered", "user-variables": {"mail_ref": message.ref}},
    }

    assert tell(unsigned, provider="mailgun").status_code == 400

    assert not MailEvent.objects.exists()


@pytest.mark.parametrize(
    ("name", "secrets", "errors"),
    [
        ("", {}, []),
        ("postmark", {"WEBHOOK_SECRET": SECRET}, []),
        ("postmark", {}, ["portal.MAIL_EVENTS_SECRET"]),
        ("mailgun", {"WEBHOOK_SECRET": SECRET}, ["portal.MAIL_EVENTS_SIGNING_KEY"]),
        ("pigeons", {"WEBHOOK_SECRET": SECRET}, ["portal.MAIL_PROVIDER"]),
    ],
)
def test_a_provider_without_its_secrets_is_refused_at_the_start(settings, name, secrets, errors):
    settings.MAIL_PROVIDER, settings.ANYMAIL = name, secrets

    assert [error.id for error in run_checks() if str(error.id).startswith("portal.")] == errors


# --- Who wants none of our mail ------------------------------------------------------------------


def test_who_reported_our_mail_as_spam_still_gets_what_always_comes(message, server):
    tell(told(message, "SpamComplaint", Type="SpamComplaint"))
    queue(Draft(kind="test/hello", key="h", to=CAROL.title(), arguments={"name": "Carol"}))

    send_due(at=clock.now())

    assert [mail.subject for mail in server.taken] == ["Hello Carol"]


# --- Facts, and what staff see -------------------------------------------------------------------


def test_what_was_told_never_changes(message):
    tell(bounce(message))
    kept = message.events.get()

    with refused(NEVER_CHANGES):
        set_columns(kept, kind="delivered")
    with refused(NEVER_CHANGES):
        delete_row(kept)


def test_an_event_has_a_known_kind(message):
    with refused("mail_event_kind_known"):
        MailEvent.objects.create(
            kind="odd", at=clock.now(), received_at=clock.now(), digest="d", provider="p"
        )


def test_staff_see_what_became_of_a_mail_on_its_page_and_in_the_list(message):
    tell(told(message, "Delivery"))
    client = browser(staff("support"))

    page = client.get(f"/admin/mail/message/{message.pk}/change/").text
    listed = client.get("/admin/mail/message/").text

    assert "What became of it" in page
    assert "delivered" in page
    assert "delivered" in listed


def test_what_came_back_waits_for_staff_with_its_age_and_the_providers_words(message):
    tell(bounce(message))
    other = queue(Draft(kind="claims/request", key="test:2", to="bob@studio.example"))
    sent(other)
    tell(told(other, "Delivery"))

    with clock.frozen(date(2026, 6, 18)):
        page = browser(staff("support")).get("/admin/mail/message/?life=came_back")

    assert list(page.context["cl"].result_list) == [message]
    assert "3 days ago" in page.text
    assert "no such user" in page.text


def test_a_mail_in_doubt_that_was_delivered_needs_nobody(message):
    doubtful = queue(Draft(kind="claims/request", key="test:2", to=CAROL))
    Message.objects.filter(pk=doubtful.pk).update(state="unknown")
    assert list(Message.objects.in_trouble()) == [doubtful]

    tell(told(doubtful, "Delivery"))

    assert not Message.objects.in_trouble().exists()
