"""Reports of abuse: kept for staff, looked into once, and told to nobody else."""

from datetime import datetime

from django.db import transaction

from claims.errors import AlreadyLookedIntoError
from claims.models import AbuseFinding, AbuseReport, Claim
from portal.models import User


def report_abuse(
    claim: Claim, *, by: str, words: str, ip_address: str | None, user_agent: str, at: datetime
) -> None:
    """Put a report into the staff's queue; the same words again are no second one while it waits.

    Called with the claim's row locked.
    """
    if claim.abuse_reports.open().filter(words=words).exists():
        return
    AbuseReport.objects.create(
        claim=claim,
        reported_by=by,
        words=words,
        ip_address=ip_address,
        user_agent=user_agent,
        reported_at=at,
    )


@transaction.atomic
def look_into(report: AbuseReport, *, note: str, by: User, at: datetime) -> AbuseFinding:
    """Say what was found. Raises AlreadyLookedIntoError, so that two people say it once."""
    locked = AbuseReport.objects.select_for_update(no_key=True).get(pk=report.pk)
    if AbuseFinding.objects.filter(report=locked).exists():
        raise AlreadyLookedIntoError
    return AbuseFinding.objects.create(
        report=locked, note=note, looked_into_by=by, looked_into_at=at
    )
