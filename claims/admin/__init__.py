"""Claims in the admin: what happened to each, wrong declines put right, abuse looked into."""

from claims.admin import abuse, claims, start

__all__ = ["abuse", "claims", "start"]
