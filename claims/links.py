"""Approval links: 256 random bits in one mail, and only their hash in the database."""

import hashlib
import secrets

from django.conf import settings
from django.db.models import prefetch_related_objects
from django.urls import reverse

from claims import rules
from claims.models import ApprovalLink, ApprovalRequest, ClaimState
from portal.lib import clock
from portal.mail.letters import SecretLink
from portal.mail.models import Message

# What is read of a request when its link is opened.
ASKED = (
    "claim__ref",
    "claim__state",
    "claim__submitted_on",
    "claim__client",
    "claim__account__ref",
    "claim__account__name",
    "claim__site__account",
    "claim__site__address",
    "claim__submitted_by__name",
    "claim__submitted_by__email",
)


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
    """The request a link belongs to, with its claim; None for anything that is no link of ours.

    One query, and one more for the answers if there may be any.
    """
    request = (
        ApprovalRequest.objects.filter(links__token_hash=hash_of(token))
        .select_related("claim__account", "claim__site", "claim__submitted_by")
        .only(*ASKED)
        .first()
    )
    if request and request.claim.state != ClaimState.AWAITING:
        prefetch_related_objects([request.claim], "answers")
    return request
