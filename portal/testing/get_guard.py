"""Looking changes nothing: a test fails in which a GET, HEAD or OPTIONS writes to the database.

On for every test, whatever it tests. It watches what the test client's requests say to the database
and stops the first statement that writes anything but the session. A lock (SELECT … FOR UPDATE) is
odd on a GET, yet changes nothing: it is let through.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import connections
from django.http import HttpRequest, StreamingHttpResponse
from django.test.client import ClientHandler

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
TABLES_ALLOWED = frozenset({"django_session"})

_NOISE = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_CHANGES_ROWS = re.compile(
    r"""\b(?:INSERT\s+INTO|DELETE\s+FROM|MERGE\s+INTO|(?<!FOR\ )(?<!KEY\ )(?<!DO\ )UPDATE)
        \s+(?:ONLY\s+)?(?P<table>[\w."]+)""",
    re.IGNORECASE | re.VERBOSE,
)
_CHANGES_ELSE = re.compile(
    r"\b(?:TRUNCATE|CREATE|ALTER|DROP|GRANT|REVOKE|REFRESH|REINDEX|CALL|COPY\s+\S+\s+FROM)\s"
    r"|\b(?:nextval|setval)\s*\(|^\s*DO\s",
    re.IGNORECASE,
)


class WroteWhileReadingError(AssertionError):
    """A request that only asks has written."""


def writes(statement: str) -> bool:
    """Whether a statement changes anything but the session."""
    plain = _NOISE.sub("''", statement)
    tables = {found["table"].strip('"') for found in _CHANGES_ROWS.finditer(plain)}
    return bool(tables - TABLES_ALLOWED) or bool(_CHANGES_ELSE.search(plain))


@dataclass
class GetGuard:
    """What was caught in one test, by request."""

    caught: list[str] = field(default_factory=list)

    @contextmanager
    def watch(self, request: HttpRequest) -> Iterator[None]:
        """Stop what writes in here, if the request is one that only asks."""

        def refuse(execute: Callable[..., Any], statement: Any, *rest: Any) -> Any:
            text = str(statement)
            if writes(text):
                self.caught.append(f"{request.method} {request.path} wrote: {text[:300]}")
                raise WroteWhileReadingError(self.caught[-1])
            return execute(statement, *rest)

        with ExitStack() as stack:
            if request.method in SAFE_METHODS:
                for connection in connections.all():
                    stack.enter_context(connection.execute_wrapper(refuse))
            yield

    def watch_lines(self, request: HttpRequest, lines: Iterator[bytes]) -> Iterator[bytes]:
        """The same for a download, which asks the database while it is read."""
        while True:
            with self.watch(request):
                line = next(lines, None)
            if line is None:
                return
            yield line


@pytest.fixture(autouse=True)
def get_guard(monkeypatch: pytest.MonkeyPatch) -> Iterator[GetGuard]:
    """Watch every request of the test client; also what a view has swallowed comes to light."""
    guard, answer = GetGuard(), ClientHandler.get_response

    def watched(handler: ClientHandler, request: HttpRequest) -> Any:
        with guard.watch(request):
            response = answer(handler, request)
        if isinstance(response, StreamingHttpResponse) and not response.is_async:
            response.streaming_content = guard.watch_lines(request, iter(response))
        return response

    monkeypatch.setattr(ClientHandler, "get_response", watched)
    yield guard
    if guard.caught:
        pytest.fail("\n".join(guard.caught))
