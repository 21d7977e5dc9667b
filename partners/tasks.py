"""The programme's jobs. Each is safe to run at any time and as often as one likes."""

from celery import shared_task

from partners.actions import points, years
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
