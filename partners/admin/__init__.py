"""Accounts, sites, the programme and the marketplace in the admin."""

from partners.admin import (
    accounts,
    adjustments,
    badges,
    marketplace,
    notifications,
    points,
    programme,
    questions,
    start,
    visits,
)

__all__ = [
    "accounts",
    "adjustments",
    "badges",
    "marketplace",
    "notifications",
    "points",
    "programme",
    "questions",
    "start",
    "visits",
]
