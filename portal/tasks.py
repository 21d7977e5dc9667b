"""The house's own jobs."""

from celery import shared_task

from portal.lib import broker


@shared_task
def tidy_broker() -> dict[str, int]:
    """Delete delivered messages where the broker is the portal's own database."""
    return {"messages forgotten": broker.forget_delivered()}
