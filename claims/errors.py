"""Refusals, by name. Views turn them into messages."""

from datetime import date


class ClaimsError(Exception):
    """An action refused to do what was asked."""


class NotAContributorError(ClaimsError):
    """No such site, or the account does not contribute to it: deliberately told alike."""


class NotAnAddressError(ClaimsError):
    """What was typed is not the address of any website."""


class OwnSiteError(ClaimsError):
    """The site sits in the claimant's own account, which earns its points without a claim."""


class AlreadyClaimedError(ClaimsError):
    """There is an open claim on this site, or one of this year, or an approval in force."""


class NotJoinedError(ClaimsError):
    """The account is not in the programme."""


class TooManyClaimsError(ClaimsError):
    """The day's number of claims is used up."""


class NotAnswerableError(ClaimsError):
    """The claim was withdrawn, has lapsed, or was put right or merged by staff."""


class AnswerFinalError(ClaimsError):
    """The time to change the answer is over."""

    def __init__(self, until: date) -> None:
        super().__init__(until)
        self.until = until


class NotOpenError(ClaimsError):
    """The claim is not waiting for an answer, so there is nothing to withdraw."""


class NotWithStaffError(ClaimsError):
    """The claim is not with our team, or not any more."""


class NotDeclinedError(ClaimsError):
    """Only a declined claim can be reinstated."""


class SameClaimError(ClaimsError):
    """A claim is no duplicate of itself."""


class MergedAlreadyError(ClaimsError):
    """The claim was closed as a duplicate already."""


class NothingToMergeError(ClaimsError):
    """The claim was withdrawn, has lapsed, or its site moved: it stands in nobody's way."""


class StandsNoMoreError(ClaimsError):
    """What it should be merged into was merged itself, was withdrawn, has lapsed, or moved."""


class NothingInCommonError(ClaimsError):
    """The two claims are of accounts that nobody sits in both of."""


class WasReachedError(ClaimsError):
    """A mail has reached the client, or may have: they are not asked again."""


class ApproverOnOwnTeamError(ClaimsError):
    """The address is one of the claimant's own team: nobody answers themselves."""


class AskedAgainError(ClaimsError):
    """The client was asked again once already, and once is all."""


class WantsNoMailError(ClaimsError):
    """Whoever reads at this address has reported our mail as spam."""


class AlreadyLookedIntoError(ClaimsError):
    """Somebody has looked into this report already."""
