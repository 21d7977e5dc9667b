"""Every periodic job on one page, in the order in which a day runs them.

Production's beat sends each at its time, and rehearsal's `advance` runs the same tasks, day by day
in this order. All are safe to run at any time: a job asks the database what is due.
"""

from dataclasses import dataclass
from typing import Any

from celery import Task
from celery.schedules import BaseSchedule, crontab, schedule
from django.utils.module_loading import import_string


@dataclass(frozen=True, slots=True)
class Job:
    """A periodic job: the task, and when beat sends it (UTC)."""

    task: str
    at: BaseSchedule

    def load(self) -> Task:
        task: Task = import_string(self.task)
        return task


JOBS = (
    Job("partners.tasks.keep_years", crontab(minute=5, hour="*/6")),
    Job("billing.tasks.announce_prices", crontab(minute=8)),
    Job("billing.tasks.announce_renewals", crontab(minute=9)),
    # Hourly, not nightly: days begin in the business zone, and a missed tick costs an hour only.
    Job("billing.tasks.charge_renewals", crontab(minute=10)),
    Job("billing.tasks.retry_payments", crontab(minute=20)),
    Job("billing.tasks.resolve_attempts", crontab(minute="*/10")),
    Job("billing.tasks.forget_removed_cards", crontab(minute="*/10")),
    Job("billing.tasks.end_unpaid", crontab(minute=30)),
    Job("partners.tasks.attribute_points", crontab(minute=40)),
    # In the day's waking hours: points land at midnight, and mail is read in the morning.
    Job("partners.tasks.announce_ranks", crontab(minute=45, hour="6-20")),
    Job("partners.tasks.announce_points", crontab(minute=46, hour="6-20")),
    Job("claims.tasks.follow_up_claims", crontab(minute=50)),
    Job("portal.mail.tasks.send_mail", schedule(run_every=20)),
    Job("portal.tasks.tidy_broker", crontab(minute=55)),
)


def beat_schedule() -> dict[str, dict[str, Any]]:
    return {job.task: {"task": job.task, "schedule": job.at} for job in JOBS}
