"""What a role may do in an account: one table, enforced for every URL of an account.

A view names the permission it needs (`@account_page(Can.SEE)`); a test walks every URL with every
role and method and fails on one that is not listed.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    MEMBER = "member", _("Member")
    BILLING = "billing", _("Billing")


class Can(TextChoices):
    """What there is to be allowed in an account."""

    SEE = "see", _("see sites, points and claims")
    JOIN = "join", _("join the programme")
    SUBMIT_CLAIMS = "submit_claims", _("submit claims")
    MANAGE_CLAIMS = "manage_claims", _("withdraw anyone’s claims")
    MANAGE_TEAM = "manage_team", _("manage the team")
    TRANSFER = "transfer", _("transfer the account")
    SEE_ACTIVITY = "see_activity", _("see who did what")
    MANAGE_LISTING = "manage_listing", _("edit the marketplace profile and apply")
    SEE_QUOTES = "see_quotes", _("see requests for quotes")
    SEE_BILLING = "see_billing", _("see invoices and charges")
    PAY = "pay", _("buy, cancel and change cards")


ROLES_THAT_CAN: dict[Can, frozenset[Role]] = {
    Can.SEE: frozenset(Role),
    Can.JOIN: frozenset({Role.OWNER, Role.ADMIN}),
    Can.SUBMIT_CLAIMS: frozenset({Role.OWNER, Role.ADMIN, Role.MEMBER}),
    Can.MANAGE_CLAIMS: frozenset({Role.OWNER, Role.ADMIN}),
    Can.MANAGE_TEAM: frozenset({Role.OWNER, Role.ADMIN}),
    Can.TRANSFER: frozenset({Role.OWNER}),
    Can.SEE_ACTIVITY: frozenset({Role.OWNER}),
    Can.MANAGE_LISTING: frozenset({Role.OWNER, Role.ADMIN}),
    Can.SEE_QUOTES: frozenset({Role.OWNER, Role.ADMIN, Role.MEMBER}),
    Can.SEE_BILLING: frozenset({Role.OWNER, Role.ADMIN, Role.BILLING}),
    Can.PAY: frozenset({Role.OWNER, Role.ADMIN, Role.BILLING}),
}


# docs/rules.md: "Staff". What staff on a visit see: nothing that is for doing something.
LOOKING_ON = frozenset({Can.SEE, Can.SEE_ACTIVITY, Can.SEE_QUOTES, Can.SEE_BILLING})

# docs/rules.md: "Team and roles". Whose seats somebody may give, change and end: up to their own.
MANAGES: dict[Role, frozenset[Role]] = {
    Role.OWNER: frozenset(Role),
    Role.ADMIN: frozenset(Role) - {Role.OWNER},
    Role.MEMBER: frozenset(),
    Role.BILLING: frozenset(),
}


def allows(role: str, permission: Can) -> bool:
    return role in ROLES_THAT_CAN[permission]
