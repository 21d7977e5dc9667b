"""Accounts and their people, sites, and the partner programme."""

from partners.models.accounts import Account, Membership, PendingMembership
from partners.models.notifications import (
    Choice,
    NotificationChoice,
    PointsTold,
    RankChange,
)
from partners.models.points import (
    CreditInForce,
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
from partners.models.sites import Contributor, ContributorApproval, Site, SiteMove
from partners.models.team import Activity, Invitation

__all__ = [
    "Account",
    "Activity",
    "Choice",
    "Contributor",
    "ContributorApproval",
    "CreditInForce",
    "Enrolment",
    "EventVoid",
    "Invitation",
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
