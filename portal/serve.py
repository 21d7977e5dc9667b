"""The whole portal on one machine, from one command: `make run`.

Brings up the database, the web server, the worker and the clock of periodic jobs, shows what they
say, and takes all of them down together. For rehearsal and development; `docs/operations.md` says
how the same four run in production.
"""

import argparse
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from types import FrameType
from typing import NoReturn
from urllib.parse import urlsplit

import environ
import psycopg
from django.core.exceptions import ImproperlyConfigured

from portal.lib import embedded_postgres
from portal.lib.children import Child, fingerprint, stop_all

ROOT = Path(__file__).resolve().parent.parent
WATCHED = {".py", ".html", ".txt", ".css", ".js", ".svg", ".env"}
OLDEST_POSTGRES = 15
SECONDS_TO_ANSWER = 60


class RefusedError(Exception):
    """Why the portal cannot start, as one sentence for the person who tried."""


class Asked(BaseException):
    """Somebody pressed Ctrl-C or sent SIGTERM."""


def main() -> int:
    """Run until asked to stop (0), or until something that must run does not (1)."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    options = _options()
    signal.signal(signal.SIGINT, _ask)
    signal.signal(signal.SIGTERM, _ask)
    children: list[Child] = []
    code, words = _run(children, options)
    # Stopping is short and must not be interrupted halfway.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    stop_all(children)
    print(words, file=sys.stderr if code else sys.stdout)
    return code


def _run(children: list[Child], options: argparse.Namespace) -> tuple[int, str]:
    """Prepare, start and watch; return the exit code and the last words."""
    try:
        _prepare(options)
        _start(children, options)
        _wait_for_the_web(children, options)
        print(_banner(options))
        _watch(children, options)
    except (RefusedError, ImproperlyConfigured) as refusal:
        return 1, str(refusal)
    except Asked:
        return 0, "Stopped."


def _options() -> argparse.Namespace:
    environ.Env.read_env(ROOT / ".env")
    parser = argparse.ArgumentParser(prog="python -m portal.serve", description=__doc__)
    parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000))
    parser.add_argument("--bind", default=os.environ.get("BIND") or "127.0.0.1")
    parser.add_argument("--reload", action="store_true", help="restart when a file changes")
    return parser.parse_args()


def _ask(_number: int, _frame: FrameType | None) -> None:
    raise Asked


# --- Before the children -------------------------------------------------------------------------


def _prepare(options: argparse.Namespace) -> None:
    """Have a database with today's tables and the demo in it; children find it by DATABASE_URL."""
    if os.environ.get("PORTAL_MODE") == "production":
        raise RefusedError(
            "This command is for rehearsal; docs/operations.md says how production runs."
        )
    _refuse_a_taken_port(options)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    os.environ.setdefault("SITE_URL", f"http://localhost:{options.port}")
    if options.reload:
        os.environ.setdefault("DEBUG", "true")
    if os.environ.get("DATABASE_URL"):
        _refuse_an_unreachable_database(os.environ["DATABASE_URL"])
    else:
        print("Starting the embedded database …")
        os.environ["DATABASE_URL"] = embedded_postgres.url(ROOT / "var" / "postgres")
    _migrate_and_seed()


def _refuse_a_taken_port(options: argparse.Namespace) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((options.bind, options.port))
        except OSError as error:
            raise RefusedError(
                f"Port {options.port} cannot be used ({str(error.strerror).lower()}): "
                f"try another one, as in `PORT={options.port + 1} make run`."
            ) from error


def _refuse_an_unreachable_database(url: str) -> None:
    place = urlsplit(url)
    where = f"{place.hostname or 'the local socket'}{place.path}"
    if place.scheme not in {"postgres", "postgresql"}:
        raise RefusedError("DATABASE_URL must begin with postgres://, as in .env.example.")
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            version = connection.info.server_version // 10_000
    except psycopg.Error as error:
        reason = str(error).strip().partition("\n")[0]
        raise RefusedError(f"DATABASE_URL ({where}) cannot be used: {reason}") from error
    if version < OLDEST_POSTGRES:
        raise RefusedError(
            f"DATABASE_URL ({where}) is PostgreSQL {version}; {OLDEST_POSTGRES} is the oldest."
        )


def _migrate_and_seed() -> None:
    import django
    from django.core.management import call_command
    from django.db import connections

    from portal.lib import broker

    django.setup()
    print("Bringing the tables up to date …")
    call_command("migrate", interactive=False, verbosity=0)
    broker.prepare()
    call_command("seed_demo")
    connections.close_all()


# --- The children --------------------------------------------------------------------------------


def _start(children: list[Child], options: argparse.Namespace) -> None:
    """Start web, worker and clock; each is on the list as soon as it runs.

    The worker is one process with threads: its tasks wait for the database and for others rather
    than compute, and a fork would share the broker's connections. The clock is a process of its own
    so that its death is seen.
    """
    python, celery = sys.executable, ["-m", "celery", "--quiet", "-A", "portal"]
    web = ["-m", "gunicorn", "portal.wsgi", "--bind", f"{options.bind}:{options.port}"]
    web += ["--worker-class", "gthread", "--workers", "1" if options.reload else "2"]
    web += ["--threads", "4", "--log-level", "warning", "--graceful-timeout", "3"]
    web += ["--no-control-socket"]
    worker = ["worker", "--pool", "threads", "--concurrency", "4", "--loglevel", "WARNING"]
    worker += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    (ROOT / "var").mkdir(exist_ok=True)
    clock = ["beat", "--loglevel", "WARNING", "--pidfile", ""]
    clock += ["--schedule", str(ROOT / "var" / f"clock-{options.port}")]
    environment = {
        **os.environ,
        "PYTHONUNBUFFERED": "1",
        # Celery's advice against root; in a container there may be nobody else to run as.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
    }
    commands = {"web": web, "worker": [*celery, *worker], "clock": [*celery, *clock]}
    for name, arguments in commands.items():
        command = [python, *arguments]
        children.append(Child(name, command, folder=ROOT, environment=environment))


def _wait_for_the_web(children: list[Child], options: argparse.Namespace) -> None:
    """Return once `/health/` answers; refuse if a child dies first or it takes too long."""
    for _ in range(SECONDS_TO_ANSWER * 10):
        _refuse_a_dead_child(children)
        if _is_healthy(options):
            return
        time.sleep(0.1)
    raise RefusedError(
        f"The web server did not answer /health/ within {SECONDS_TO_ANSWER} seconds."
    )


def _is_healthy(options: argparse.Namespace) -> bool:
    host = "127.0.0.1" if options.bind in {"", "0.0.0.0"} else options.bind  # noqa: S104
    connection = HTTPConnection(host, options.port, timeout=5)
    with contextlib.closing(connection), contextlib.suppress(OSError):
        connection.request("GET", "/health/", headers={"Host": "localhost"})
        return connection.getresponse().status == 200  # noqa: PLR2004
    return False


def _refuse_a_dead_child(children: list[Child]) -> None:
    for child in children:
        if child.code is not None:
            raise RefusedError(f"“{child.name}” ended by itself (exit code {child.code}).")


def _watch(children: list[Child], options: argparse.Namespace) -> NoReturn:
    """Refuse to go on when a child dies; with `--reload`, restart them when a file changes."""
    for changed in _changes(reload=options.reload):
        if changed:
            print("A file changed: restarting …")
            stop_all(children)
            children.clear()
            _start(children, options)
        elif not options.reload:
            _refuse_a_dead_child(children)
    raise AssertionError("changes never end")


def _changes(*, reload: bool) -> Iterator[bool]:
    """Twice a second, whether a watched file is not what it was."""
    before = fingerprint(ROOT, WATCHED) if reload else 0
    while True:
        time.sleep(0.5)
        now = fingerprint(ROOT, WATCHED) if reload else 0
        yield now != before
        before = now


# --- What the person sees ------------------------------------------------------------------------


def _banner(options: argparse.Namespace) -> str:
    """Where to go and as whom, in the order one needs it."""
    from django.conf import settings

    from portal.testing.cast import DEMO_SIGN_INS

    site = f"http://localhost:{options.port}"
    widths = [max(len(person[i]) for person in DEMO_SIGN_INS) for i in range(4)]
    rows = [
        "    " + "  ".join(f"{word:<{width}}" for word, width in zip(person, widths, strict=True))
        for person in DEMO_SIGN_INS
    ]
    lines = [
        "",
        f"  {settings.PROGRAMME_NAME} is ready.",
        "",
        f"    Open     {site}/",
        f"    Mailbox  {site}/rehearsal/mailbox/  (every mail it would have sent)",
        "",
        "  Sign in as",
        *[row.rstrip() for row in rows],
        "",
        "  Ctrl-C stops everything; `make reset` throws the demo away.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
