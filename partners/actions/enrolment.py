"""Joining the programme."""

from datetime import datetime

from django.db import transaction

from partners.actions.activity import record_activity
from partners.actions.points import schedule
from partners.errors import AlreadyJoinedError, ProgrammeNotOpenError
from partners.models import Account, Enrolment, Programme, ProgrammeTerms
from portal.lib import clock
from portal.models import User


@transaction.atomic
def join(account: Account, *, by: User, at: datetime) -> Enrolment:
    """Enrol the account under the terms in force; its events since 1 January count from now on.

    Raises ProgrammeNotOpenError before the opening date or without terms to accept,
    AlreadyJoinedError the second time.
    """
    on = clock.date_of(at)
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    programme = Programme.objects.first()
    if programme is None or on < programme.opens_on:
        raise ProgrammeNotOpenError(programme.opens_on if programme else None)
    if Enrolment.objects.filter(account=account).exists():
        raise AlreadyJoinedError
    terms = ProgrammeTerms.objects.filter(in_force_from__lte=on).order_by("-in_force_from").first()
    if terms is None:
        raise ProgrammeNotOpenError(None)
    enrolment = Enrolment.objects.create(
        account=account,
        enrolled_at=at,
        enrolled_on=on,
        enrolled_by=by,
        terms=terms,
    )
    schedule(
        events_where="""occurs_on >= make_date(%(year)s, 1, 1) AND id IN (
            SELECT event.id FROM partners_qualifyingevent event JOIN (
                SELECT id AS site_id FROM partners_site WHERE account_id = %(account)s
                UNION
                SELECT site_id FROM partners_sitemove WHERE from_account_id = %(account)s
                UNION
                SELECT site_id FROM partners_contributorapproval WHERE account_id = %(account)s
            ) worked_on USING (site_id))""",
        candidates_where="c.earner_id = %(account)s",
        parameters={"year": on.year, "account": account.pk},
        on=on,
    )
    record_activity(account, "joined_programme", by=by, at=at)
    return enrolment
