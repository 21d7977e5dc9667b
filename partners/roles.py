"""What a role may do in an account: one table, enforced for every URL of an account.

A view names the permission it needs (`@account_page(Can.SEE)`); a test walks every URL with every
role and method and fails on one that is not listed.
"""

from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    MEMBER = "member", _("Member")
    BILLING = "billing", _("Billing")


class Can(StrEnum):
    """What there is to be allowed in an account."""

    SEE = "see"  # home, programme, sites, team, ledger, claims
    JOIN = "join"  # enrol the account and accept the terms
    SUBMIT_CLAIMS = "submit_claims"
    MANAGE_CLAIMS = "manage_claims"  # withdraw others' claims
    MANAGE_TEAM = "manage_team"
    TRANSFER = "transfer"  # give the account to another owner
    SEE_BILLING = "see_billing"
    PAY = "pay"  # buy, upgrade, cancel, cards


ROLES_THAT_CAN: dict[Can, frozenset[Role]] = {
    Can.SEE: frozenset(Role),
    Can.JOIN: frozenset({Role.OWNER, Role.ADMIN}),
    Can.SUBMIT_CLAIMS: frozenset({Role.OWNER, Role.ADMIN, Role.MEMBER}),
    Can.MANAGE_CLAIMS: frozenset({Role.OWNER, Role.ADMIN}),
    Can.MANAGE_TEAM: frozenset({Role.OWNER, Role.ADMIN}),
    Can.TRANSFER: frozenset({Role.OWNER}),
    Can.SEE_BILLING: frozenset({Role.OWNER, Role.ADMIN, Role.BILLING}),
    Can.PAY: frozenset({Role.OWNER, Role.ADMIN, Role.BILLING}),
}


def allows(role: str, permission: Can) -> bool:
    return role in ROLES_THAT_CAN[permission]
