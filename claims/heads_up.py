"""A text for the partner to send to the client, so that our mail is expected and trusted."""

from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string

from claims.models import Claim


def heads_up(claim: Claim) -> str:
    """Who the mail is from, its subject, where its link leads, and when it comes once more."""
    about = {"agency": claim.account.name, "site": claim.site.address}
    subject = render_to_string("emails/claims/request/subject.txt", about)
    context = about | {
        "request": claim.request,
        "subject": " ".join(subject.split()),
        "sender": settings.DEFAULT_FROM_EMAIL,
        "host": urlsplit(settings.SITE_URL).netloc,
        "platform": settings.PLATFORM_NAME,
    }
    return render_to_string("claims/heads_up.txt", context).strip()
