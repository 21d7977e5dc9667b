"""Plans bought in bulk, as coupons; and a coupon used on a site."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from billing.models import Coupon, CouponBatch, CouponVoid

# Letters and digits that nobody takes for one another; twelve of them are 58 bits.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUPS, GROUP_LENGTH = 3, 4


def print_coupons(paid_invoices: Sequence[int]) -> None:
    """Make the coupons of the batches these invoices (by id) were for; needs a transaction."""
    batches = CouponBatch.objects.filter(invoice_line__invoice__in=paid_invoices)
    Coupon.objects.bulk_create(
        Coupon(batch=batch, code=_new_code()) for batch in batches for _ in range(batch.quantity)
    )


def void_unused(batches: QuerySet[CouponBatch], *, at: datetime) -> None:
    """The money of these batches went back: what was not used of them cannot be any more."""
    unused = Coupon.objects.filter(batch__in=batches, redemption=None, void=None)
    CouponVoid.objects.bulk_create(CouponVoid(coupon=coupon, voided_at=at) for coupon in unused)


def _new_code() -> str:
    """A code such as 7KQM-2XBD-9RTW."""
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
    return "-".join(groups)
