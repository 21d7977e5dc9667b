"""The mail queue's jobs."""

from celery import shared_task

from portal.lib import clock
from portal.mail.actions import hand_over


@shared_task
def send_mail() -> dict[str, int]:
    """Hand over what is queued, and settle what a crash left in doubt."""
    at = clock.now()
    in_doubt = hand_over.settle_in_doubt(at=at)
    counts = dict(hand_over.send_due(at=at))
    return counts | ({"in doubt": in_doubt} if in_doubt else {})
