"""Approval links: 256 random bits in one mail, and only their hash in the database."""

import hashlib
import secrets
from collections.abc import Sequence
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, prefetch_related_objects
from django.urls import reverse

from claims import rules
from claims.models import ApprovalLink, ApprovalRequest, Claim, ClaimState
from partners.models import Account, Site
from portal.lib import clock
from portal.mail.letters import SecretLink
from portal.mail.models import Message
from portal.models import User

# What is read of a request when its link is opened: model by model, by the columns' names.
READ: tuple[tuple[type[Model], tuple[str, ...]], ...] = (
    (ApprovalRequest, ("id", "claim_id")),
    (
        Claim,
        (
            *("id", "ref", "account_id", "site_id", "client_id", "submitted_by_id"),
            *("submitted_on", "state"),
        ),
    ),
    (Account, ("id", "ref", "name")),
    (Site, ("id", "account_id", "address")),
    (User, ("id", "email", "name")),
)
COLUMNS = ", ".join(
    f"{model._meta.db_table}.{name}"  # noqa: SLF001 (Django's own way to a table's name)
    for model, names in READ
    for name in names
)
# Written out: composed by the ORM at each opening it takes three times as long, and a client waits.
ASKED = f"""
    SELECT {COLUMNS}
      FROM claims_approvallink
      JOIN claims_approvalrequest ON claims_approvalrequest.id = claims_approvallink.request_id
      JOIN claims_claim ON claims_claim.id = claims_approvalrequest.claim_id
      JOIN partners_account ON partners_account.id = claims_claim.account_id
      JOIN partners_site ON partners_site.id = claims_claim.site_id
      JOIN portal_user ON portal_user.id = claims_claim.submitted_by_id
     WHERE claims_approvallink.token_hash = %s
"""  # noqa: S608 (nothing in it comes from outside)


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
    with connection.cursor() as cursor:
        cursor.execute(ASKED, [hash_of(token)])
        row = cursor.fetchone()
    if row is None:
        return None
    request = _as_models(row)
    if request.claim.state != ClaimState.AWAITING:
        prefetch_related_objects([request.claim], "answers")
    return request


def _as_models(row: Sequence[Any]) -> ApprovalRequest:
    """The request, its claim, and whom and what the claim is about."""
    values, read = iter(row), dict[type[Model], Any]()
    for model, names in READ:
        read[model] = model.from_db(DEFAULT_DB_ALIAS, names, list(islice(values, len(names))))
    request: ApprovalRequest = read[ApprovalRequest]
    claim = read[Claim]
    request.claim = claim
    claim.account, claim.site, claim.submitted_by = read[Account], read[Site], read[User]
    return request
