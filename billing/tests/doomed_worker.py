"""A worker that kills itself at a numbered step of its work.

A step is a moment that differs for whoever comes after: before a statement that writes, before and
after each commit, before and after each call of the gateway.
"""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connections

from billing import gateways
from billing.gateways import ChargeRequest, RefundRequest, Reply
from billing.gateways.simulated import SimulatedGateway
from portal.testing.get_guard import writes

TO_THE_END = 0
COMMIT, GATEWAY, STATEMENT = "a commit", "the gateway", "a statement"


class Steps:
    """What this process has come past; it does not live past its last."""

    def __init__(self) -> None:
        self.last = TO_THE_END
        self.passed: list[str] = []

    def pass_by(self, name: str) -> None:
        self.passed.append(name)
        if len(self.passed) == self.last:
            os.kill(os.getpid(), signal.SIGKILL)


STEPS = Steps()


def work_until(last: int, work: Callable[[datetime], None], at: datetime) -> list[str]:
    """Work and die at this step; `TO_THE_END` tells what the steps are."""
    STEPS.last = last
    _watch_the_database()
    gateways.GATEWAYS["doomed"] = f"{__name__}.WatchedGateway"
    settings.PAYMENT_GATEWAY = "doomed"
    work(at)
    return STEPS.passed


def _watch_the_database() -> None:
    ours = connections["default"]
    commit = ours.commit

    def watched_commit() -> None:
        STEPS.pass_by(f"before {COMMIT}")
        commit()
        STEPS.pass_by(f"after {COMMIT}")

    def watched(execute: Callable[..., Any], statement: Any, *rest: Any) -> Any:
        what = _written(str(statement))
        if what:
            STEPS.pass_by(f"before {what}")
        result = execute(statement, *rest)
        if what and not ours.in_atomic_block:
            STEPS.pass_by(f"after {what}")  # which was a transaction of its own
        return result

    ours.commit = watched_commit  # type: ignore[method-assign]  # Django has no hook for it
    ours.execute_wrappers.append(watched)


def _written(statement: str) -> str:
    """The first words of a statement that writes; nothing of one that only reads."""
    if "SAVEPOINT" in statement:
        return statement.split(maxsplit=1)[0]  # the rest is its number
    return " ".join(statement.split()[:3]) if writes(statement) else ""


class WatchedGateway(SimulatedGateway):
    """As the foreign system it stands for, it has a connection, and transactions, of its own."""

    def __init__(self) -> None:
        self._elsewhere = ThreadPoolExecutor(1)

    def charge(self, request: ChargeRequest) -> Reply:
        return self._ask("charge", super().charge, request)

    def look_up(self, request: ChargeRequest) -> Reply:
        return self._ask("answer", super().look_up, request)

    def refund(self, request: RefundRequest) -> Reply:
        return self._ask("refund", super().refund, request)

    def _ask(self, name: str, question: Callable[[Any], Reply], request: Any) -> Reply:
        STEPS.pass_by(f"before {GATEWAY}’s {name}")
        asked = self._elsewhere.submit(copy_context().run, question, request)
        reply = asked.result()
        STEPS.pass_by(f"after {GATEWAY}’s {name}")
        return reply
