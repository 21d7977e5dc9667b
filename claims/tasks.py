"""The jobs of claims."""

from celery import shared_task

from claims.actions import follow_up
from portal.lib import clock


@shared_task
def follow_up_claims() -> dict[str, int]:
    """Send the one follow-up where a week went by, and lapse where a month did."""
    return {
        "claims lapsed": follow_up.lapse_due(at=clock.now()),
        "follow-ups": follow_up.follow_up_due(on=clock.today()),
    }
