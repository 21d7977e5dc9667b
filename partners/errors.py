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
