"""Processes started, listened to and stopped together."""

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

SECONDS_TO_STOP = 8
NAME_WIDTH = 6
UNWATCHED = {".git", ".venv", "var", "staticfiles", "media", "__pycache__", "node_modules"}


class Child:
    """One process, in a session of its own, whose lines appear here behind its name."""

    def __init__(
        self, name: str, command: Sequence[str], *, folder: Path, environment: Mapping[str, str]
    ) -> None:
        self.name = name
        self._process = subprocess.Popen(  # noqa: S603 - the command is ours
            [*_dies_with_its_parent(), *command],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # Ctrl-C goes to a terminal's whole group: only the parent should hear it.
            start_new_session=True,
        )
        threading.Thread(target=self._relay, daemon=True).start()

    @property
    def code(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._process.poll()

    def ask_to_stop(self) -> None:
        if self.code is None:
            self._process.terminate()

    def wait_or_kill(self, *, until: float) -> None:
        """Wait until that reading of `time.monotonic()`; then end what is left of its session."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, until - time.monotonic()))
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # nobody left
            return
        self._process.wait()

    def _relay(self) -> None:
        for line in self._process.stdout or ():
            print(f"{self.name:>{NAME_WIDTH}} | {line.rstrip()}", flush=True)


def stop_all(children: Iterable[Child]) -> None:
    """Ask all of them at once, wait for each, and kill what has not stopped in a few seconds."""
    children = list(children)
    for child in children:
        child.ask_to_stop()
    until = time.monotonic() + SECONDS_TO_STOP
    for child in children:
        child.wait_or_kill(until=until)


def fingerprint(root: Path, suffixes: set[str]) -> int:
    """A number that changes when a file with one of the suffixes appears, changes or goes."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in UNWATCHED]
        found += [os.path.join(folder, name) for name in names if Path(name).suffix in suffixes]  # noqa: PTH118
    return hash(tuple((path, _changed_at(path)) for path in sorted(found)))


def _changed_at(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116 - called thousands of times
    except FileNotFoundError:
        return 0


def _dies_with_its_parent() -> list[str]:
    """On Linux a killed parent takes its children along, so that they do not keep the port."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []
