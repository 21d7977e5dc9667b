"""Claims in the admin: what happened to each, wrong declines put right, abuse looked into."""

from claims.admin import abuse, claims, of_account, start

__all__ = ["abuse", "claims", "of_account", "start"]
