"""How long staff stay signed in, and whether they have shown a second factor."""

from datetime import timedelta

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest


def has_second_factor(request: HttpRequest) -> bool:
    """Whether the person asking has a second factor set up; looked up once a request."""
    known = request.__dict__
    if "has_second_factor" not in known:
        known["has_second_factor"] = bool(is_mfa_enabled(request.user))
    return bool(known["has_second_factor"])


def end_in_time(session: SessionBase) -> None:
    """Let a staff session end `STAFF_SESSION_SECONDS` after it first reached the admin.

    An instant, not a time of idleness: working on does not put it off. Real time, so that moving
    the rehearsed date signs nobody out.
    """
    limit = settings.STAFF_SESSION_SECONDS
    if session.get_expire_at_browser_close() or session.get_expiry_age() > limit:
        session.set_expiry(timedelta(seconds=limit))
