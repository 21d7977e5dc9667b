"""Who really sits there: what is dangerous asks again, so that an open screen is not enough."""

import pghistory
from allauth.account.decorators import reauthentication_required
from django.http import HttpRequest


@reauthentication_required
def confirm_identity(request: HttpRequest) -> None:
    """Go on only if password or second factor were shown in the last minutes.

    How many: `ACCOUNT_REAUTHENTICATION_TIMEOUT`, in seconds. Raises ReauthenticationRequired, upon
    which allauth asks, and then goes on with what was sent.
    """
    # What goes on so was sent from allauth's page; history names the page it was meant for.
    pghistory.context(url=request.path)
