"""The pages only a rehearsal has: mailbox, clock, codes."""

import re
from datetime import date

import pytest
from allauth.mfa.totp.internal.auth import validate_totp_code
from django.test import Client
from django.urls import reverse

from portal.home import rehearsal
from portal.home.advance import DayReport
from portal.lib import clock
from portal.mail.actions.hand_over import send_due
from portal.mail.actions.queue import Draft, queue
from portal.mail.models import MailState, Message
from portal.models import RehearsalClock
from portal.testing import builders

pytestmark = pytest.mark.django_db


def mail_to(email: str, *, key: str = "") -> Message:
    """A mail that was sent."""
    queue(Draft(kind="account/unknown_account", key=key or email, to=email))
    send_due(at=clock.now())
    return Message.objects.get(key=key or email)


def page(name: str, **kwargs) -> str:
    return reverse(f"rehearsal:{name}", kwargs=kwargs)


# --- Mailbox -------------------------------------------------------------------------------------


def test_mailbox_is_open_to_all_and_shows_the_newest_first(client):
    older, newer = mail_to("carol@bakery.example"), mail_to("bob@studio.example")

    html = client.get(page("mailbox")).content.decode()

    assert html.index(newer.to) < html.index(older.to)
    assert page("message", ref=newer.ref) in html


def test_mailbox_narrows_to_an_address(client):
    mail_to("carol@bakery.example")
    mail_to("bob@studio.example")

    response = client.get(page("mailbox"), {"to": "CAROL"})

    assert [row.to for row in response.context["page"]] == ["carol@bakery.example"]


def test_mailbox_comes_in_pages(client):
    for n in range(26):
        mail_to(f"reader-{n}@people.example")

    assert len(client.get(page("mailbox")).context["page"]) == 25
    assert len(client.get(page("mailbox"), {"page": 2}).context["page"]) == 1


def test_mailbox_costs_the_same_however_full(client, django_assert_max_num_queries):
    for n in range(12):
        mail_to(f"reader-{n}@people.example")

    with django_assert_max_num_queries(5):
        client.get(page("mailbox"))


def test_empty_mailbox_says_what_would_fill_it(client):
    assert "No mail yet" in client.get(page("mailbox")).content.decode()


def test_mail_that_waits_is_counted_but_not_listed(client):
    queue(Draft(kind="account/unknown_account", key="1", to="carol@bakery.example"))

    html = client.get(page("mailbox")).content.decode()

    assert "1 more mail is about to be sent" in html
    assert "carol@bakery.example" not in html


def test_mail_that_cannot_be_written_is_listed_with_its_error(client):
    queue(Draft(kind="account/no_such_letter", key="1", to="carol@bakery.example"))
    send_due(at=clock.now())
    broken = Message.objects.get()

    assert "account/no_such_letter" in client.get(page("mailbox")).content.decode()
    assert "KeyError" in client.get(page("message", ref=broken.ref)).content.decode()


def test_message_shows_headers_text_and_a_frame(client):
    mail = mail_to("carol@bakery.example")

    html = client.get(page("message", ref=mail.ref)).content.decode()

    assert mail.subject in html
    assert mail.message_id.strip("<>") in html
    assert f'src="{page("message_html", ref=mail.ref)}"' in html
    assert "Questions? Write to" in html


def test_frame_may_style_and_be_framed_by_us_but_run_nothing(client):
    mail = mail_to("carol@bakery.example")

    response = client.get(page("message_html", ref=mail.ref))

    policy = response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "default-src 'none'" in policy
    assert "style-src 'unsafe-inline'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "script-src" not in policy


def test_links_in_the_frame_open_in_the_whole_window(client):
    claim = builders.claim_submitted()
    with clock.frozen(builders.TODAY):
        send_due(at=clock.now())
    mail = Message.objects.get(key=f"claim:{claim.ref}:request")

    html = client.get(page("message_html", ref=mail.ref)).content.decode()

    assert html.count('<base target="_top">') == 1
    assert re.search(r'href="[^"]+/approval/[\w-]{43}/"', html)


@pytest.mark.parametrize("name", ["message", "message_html"])
def test_mail_that_is_not_there_is_not_found(client, name):
    assert client.get(page(name, ref="nothing")).status_code == 404


def test_looking_changes_nothing(client, monkeypatch):
    mail = mail_to("carol@bakery.example")
    queue(Draft(kind="account/unknown_account", key="1", to="carol@bakery.example"))
    monkeypatch.setattr(rehearsal, "advance", None)

    for address in (
        page("mailbox"),
        page("message", ref=mail.ref),
        page("message_html", ref=mail.ref),
        page("clock"),
        page("clock") + "?step=day&to=2030-01-01",
        page("codes"),
    ):
        assert client.get(address).status_code == 200

    assert Message.objects.get(key="1").state == MailState.QUEUED
    assert not RehearsalClock.objects.exists()


# --- Clock ---------------------------------------------------------------------------------------


@pytest.fixture
def moved(monkeypatch):
    """Where the clock was moved to; a stand-in for days that take their time."""
    days: list[date] = []

    def advance(*, to: date):
        days.append(to)
        yield DayReport(to, {"claims.tasks.follow_up_claims": {"follow-ups": 3}})

    monkeypatch.setattr(rehearsal, "advance", advance)
    return days


@pytest.fixture
def the_31st_of_january():
    with clock.frozen(date(2027, 1, 31)):
        yield


@pytest.mark.usefixtures("the_31st_of_january")
@pytest.mark.parametrize(
    ("step", "day"),
    [
        ("day", date(2027, 2, 1)),
        ("week", date(2027, 2, 7)),
        ("fortnight", date(2027, 2, 14)),
        ("month", date(2027, 2, 28)),
    ],
)
def test_steps_move_ahead(moved, step, day):
    form = rehearsal.ClockForm({"step": step})

    assert form.is_valid()
    assert form.cleaned_data["to"] == day


@pytest.mark.usefixtures("the_31st_of_january")
@pytest.mark.parametrize(
    ("to", "problem"),
    [
        ("", "Enter the day to move to"),
        ("2027-01-31", "only moves ahead"),
        ("2027-01-01", "only moves ahead"),
        ("2031-01-01", "too far"),
        ("tomorrow", "valid date"),
    ],
)
def test_days_that_cannot_be_moved_to_are_refused(to, problem):
    form = rehearsal.ClockForm({"to": to})

    assert not form.is_valid()
    assert problem in str(form.errors)


@pytest.mark.usefixtures("the_31st_of_january")
def test_day_after_is_near_enough_and_so_is_a_year():
    assert rehearsal.ClockForm({"to": "2027-02-01"}).is_valid()
    assert rehearsal.ClockForm({"to": "2028-01-31"}).is_valid()


def test_moving_ahead_shows_what_happened_on_the_way(client, moved):
    response = client.post(page("clock"), {"step": "week"}, follow=True)

    assert len(moved) == 1
    assert response.redirect_chain == [(page("clock"), 302)]
    assert "3 follow-ups" in response.content.decode()


def test_refused_day_is_kept_with_its_reason(client, moved):
    response = client.post(page("clock"), {"to": "2001-01-01"})

    assert moved == []
    assert "only moves ahead" in response.content.decode()
    assert "2001-01-01" in response.content.decode()


def test_clock_really_moves(client):
    start = clock.today()
    RehearsalClock.objects.create(today=start)

    client.post(page("clock"), {"step": "day"})

    assert (RehearsalClock.objects.get().today - start).days == 1


def test_moving_needs_the_forms_token(moved):
    strict = Client(enforce_csrf_checks=True)

    assert strict.post(page("clock"), {"step": "day"}).status_code == 403
    assert moved == []


# --- Codes ---------------------------------------------------------------------------------------


def test_code_is_the_one_that_signs_in(client):
    from portal.testing.cast import DEMO_TOTP_SECRET

    code = client.get(page("codes")).context["code"]

    assert re.fullmatch(r"\d{6}", code)
    assert validate_totp_code(DEMO_TOTP_SECRET, code)
