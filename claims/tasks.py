"""The jobs of claims."""

from celery import shared_task

from claims.actions import end_moved, follow_up
from portal.lib import clock


@shared_task
def follow_up_claims() -> dict[str, int]:
    """End what moved away; send the one follow-up after a week, and lapse after a month."""
    return {
        "claims ended": end_moved.end_moved(at=clock.now()),
        "claims lapsed": follow_up.lapse_due(at=clock.now()),
        "follow-ups": follow_up.follow_up_due(on=clock.today()),
    }
