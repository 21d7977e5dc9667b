"""Why something of the team was not changed, in words that say what to do."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from partners import errors

TEXTS: dict[type[errors.TeamError], Callable[[], str]] = {
    errors.NotTheirsToManageError: lambda: _("Your role does not allow this; ask an owner."),
    errors.AlreadyMemberError: lambda: _("Whoever has this address is in the team already."),
    errors.AlreadyInvitedError: lambda: _(
        "This address is invited already. Send that invitation again, or take it back first."
    ),
    errors.TooManyInvitationsError: lambda: _(
        "That is enough invitations for a day. Please go on tomorrow."
    ),
    errors.SentJustNowError: lambda: _("It was sent a short while ago. Please wait an hour."),
    errors.InvitationOverError: lambda: _(
        "This invitation was accepted or taken back, or has expired. Ask for a new one."
    ),
    errors.OtherAddressError: lambda: _(
        "This invitation is for another address than yours. Sign in with that one, or add it to"
        " your login and verify it."
    ),
    errors.LastOwnerError: lambda: _(
        "An account always has an owner. Hand it over to somebody first."
    ),
    errors.GoneError: lambda: _("This seat has ended already."),
}


def in_words(refusal: errors.TeamError) -> str:
    return TEXTS[type(refusal)]()
