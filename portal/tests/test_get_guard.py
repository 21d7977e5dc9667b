"""The guard that lets no GET write bites, and bites nothing else."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.decorators import login_not_required
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from portal.models import RehearsalClock, User
from portal.testing import builders
from portal.testing.get_guard import GetGuard, WroteWhileReadingError, writes

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


# --- A portal that should not be -----------------------------------------------------------------


def _write() -> None:
    RehearsalClock.objects.update_or_create(id=1, defaults={"today": builders.TODAY})


@login_not_required
def writing(request: HttpRequest) -> HttpResponse:
    _write()
    return HttpResponse("written")


@login_not_required
def hiding(request: HttpRequest) -> HttpResponse:
    try:
        _write()
    except Exception:  # noqa: BLE001 - what the guard has to see through
        return HttpResponse("nothing to see here")
    return HttpResponse("written")


@login_not_required
def streaming(request: HttpRequest) -> StreamingHttpResponse:
    def lines() -> Iterator[str]:
        yield "first"
        _write()

    return StreamingHttpResponse(lines())


@login_not_required
def looking(request: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        found = list(User.objects.select_for_update().order_by("pk"))
    request.session["seen"] = len(found)
    return HttpResponse("looked")


urlpatterns = [
    path("writing/", writing),
    path("hiding/", hiding),
    path("streaming/", streaming),
    path("looking/", looking),
]


# --- The guard -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_view_that_writes_when_it_is_only_looked_at_is_caught(client, get_guard, method):
    with pytest.raises(WroteWhileReadingError, match="portal_rehearsalclock"):
        getattr(client, method)("/writing/")

    assert len(get_guard.caught) == 1
    assert not RehearsalClock.objects.exists()
    get_guard.caught.clear()


def test_view_that_hides_the_refusal_is_caught_all_the_same(client, get_guard):
    assert client.get("/hiding/").content == b"nothing to see here"

    assert "GET /hiding/ wrote" in get_guard.caught[0]
    get_guard.caught.clear()


def test_what_was_caught_fails_the_test(guard_of_its_own):
    guard, end = guard_of_its_own
    guard.caught.append("GET / wrote: …")

    with pytest.raises(pytest.fail.Exception, match="GET / wrote"):
        end()


@pytest.fixture
def guard_of_its_own(monkeypatch):
    """A guard of one's own, and what happens at the end of its test."""
    from portal.testing import get_guard as module

    running = module.get_guard.__wrapped__(monkeypatch)
    guard: GetGuard = next(running)
    return guard, lambda: next(running, None)


def test_download_that_writes_while_it_is_read_is_caught(client, get_guard):
    download = client.get("/streaming/")

    with pytest.raises(WroteWhileReadingError):
        list(download)

    get_guard.caught.clear()


def test_posting_may_write(client):
    assert client.post("/writing/").content == b"written"

    assert RehearsalClock.objects.exists()


def test_looking_may_lock_and_keep_a_session(client):
    builders.person()

    assert client.get("/looking/").content == b"looked"

    assert client.session["seen"] == 1


def test_test_itself_may_write_between_requests(client):
    client.get("/looking/")

    _write()

    assert connection.execute_wrappers == []


@pytest.mark.parametrize(
    "statement",
    [
        'INSERT INTO "portal_user" ("email") VALUES (%s)',
        'UPDATE "portal_user" SET "name" = %s',
        "update only portal_user set name = ''",
        'DELETE FROM "portal_user"',
        "WITH gone AS (DELETE FROM portal_user RETURNING id) SELECT * FROM gone",
        "SELECT set_config('a', %s, true); INSERT INTO portal_user VALUES (1)",
        'INSERT INTO "django_session" SELECT 1; DELETE FROM portal_user',
        "TRUNCATE portal_user",
        "SELECT nextval('portal_user_id_seq')",
        "MERGE INTO portal_user USING x ON true WHEN MATCHED THEN DO NOTHING",
        "CREATE TABLE x (y int)",
        "COPY portal_user FROM STDIN",
    ],
)
def test_writing_is_recognised(statement):
    assert writes(statement)


@pytest.mark.parametrize(
    "statement",
    [
        'SELECT "portal_user"."created_at" FROM "portal_user" FOR UPDATE',
        'SELECT 1 FROM "portal_user" FOR NO KEY UPDATE OF "portal_user" SKIP LOCKED',
        "SELECT 'DELETE FROM portal_user; it''s a joke'",
        "SELECT 1 -- INSERT INTO portal_user",
        "SAVEPOINT s1",
        "RELEASE SAVEPOINT s1",
        'DECLARE "c" NO SCROLL CURSOR FOR SELECT 1',
        'UPDATE "django_session" SET "expire_date" = %s',
        'INSERT INTO "django_session" ("session_key") VALUES (%s) ON CONFLICT DO UPDATE SET x = 1',
    ],
)
def test_reading_is_recognised(statement):
    assert not writes(statement)
