"""The marketplace in the admin: applications to decide, listings, requests for quotes."""

from partners.admin.marketplace import applications, listings, quotes

__all__ = ["applications", "listings", "quotes"]
