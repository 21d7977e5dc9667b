"""A token is in its mail and in the address it opens, and nowhere else."""

import io
import logging

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from psycopg import sql

from claims.links import new_link
from claims.models import Claim
from portal.lib import clock
from portal.lib.logs import WithoutTokens
from portal.mail.actions.hand_over import send_due
from portal.mail.models import Message
from portal.testing import builders as make
from portal.testing.approval import filled_in
from portal.testing.builders import TODAY, noon

pytestmark = pytest.mark.django_db


@pytest.fixture
def claim() -> Claim:
    return make.claim_submitted()


@pytest.fixture
def link(claim) -> str:
    link = new_link(claim.request, mail=claim.request.mail)
    return link.removeprefix(settings.SITE_URL)


@pytest.fixture
def log():
    """Everything anybody logs, in the format of the settings."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(WithoutTokens(settings.LOGGING["formatters"]["line"]["format"]))
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(handler)
    root.setLevel(level)


def token_in(link: str) -> str:
    return link.split("/")[-2]


def test_the_log_at_its_most_talkative_has_no_token(claim, link, log):
    """Opened, answered, posted to, mistyped, with a part missing."""
    token, carol = token_in(link), Client()
    carol.get(link)
    carol.get("/approval/")
    carol.post(link)
    for wrong in (token[:-1], token + ".", f" {token}", f"{token[:30]}/{token[30:]}", token + "\n"):
        carol.get(f"/approval/{wrong}/")
    carol.post("/approval/", filled_in(claim, verdict="approve", name="Carol Baker"))

    lines = log.getvalue()

    assert "Not Found: /approval/…" in lines
    assert "Method Not Allowed (POST): /approval/…" in lines
    assert token[:20] not in lines
    assert token[-12:-1] not in lines


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ('"GET /approval/abc/ HTTP/1.1" 302', '"GET /approval/… HTTP/1.1" 302'),
        (
            "GET /people/password/reset/key/1-abc/ HTTP/1.1",
            "GET /people/password/reset/key/… HTTP/1.1",
        ),
        ("Not Found: /people/confirm-email/abc:def/", "Not Found: /people/confirm-email/…"),
        ("Not Found: /notifications/abc.def/", "Not Found: /notifications/…"),
        ('"GET /approval/?change HTTP/1.1" 200', '"GET /approval/?change HTTP/1.1" 200'),
        ("GET /approval/", "GET /approval/"),
    ],
)
def test_addresses_are_kept_up_to_their_token(line, kept):
    record = logging.LogRecord("any", logging.INFO, "", 0, line, None, None)

    assert WithoutTokens().format(record) == kept


def test_every_line_of_the_portal_is_written_so():
    formatters = settings.LOGGING["formatters"].values()

    assert {one["()"] for one in formatters} == {f"{WithoutTokens.__module__}.WithoutTokens"}


def test_a_dump_of_the_database_has_no_token(claim, settings):
    """After the mail was sent, the link opened and the question answered; sessions included."""
    settings.REHEARSAL = False
    with clock.frozen(TODAY):
        link = new_link(claim.request, mail=claim.request.mail)
        send_due(at=noon(TODAY))
        carol = Client()
        carol.get(link.removeprefix(settings.SITE_URL))
        carol.post("/approval/", filled_in(claim, verdict="approve", name="Carol Baker"))
        send_due(at=noon(TODAY))

    dump = _dump()

    assert Message.objects.filter(kind="claims/answer_receipt", state="sent").exists()
    assert claim.ref in dump
    assert token_in(link) not in dump
    assert "/approval/" not in dump


def _dump() -> str:
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        rows = []
        for table in connection.introspection.table_names():
            cursor.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(table)))
            rows += [row for (row,) in cursor.fetchall()]
    return "\n".join(rows)
