"""Nudges: tell a worker that something is due, once it is committed.

A nudge is a courtesy, never a promise: the due row is in the database, and the schedule finds it.
So a broker that is away costs a delay and a line in the log, not an error.
"""

import logging

from celery import Task
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def nudge(task: Task) -> None:
    """Run the task soon after the transaction commits, if the broker can be reached."""

    def send() -> None:
        try:
            task.apply_async(retry=False)
        except OperationalError as error:
            log.warning("%s was not nudged, its next tick will do: %s", task.name, error)

    transaction.on_commit(send)
