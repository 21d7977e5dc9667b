"""Tests in a real browser run where a Chromium is installed, and are missed aloud elsewhere."""

import os
import shutil
from collections.abc import Iterator

import pytest
from django.db import connections
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
REASON = "no Chromium found"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def chromium() -> str | None:
    """The browser's program: `CHROMIUM`, or the first of the usual names on the path."""
    found = [os.environ.get("CHROMIUM"), *(shutil.which(name) for name in NAMES)]
    return next((path for path in found if path), None)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The installed Chromium."""
    path = chromium()
    if path is None:
        pytest.skip(REASON)
    return path


@pytest.fixture
def browser(chromium_path: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """Chromium, closed when the test is over."""
    # Playwright's loop runs in this thread: Django takes that for asynchronous code, and keeps a
    # connection of its own for it, which nobody else closes.
    connections.close_all()
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield chromium
        chromium.close()
        connections.close_all()


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
