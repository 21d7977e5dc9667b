"""Tests in a real browser run where a Chromium is installed, and are missed aloud elsewhere."""

import os
import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REASON = "no Chromium found"


def chromium() -> str | None:
    """The browser's program: `CHROMIUM`, or the first of the usual names on the path."""
    found = [os.environ.get("CHROMIUM"), *(shutil.which(name) for name in NAMES)]
    return next((path for path in found if path), None)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The installed Chromium, for `launch(executable_path=…, args=["--no-sandbox"])`."""
    path = chromium()
    if path is None:
        pytest.skip(REASON)
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests marked `browser` where there is none."""
    missing = chromium() is None
    for item in items:
        if missing and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=REASON))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once, at the end and in colour, what was not tested."""
    skipped = terminalreporter.stats.get("skipped", [])
    missed = [report for report in skipped if REASON in str(report.longrepr)]
    if missed:
        terminalreporter.write_sep(
            "!",
            f"{len(missed)} BROWSER TESTS DID NOT RUN: {REASON} (apt-get install chromium)",
            red=True,
            bold=True,
        )
