"""The programme's jobs. Each is safe to run at any time and as often as one likes."""

from celery import shared_task

from partners.actions import points, tell_points, tell_ranks, years
from portal.lib import clock


@shared_task
def attribute_points() -> dict[str, int]:
    """Credit the events whose waiting period is over."""
    return points.attribute(on=clock.today())


@shared_task
def keep_years() -> dict[str, int]:
    """Prepare the coming programme year, and close the one whose day has come."""
    return {
        "years prepared": years.prepare_years(on=clock.today()),
        "years closed": years.close_years(at=clock.now()),
    }


@shared_task
def announce_ranks() -> dict[str, int]:
    """Tell whose rank went up or down."""
    return {"ranks announced": tell_ranks.tell_ranks(on=clock.today())}


@shared_task
def announce_points() -> dict[str, int]:
    """Tell what has landed, to who wants to know it."""
    return {"digests": tell_points.tell_points(on=clock.today())}
