"""Every letter there is can be read at any time, in every language, and gives nothing away."""

import re
from html.parser import HTMLParser
from pathlib import Path

import allauth.account
import allauth.mfa
import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail
from django.template.loader import get_template
from django.test import Client
from django.urls import reverse

from portal.lib import clock
from portal.mail import letters
from portal.mail.actions.hand_over import send_due
from portal.mail.actions.queue import Draft, queue
from portal.mail.letters import SecretLink
from portal.mail.models import MailState, Message
from portal.testing import builders

KINDS = list(letters.kinds())
LANGUAGES = [code for code, _name in settings.LANGUAGES]
# Codes typed into an open window are not used by this portal (settings: links).
NOT_USED = {"login_code", "password_reset_code"}


class _Links(HTMLParser):
    """The addresses of all links, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.found.append(dict(attrs).get("href") or "")


def links_in(html: str) -> list[str]:
    return _Links(html).found


# --- Every letter --------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_letter_reads_well_without_a_database(kind, language):
    written = letters.sample(kind, language=language)

    assert 0 < len(written.subject) <= 78
    assert "\n" not in written.subject
    for words in (written.subject, written.text, written.html):
        assert "{{" not in words
        assert "{%" not in words
        assert not re.search(r"\bNone\b|%\(", words)
    assert "&#x27;" not in written.subject + written.text
    assert f'<html lang="{language}">' in written.html


@pytest.mark.parametrize("kind", KINDS)
def test_links_are_whole_and_lead_to_the_portal(kind):
    written = letters.sample(kind, language="en")

    links = links_in(written.html)
    assert links
    for link in links:
        assert link.startswith((f"{settings.SITE_URL}/", f"mailto:{settings.SUPPORT_EMAIL}"))
        if not link.startswith("mailto:"):
            assert link in written.text.split()


@pytest.mark.parametrize("kind", KINDS)
def test_plain_text_comes_in_short_lines(kind):
    written = letters.sample(kind, language="en")

    for line in written.text.splitlines():
        assert len(line) <= 78 or "://" in line
    assert "\n\n\n" not in written.text


@pytest.mark.parametrize("kind", ["claims/request", "claims/follow_up", "claims/answer_receipt"])
def test_approval_mail_has_one_link_whatever_the_answer(kind):
    links = links_in(letters.sample(kind, language="en").html)

    assert len({link for link in links if not link.startswith("mailto:")}) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_only_mails_to_the_client_who_answers_carry_an_approval_link(kind):
    answering = {"claims/request", "claims/follow_up", "claims/answer_receipt"}

    assert ("/approval/" in letters.sample(kind, language="en").html) == (kind in answering)


def test_dates_and_money_follow_the_reader():
    american = letters.sample("billing/receipt", language="en")
    british = letters.sample("billing/receipt", language="en-gb")

    assert "$264.00" in american.subject
    assert "US$264.00" in british.subject
    assert american.text != british.text.replace("US$", "$")


def test_two_letters_of_one_kind_are_refused():
    with pytest.raises(ValueError, match="two letters"):
        letters.letter(KINDS[0], sample=dict)(dict)


def _mails_of(package) -> set[str]:
    folder = Path(package.__file__).parent.parent / "templates" / package.__name__.split(".")[-1]
    return {path.name.removesuffix("_subject.txt") for path in folder.glob("email/*_subject.txt")}


def test_every_mail_of_allauth_has_a_letter():
    told = {kind.removeprefix("account/") for kind in KINDS}

    assert (_mails_of(allauth.account) | _mails_of(allauth.mfa)) - NOT_USED <= told


def test_every_kind_has_its_three_templates_in_its_folder():
    for letter in letters._letters.values():
        for part in ("subject.txt", "body.txt", "body.html"):
            get_template(f"emails/{letter.folder}/{part}")


# --- Letters about signing in --------------------------------------------------------------------


@pytest.fixture
def smtp(settings):
    """Mail goes to Django's outbox, as it would to a server."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def deliver() -> Message:
    """Hand over the one mail that is queued, and give its row."""
    send_due(at=clock.now())
    return Message.objects.get()


def amira(*, verified: bool = True):
    user = builders.person(name="Amira")
    user.set_password("a long way home 7")
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=verified)
    return user


def ask_for_reset(email: str) -> None:
    Client().post(reverse("account_reset_password"), {"email": email})


def choose_password(link: str, password: str) -> bool:
    """Follow the link and send its form, as a person would; False if the link has no form."""
    browser = Client()
    page = browser.get(link.removeprefix(settings.SITE_URL), follow=True)
    if page.context.get("token_fail"):
        return False
    browser.post(page.request["PATH_INFO"], {"password1": password, "password2": password})
    return True


@pytest.mark.django_db
def test_reset_link_is_made_when_written_and_sets_a_password_once():
    user = amira()

    ask_for_reset(user.email)
    message = deliver()

    assert message.arguments == {"user_id": user.pk}
    [link] = {a for a in links_in(message.html) if "/reset/key/" in a}
    assert link.startswith(settings.SITE_URL)
    assert choose_password(link, "another way home 8")
    assert Client().login(email=user.email, password="another way home 8")
    assert not choose_password(link, "a third way home 9")


@pytest.mark.django_db
def test_confirmation_link_proves_the_address():
    user = amira(verified=False)

    Client().post(reverse("account_login"), {"login": user.email, "password": "a long way home 7"})
    message = deliver()

    assert message.kind == "account/email_confirmation"
    assert message.arguments == {"user_id": user.pk}
    [link] = {a for a in links_in(message.html) if "/confirm-email/" in a}
    Client().post(link.removeprefix(settings.SITE_URL))
    assert EmailAddress.objects.get(user=user).verified


@pytest.mark.django_db
def test_unknown_address_is_told_by_mail_with_no_link_from_the_request(settings):
    settings.ALLOWED_HOSTS = ["*"]

    Client(headers={"host": "elsewhere.example"}).post(
        reverse("account_reset_password"), {"email": "nobody@nowhere.example"}
    )
    message = deliver()

    assert message.kind == "account/unknown_account"
    assert message.arguments == {}
    assert settings.SITE_URL + reverse("account_signup") in message.text
    assert "elsewhere" not in message.text + message.html


@pytest.mark.django_db
def test_secret_link_is_sent_but_not_kept_outside_rehearsal(settings, smtp):
    user = amira()
    settings.REHEARSAL = False

    ask_for_reset(user.email)
    message = deliver()

    assert "/reset/key/" in mail.outbox[0].body
    assert "/reset/key/" not in message.text + message.html
    assert "[link removed]" in message.text


@pytest.mark.django_db
def test_secret_link_is_kept_in_rehearsal(smtp):
    ask_for_reset(amira().email)

    assert "/reset/key/" in deliver().text


@pytest.mark.django_db
def test_change_is_told_with_when_and_where_from(settings):
    settings.ACCOUNT_EMAIL_NOTIFICATIONS = True
    user = amira()
    browser = Client(headers={"user-agent": "<b>Lynx</b>"}, REMOTE_ADDR="203.0.113.9")
    browser.force_login(user)

    browser.post(
        reverse("account_change_password"),
        {
            "oldpassword": "a long way home 7",
            "password1": "another way home 8",
            "password2": "another way home 8",
        },
    )
    message = deliver()

    assert message.kind == "account/password_changed"
    assert set(message.arguments) == {"at", "ip", "user_agent"}
    assert "203.0.113.9" in message.text
    assert "<b>Lynx</b>" in message.text
    assert "&lt;b&gt;Lynx" in message.html


@pytest.mark.django_db
def test_letter_that_cannot_be_written_fails_alone():
    queue(
        Draft(
            kind="account/password_reset_key", key="1", to="a@b.example", arguments={"user_id": 0}
        )
    )
    queue(Draft(kind="account/unknown_account", key="2", to="a@b.example"))

    outcome = send_due(at=clock.now())

    assert outcome == {MailState.SENT: 1, MailState.FAILED: 1}
    assert Message.objects.get(key="1").state == MailState.FAILED


def test_secret_link_is_blotted_out_of_text_and_html():
    secret = SecretLink("https://portal.example/let-me-in")
    written = letters.Written("Subject", f"Open {secret}", f'<a href="{secret}">{secret}</a>')

    kept = written.without([secret])

    assert "let-me-in" not in kept.text + kept.html
