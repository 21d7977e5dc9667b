"""Accounts and their people, sites, and the partner programme."""

from partners.models.accounts import Account, Membership, PendingMembership
from partners.models.adjustments import (
    AdjustmentDecision,
    AdjustmentRequest,
    AdjustmentVerdict,
)
from partners.models.badges import BadgeRevocation
from partners.models.credits import CreditInForce
from partners.models.listings import Listing
from partners.models.marketplace import (
    Application,
    ApplicationDecision,
    ApplicationWithdrawal,
    LogoImage,
    Profile,
)
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
from partners.models.quotes import QuoteRequest
from partners.models.sites import Contributor, ContributorApproval, Site, SiteMove
from partners.models.team import Activity, Invitation
from partners.models.visits import StaffVisit

__all__ = [
    "Account",
    "Activity",
    "AdjustmentDecision",
    "AdjustmentRequest",
    "AdjustmentVerdict",
    "Application",
    "ApplicationDecision",
    "ApplicationWithdrawal",
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
    "Listing",
    "LogoImage",
    "Membership",
    "NotificationChoice",
    "PendingMembership",
    "PointValue",
    "PointsDue",
    "PointsEntry",
    "PointsTold",
    "Profile",
    "Programme",
    "ProgrammeTerms",
    "ProgrammeYear",
    "QualifyingEvent",
    "QuoteRequest",
    "Rank",
    "RankChange",
    "Site",
    "SiteMove",
    "StaffVisit",
    "Standing",
]
