"""What the database itself refuses of volume prices and coupons, tried with raw SQL."""

import pytest
from django.db import transaction

from billing.models import Coupon, CouponBatch, CouponVoid, Redemption
from portal.testing import builders as make
from portal.testing.assertions import (
    NEVER_CHANGES,
    delete_row,
    insert_like,
    refused,
    set_columns,
)
from portal.testing.races import begun

NEVER_BOTH = "a coupon is used or void, never both"


@pytest.fixture
def batch(db) -> CouponBatch:
    return make.coupons_bought()


@pytest.fixture
def coupon(batch) -> Coupon:
    return batch.coupons.earliest("pk")


def void(coupon: Coupon) -> CouponVoid:
    return CouponVoid.objects.create(coupon=coupon, voided_at=make.noon(make.TODAY))


def test_a_volume_price_is_for_several_and_told_once(db) -> None:
    price = make.volume_price(plan=make.plan(), min_quantity=2, amount=90)

    with refused("volume_price_once"):
        insert_like(price)
    with refused("volume_price_of_more_than_one"):
        set_columns(price, min_quantity=1)
    with refused("volume_price_not_negative"):
        set_columns(price, amount=-1)
    with refused("volume_price_currency_is_iso"):
        set_columns(price, currency="usd")


def test_a_batch_makes_sense_and_never_changes(batch) -> None:
    with refused("coupon_batch_not_empty"):
        insert_like(batch, quantity=0)
    with refused("coupon_batch_not_negative"):
        insert_like(batch, unit_amount=-1)
    with refused("coupon_batch_currency_is_iso"):
        insert_like(batch, currency="$")
    with refused("coupon_batch_dates_in_order"):
        insert_like(batch, expires_on=batch.bought_on)
    with refused(NEVER_CHANGES):
        set_columns(batch, quantity=500)
    with refused(NEVER_CHANGES):
        delete_row(batch)


def test_a_code_is_given_once_and_never_changes(coupon) -> None:
    with refused("billing_coupon_code"):
        insert_like(coupon)
    with refused(NEVER_CHANGES):
        set_columns(coupon, code="MINE-MINE-MINE")
    with refused(NEVER_CHANGES):
        delete_row(coupon)


def test_a_coupon_is_used_once_for_one_subscription_and_stays_used(batch) -> None:
    make.coupon_used(batch=batch)
    used, other = Redemption.objects.get(), batch.coupons.latest("pk")

    with refused("billing_redemption_coupon_id"):
        insert_like(used)
    with refused("billing_redemption_subscription_id"):
        insert_like(used, coupon_id=other.pk)
    with refused(NEVER_CHANGES):
        set_columns(used, coupon_id=other.pk)
    with refused(NEVER_CHANGES):
        delete_row(used)


def test_a_void_coupon_is_void_once_and_for_good(coupon) -> None:
    row = void(coupon)

    with refused("billing_couponvoid_coupon_id"):
        insert_like(row)
    with refused(NEVER_CHANGES):
        set_columns(row, voided_at=make.noon(make.TODAY))
    with refused(NEVER_CHANGES):
        delete_row(row)


def test_a_used_coupon_is_not_made_void(batch) -> None:
    make.coupon_used(batch=batch)
    unused, used = void(batch.coupons.latest("pk")), batch.coupons.earliest("pk")

    with refused(NEVER_BOTH):
        insert_like(unused, coupon_id=used.pk)


def test_a_void_coupon_is_not_used(batch) -> None:
    used = make.coupon_used(batch=batch)
    other = make.subscription_bought(account=batch.account)
    voided = void(batch.coupons.latest("pk"))

    with refused(NEVER_BOTH):
        insert_like(used.redemption, coupon_id=voided.coupon_id, subscription_id=other.pk)


@pytest.mark.django_db(transaction=True)
def test_of_a_coupon_being_used_and_made_void_at_once_one_waits_for_the_other() -> None:
    batch = make.coupons_bought()
    make.coupon_used(batch=batch)
    used, coupon = Redemption.objects.get(), batch.coupons.latest("pk")
    other = make.subscription_bought(account=batch.account)

    with transaction.atomic():
        insert_like(used, coupon_id=coupon.pk, subscription_id=other.pk)
        voiding = begun(lambda: void(coupon))
        assert not voiding.done()

    with pytest.raises(Exception, match=NEVER_BOTH):
        voiding.result(10)
