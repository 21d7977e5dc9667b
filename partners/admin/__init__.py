"""Accounts, sites and the programme in the admin."""

from partners.admin import accounts, points, programme

__all__ = ["accounts", "points", "programme"]
