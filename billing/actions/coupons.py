"""Coupons once they are paid for: made, and made void when their money goes back."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from billing.coupon_codes import new_code
from billing.models import Coupon, CouponBatch, CouponVoid


def print_coupons(paid_invoices: Sequence[int]) -> None:
    """Make the coupons of the batches these invoices (by id) were for; needs a transaction."""
    batches = CouponBatch.objects.filter(invoice_line__invoice__in=paid_invoices)
    Coupon.objects.bulk_create(
        Coupon(batch=batch, code=new_code()) for batch in batches for _ in range(batch.quantity)
    )


def void_unused(batches: QuerySet[CouponBatch], *, at: datetime) -> None:
    """The money of these batches went back: what was not used of them cannot be any more.

    Needs a transaction. Whoever is using one of them just now is waited for.
    """
    coupons = Coupon.objects.filter(batch__in=batches).order_by("pk")
    locked = list(coupons.select_for_update(no_key=True).values_list("pk", flat=True))
    unused = Coupon.objects.filter(pk__in=locked, redemption=None, void=None)
    CouponVoid.objects.bulk_create(CouponVoid(coupon=coupon, voided_at=at) for coupon in unused)
