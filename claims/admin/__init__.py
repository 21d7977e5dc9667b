"""Claims in the admin: what happened to each, and putting wrong declines right."""

from claims.admin import claims

__all__ = ["claims"]
