"""Celery, as a nudge and a clock: the database alone is enough to finish everything.

No task carries facts in its message beyond an id, and none relies on arriving: each job asks the
database what is due. A lost or repeated message therefore costs a delay or a query, never money.
"""

import os
from typing import Any

from celery import Celery
from celery.signals import task_prerun

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["portal", "portal.mail", "partners", "billing", "claims"])


@app.on_after_finalize.connect
def load_schedule(sender: Celery, **_: Any) -> None:
    """Give beat the one page of periodic jobs."""
    from portal.schedule import beat_schedule

    sender.conf.beat_schedule = beat_schedule()


@task_prerun.connect
def read_rehearsal_clock(**_: Any) -> None:
    """A worker lives longer than a rehearsed day, so it looks at the clock before each task."""
    from portal.rehearsal import apply_clock

    apply_clock()
