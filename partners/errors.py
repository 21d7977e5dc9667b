"""Refusals, by name. Views turn them into messages."""

from datetime import date


class PartnersError(Exception):
    """An action refused to do what was asked."""


class ProgrammeNotOpenError(PartnersError):
    """Nobody can join before the programme opens."""

    def __init__(self, opens_on: date | None) -> None:
        super().__init__(opens_on)
        self.opens_on = opens_on


class AlreadyJoinedError(PartnersError):
    """The account is in the programme already."""


class TeamError(PartnersError):
    """A change of the team that cannot be made."""


class NotTheirsToManageError(TeamError):
    """Nobody gives, changes or ends a seat above their own."""


class AlreadyMemberError(TeamError):
    """Whoever has this address sits in the account already."""


class AlreadyInvitedError(TeamError):
    """There is an invitation to this address that can still be accepted."""


class TooManyInvitationsError(TeamError):
    """The account has invited as many people as it may in a day."""


class SentJustNowError(TeamError):
    """The invitation was sent a short while ago; sending it again has to wait."""


class InvitationOverError(TeamError):
    """It was accepted, revoked, or has expired."""


class OtherAddressError(TeamError):
    """The invitation is for an address this person has not proved to be theirs."""


class LastOwnerError(TeamError):
    """An account always has an owner."""


class GoneError(TeamError):
    """The seat is not there any more."""


class AdjustmentError(PartnersError):
    """Points that cannot be adjusted like this."""


class YearOutOfReachError(AdjustmentError):
    """The account was not in the programme in that year, or the year has not begun."""


class OwnRequestError(AdjustmentError):
    """Nobody decides on what they have asked for themselves."""


class AlreadyDecidedError(AdjustmentError):
    """Somebody has decided on it, or nobody needs to."""


class QuestionError(PartnersError):
    """A question on a line of the ledger that cannot be asked or answered now."""


class StillOpenError(QuestionError):
    """The question before it on the same line has not been answered yet."""


class TooManyQuestionsError(QuestionError):
    """The account has asked as many questions as it may in a day."""


class AlreadyAnsweredError(QuestionError):
    """Somebody has answered it meanwhile."""


class OnVisitAlreadyError(PartnersError):
    """They look on at the account already."""


class BadgeError(PartnersError):
    """A badge that cannot be revoked or given back."""


class NotAPartnerError(BadgeError):
    """The account has not joined, so it has no badge."""


class AlreadyRevokedError(BadgeError):
    """The account's badge is revoked already."""


class AlreadyLiftedError(BadgeError):
    """Somebody has lifted this revocation."""


class MarketplaceError(PartnersError):
    """Something of the marketplace that cannot be done."""


class NotInProgrammeError(MarketplaceError):
    """Only who has joined the programme can be listed."""


class RankTooLowError(MarketplaceError):
    """The rank from which accounts may apply is not held."""


class ProfileIncompleteError(MarketplaceError):
    """Something is missing that everyone who is listed tells."""


class AlreadyListedError(MarketplaceError):
    """The account is in the directory."""


class ApplicationOpenError(MarketplaceError):
    """An application waits for its decision already."""


class NotWaitingError(MarketplaceError):
    """The application was decided or withdrawn meanwhile."""


class StandardsNotMetError(MarketplaceError):
    """Only what meets every standard is listed."""


class NotListedError(MarketplaceError):
    """The account is not in the directory."""


class TooManyQuotesError(MarketplaceError):
    """Enough requests for a day: from this sender, or to this partner."""


class LogoError(PartnersError):
    """A file that is not taken as a logo."""


class LogoTooLargeError(LogoError):
    """More bytes than are taken."""


class LogoTooManyPixelsError(LogoError):
    """More pixels than are decoded."""


class LogoIsADrawingError(LogoError):
    """An SVG, which can carry scripts."""


class LogoUnreadableError(LogoError):
    """No PNG, JPEG or WebP, or a broken one."""
