"""Accounts and their people, sites, and the partner programme."""

from partners.models.accounts import Account, Membership, PendingMembership
from partners.models.adjustments import (
    AdjustmentDecision,
    AdjustmentRequest,
    AdjustmentVerdict,
)
from partners.models.badges import BadgeRevocation
from partners.models.credits import CreditInForce
from partners.models.notifications import (
    Choice,
    NotificationChoice,
    PointsTold,
    RankChange,
)
from partners.models.points import (
    EventVoid,
    PointsDue,
    PointsEntry,
    QualifyingEvent,
)
from partners.models.programme import (
    Enrolment,
    PointValue,
    Programme,
    ProgrammeTerms,
    ProgrammeYear,
    Rank,
    Standing,
)
from partners.models.questions import LineAnswer, LineQuestion
from partners.models.sites import Contributor, ContributorApproval, Site, SiteMove
from partners.models.team import Activity, Invitation

__all__ = [
    "Account",
    "Activity",
    "AdjustmentDecision",
    "AdjustmentRequest",
    "AdjustmentVerdict",
    "BadgeRevocation",
    "Choice",
    "Contributor",
    "ContributorApproval",
    "CreditInForce",
    "Enrolment",
    "EventVoid",
    "Invitation",
    "LineAnswer",
    "LineQuestion",
    "Membership",
    "NotificationChoice",
    "PendingMembership",
    "PointValue",
    "PointsDue",
    "PointsEntry",
    "PointsTold",
    "Programme",
    "ProgrammeTerms",
    "ProgrammeYear",
    "QualifyingEvent",
    "Rank",
    "RankChange",
    "Site",
    "SiteMove",
    "Standing",
]
