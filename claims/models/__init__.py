"""Claims as rows: what was submitted, asked, answered, decided, reported."""

from claims.models.abuse import AbuseFinding, AbuseReport
from claims.models.answers import Answer, DeclineReason, Reinstatement, Verdict, Withdrawal
from claims.models.claims import (
    DECIDED,
    OPEN,
    STANDING,
    AddressCorrection,
    ApprovalLink,
    ApprovalRequest,
    Claim,
    ClaimState,
    unreached,
)
from claims.models.merging import Merger
from claims.models.staff import StaffAnswer
from claims.models.submissions import Outcome, Submission, SubmittedLine

__all__ = [
    "DECIDED",
    "OPEN",
    "STANDING",
    "AbuseFinding",
    "AbuseReport",
    "AddressCorrection",
    "Answer",
    "ApprovalLink",
    "ApprovalRequest",
    "Claim",
    "ClaimState",
    "DeclineReason",
    "Merger",
    "Outcome",
    "Reinstatement",
    "StaffAnswer",
    "Submission",
    "SubmittedLine",
    "Verdict",
    "Withdrawal",
    "unreached",
]
