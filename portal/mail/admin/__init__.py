"""Mail in the admin: what was sent, and what became of it."""

from portal.mail.admin import events, messages

__all__ = ["events", "messages"]
