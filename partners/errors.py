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
