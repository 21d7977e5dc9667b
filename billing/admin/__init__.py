"""What is sold, agreed and charged, in the admin."""

from billing.admin import (
    catalogue,
    coupons,
    disputes,
    exceptions,
    found,
    gateway,
    money,
    notices,
    of_account,
    refund_requests,
    refunds,
    refused_refunds,
    start,
    taxes,
)

__all__ = [
    "catalogue",
    "coupons",
    "disputes",
    "exceptions",
    "found",
    "gateway",
    "money",
    "notices",
    "of_account",
    "refund_requests",
    "refunds",
    "refused_refunds",
    "start",
    "taxes",
]
