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


MARKETPLACE_TEXTS: dict[type[errors.PartnersError], Callable[[], str]] = {
    errors.NotInProgrammeError: lambda: _("Join the programme first; you can apply afterwards."),
    errors.RankTooLowError: lambda: _(
        "Your rank is not high enough yet. This page says how many points are missing."
    ),
    errors.ProfileIncompleteError: lambda: _("Please complete your profile first."),
    errors.AlreadyListedError: lambda: _("You are listed already; there is nothing to apply for."),
    errors.ApplicationOpenError: lambda: _("You have applied already. You get a mail from us."),
    errors.NotListedError: lambda: _("This partner is not listed any more."),
    errors.NotWaitingError: lambda: _("This application was decided or withdrawn already."),
    errors.TooManyQuotesError: lambda: _(
        "That are enough requests for a day. What you typed is still here; please send it tomorrow."
    ),
    errors.LogoTooLargeError: lambda: _(
        "This file is larger than 2 MB. Please save it smaller, and choose it again."
    ),
    errors.LogoTooManyPixelsError: lambda: _(
        "This picture has more than 10 million pixels. Please scale it down: 1,000 by 1,000 are"
        " more than enough."
    ),
    errors.LogoIsADrawingError: lambda: _(
        "SVG files can carry scripts, so they are not taken. Please export yours as a PNG."
    ),
    errors.LogoUnreadableError: lambda: _(
        "This is no PNG, JPEG or WebP, or it is damaged. Please export your logo as a PNG."
    ),
}


def why_not(refusal: errors.MarketplaceError | errors.LogoError) -> str:
    """Why something of the marketplace was not done."""
    return MARKETPLACE_TEXTS[type(refusal)]()
