"""What claims write, by what it is about."""

from claims.emails import claims, ends

__all__ = ["claims", "ends"]
