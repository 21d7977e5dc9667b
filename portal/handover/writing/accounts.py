"""Accounts, their members, their non-profit status and their payment methods."""

from billing.models import NonprofitVerification, PaymentMethod
from partners.models import Account, Membership, PendingMembership
from portal.handover.upsert import Count, count, upsert

ACCOUNT_OF_ROW = "JOIN partners_account a ON a.platform_ref = s.account"
VERIFIED_USER = """
    (SELECT DISTINCT ON (lower(e.email)) lower(e.email) AS email, e.user_id
       FROM account_emailaddress e WHERE e.verified ORDER BY lower(e.email), e.id) AS verified
"""

# Of an account's methods the default comes first; where none says so, the first one is it.
IN_ORDER = """
    (SELECT *, row_number() OVER (PARTITION BY account
                                  ORDER BY is_default DESC NULLS LAST, line) AS place
       FROM handover_payment_methods)
"""


def write_accounts() -> list[Count]:
    return [
        upsert(
            Account,
            source="FROM handover_accounts s",
            values={
                "ref": "s.ref",
                "platform_ref": "s.id",
                "name": "s.name",
                "email": "s.email",
                "country": "s.country",
                "currency": "s.currency",
            },
            conflict="(platform_ref)",
            update=("name", "email", "country", "currency"),
        )
    ]


def write_nonprofits() -> list[Count]:
    """A verification is written once: the portal's own first day stands."""
    return [
        upsert(
            NonprofitVerification,
            source=f"FROM handover_nonprofits s {ACCOUNT_OF_ROW}",
            values={"account_id": "a.id", "verified_on": "s.verified_on"},
            conflict="(account_id)",
        )
    ]


def write_members() -> list[Count]:
    """A seat for whoever has proved the address to be theirs; for others it waits."""
    seats = upsert(
        Membership,
        source=f"FROM handover_members s {ACCOUNT_OF_ROW}"
        f" JOIN {VERIFIED_USER} ON verified.email = s.email",
        values={"account_id": "a.id", "user_id": "verified.user_id", "role": "s.role"},
        conflict="(account_id, user_id)",
        update=("role",),
    )
    waiting = upsert(
        PendingMembership,
        source=f"FROM handover_members s {ACCOUNT_OF_ROW}"
        f" LEFT JOIN {VERIFIED_USER} ON verified.email = s.email WHERE verified.email IS NULL",
        values={"account_id": "a.id", "email": "s.email", "role": "s.role"},
        conflict="(account_id, lower(email))",
        update=("role",),
    )
    return [seats, waiting]


def write_payment_methods() -> list[Count]:
    """Cards are brought up to date, never back; which is the default the portal decides once."""
    return [
        upsert(
            PaymentMethod,
            source=f"FROM {IN_ORDER} AS s {ACCOUNT_OF_ROW}"
            " LEFT JOIN billing_paymentmethod m"
            " ON m.gateway = s.gateway AND m.provider_ref = s.provider_ref"
            " WHERE m.id IS NULL OR (m.removed_at IS NULL AND"
            " (m.expires_year, m.expires_month) <= (s.expires_year, s.expires_month))",
            values={
                "ref": "s.ref",
                "account_id": "a.id",
                "gateway": "s.gateway",
                "provider_ref": "s.provider_ref",
                "brand": "s.brand",
                "last4": "s.last4",
                "expires_month": "s.expires_month",
                "expires_year": "s.expires_year",
                "is_default": "s.place = 1 AND NOT EXISTS"
                " (SELECT FROM billing_paymentmethod other WHERE other.account_id = a.id"
                " AND other.is_default AND other.removed_at IS NULL)",
            },
            conflict="(gateway, provider_ref)",
            update=("brand", "last4", "expires_month", "expires_year"),
            kept=_newer_in_the_portal(),
        )
    ]


def _newer_in_the_portal() -> int:
    return count(
        """
        FROM handover_payment_methods s JOIN billing_paymentmethod m
          ON m.gateway = s.gateway AND m.provider_ref = s.provider_ref
         WHERE m.removed_at IS NOT NULL OR
               (m.expires_year, m.expires_month) > (s.expires_year, s.expires_month)
        """
    )
