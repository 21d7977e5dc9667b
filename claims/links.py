"""Approval links: 256 random bits in one mail, and only their hash in the database."""

import hashlib
import secrets

from django.conf import settings
from django.urls import reverse

from claims import rules
from claims.models import ApprovalLink, ApprovalRequest
from portal.lib import clock
from portal.mail.letters import SecretLink
from portal.mail.models import Message


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def new_link(request: ApprovalRequest, *, mail: Message) -> SecretLink:
    """A fresh link for one mail. The token exists in that mail and nowhere else."""
    token = secrets.token_urlsafe(rules.REQUEST_POLICY.token_bytes)
    ApprovalLink.objects.create(
        request=request, token_hash=hash_of(token), mail=mail, created_at=clock.now()
    )
    return SecretLink(settings.SITE_URL + reverse("claims:approval_link", args=[token]))


def find_request(token: str) -> ApprovalRequest | None:
    """The request a link belongs to; None for anything that is no link of ours."""
    link = (
        ApprovalLink.objects.filter(token_hash=hash_of(token))
        .select_related(
            "request__claim__account", "request__claim__site", "request__claim__submitted_by"
        )
        .prefetch_related("request__claim__answers")
        .first()
    )
    return link.request if link else None
