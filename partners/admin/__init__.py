"""Accounts, sites and the programme in the admin."""

from partners.admin import accounts, notifications, points, programme

__all__ = ["accounts", "notifications", "points", "programme"]
