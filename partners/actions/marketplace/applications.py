"""Applying for the marketplace, and taking the application back."""

from datetime import datetime

from django.db import transaction

from partners.actions.activity import record_activity
from partners.errors import (
    AlreadyListedError,
    ApplicationOpenError,
    NotInProgrammeError,
    NotWaitingError,
    ProfileIncompleteError,
    RankTooLowError,
)
from partners.models import (
    Account,
    Application,
    ApplicationWithdrawal,
    Enrolment,
    Listing,
    Profile,
)
from partners.models.marketplace import ApplicationState
from partners.rules import MARKETPLACE_FROM_LEVEL
from partners.standings import rank_held
from portal.lib import clock
from portal.models import User


@transaction.atomic
def apply_for_listing(account: Account, *, by: User, at: datetime) -> Application:
    """Ask to be listed with the profile as it is.

    Raises NotInProgrammeError, AlreadyListedError, ApplicationOpenError, RankTooLowError,
    ProfileIncompleteError.
    """
    locked = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    _refuse_unless_it_may(locked, at=at)
    application = Application.objects.create(account=locked, applied_at=at, applied_by=by)
    record_activity(locked, "applied_for_listing", by=by, at=at)
    return application


@transaction.atomic
def withdraw_application(application: Application, *, by: User, at: datetime) -> None:
    """Take it back before it is decided. Raises NotWaitingError."""
    locked = waiting(application)
    ApplicationWithdrawal.objects.create(application=locked, withdrawn_at=at, withdrawn_by=by)
    end(locked, state=ApplicationState.WITHDRAWN)
    record_activity(locked.account, "application_withdrawn", by=by, at=at)


def waiting(application: Application) -> Application:
    """Locked, after its account, as everything of the marketplace. Raises NotWaitingError."""
    Account.objects.select_for_update(no_key=True).get(pk=application.account_id)
    applications = Application.objects.open().select_for_update(of=("self",))
    locked = applications.select_related("account").filter(pk=application.pk).first()
    if locked is None:
        raise NotWaitingError
    return locked


def end(application: Application, *, state: ApplicationState) -> None:
    """Note what became of it, beside the row that says who and when."""
    application.state = state
    application.save(update_fields=["state"])


def _refuse_unless_it_may(account: Account, *, at: datetime) -> None:
    if not Enrolment.objects.filter(account=account).exists():
        raise NotInProgrammeError
    if Listing.objects.in_force().filter(account=account).exists():
        raise AlreadyListedError
    if Application.objects.open().filter(account=account).exists():
        raise ApplicationOpenError
    if rank_held(account, on=clock.date_of(at)).level < MARKETPLACE_FROM_LEVEL:
        raise RankTooLowError
    profile = Profile.objects.filter(account=account).first()
    if profile is None or profile.missing:
        raise ProfileIncompleteError
