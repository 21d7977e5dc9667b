"""Accounts, sites and the programme in the admin."""

from partners.admin import (
    accounts,
    adjustments,
    badges,
    notifications,
    points,
    programme,
    questions,
)

__all__ = [
    "accounts",
    "adjustments",
    "badges",
    "notifications",
    "points",
    "programme",
    "questions",
]
