"""Coupons whose money goes back: what was not used cannot be any more, what was used stays."""

from datetime import timedelta
from decimal import Decimal

import pytest

from billing.actions.credit import left_to_credit
from billing.actions.redeem import redeem
from billing.actions.refund import refund
from billing.coupon_queries import coupons_of
from billing.errors import CouponVoidError
from billing.models import Coupon, CouponBatch, CouponVoid, Redemption, Subscription
from billing.models.coupons import CouponState
from partners.models import EventVoid
from portal.lib import clock
from portal.mail.actions.hand_over import send_due
from portal.mail.models import Message
from portal.staff.tests.populate import browser, staff
from portal.testing import builders as make
from portal.testing.races import at_once

TODAY = make.TODAY


@pytest.fixture
def batch(db) -> CouponBatch:
    """Three coupons at a hundred, one of them used."""
    made = make.coupons_bought(quantity=3)
    make.coupon_used(batch=made)
    return made


def pay_back(batch: CouponBatch, amount: Decimal | int | None = None) -> None:
    line = batch.invoice_line
    with clock.frozen(TODAY):
        refund(
            line.invoice,
            {line.pk: Decimal(amount or line.gross_amount)},
            left=left_to_credit(line.invoice),
            reason="Bought by mistake",
            by=make.person(name="Erin"),
            at=make.noon(TODAY),
        )


def states(batch: CouponBatch) -> list[str]:
    return [coupon.state for coupon in coupons_of(batch, on=TODAY)]  # type: ignore[attr-defined]


def test_paid_back_whole_what_was_not_used_is_void(batch) -> None:
    pay_back(batch)

    assert states(batch) == [CouponState.USED, CouponState.VOID, CouponState.VOID]
    assert {row.voided_at.date() for row in CouponVoid.objects.all()} == {TODAY}


def test_what_was_used_is_served_on_with_its_points(batch) -> None:
    pay_back(batch)

    assert Subscription.objects.get().state == "active"
    assert not EventVoid.objects.exists()


@pytest.mark.parametrize("amount", ["1.00", "299.99"])
def test_paid_back_in_part_nothing_is_void(batch, amount) -> None:
    pay_back(batch, Decimal(amount))

    assert states(batch) == [CouponState.USED, CouponState.UNUSED, CouponState.UNUSED]


def test_parts_that_add_up_to_the_whole_make_the_rest_void(batch) -> None:
    pay_back(batch, 100)
    pay_back(batch, 200)

    assert states(batch) == [CouponState.USED, CouponState.VOID, CouponState.VOID]


def test_another_batch_is_left_alone(batch) -> None:
    other = make.coupons_bought(account=batch.account, plan=batch.plan)

    pay_back(batch)

    assert states(other) == [CouponState.UNUSED, CouponState.UNUSED]


def test_the_mail_says_that_the_unused_ones_cannot_be_used(batch) -> None:
    pay_back(batch)
    with clock.frozen(TODAY):
        send_due(at=make.noon(TODAY))

    mail = Message.objects.get(kind="billing/refunded")
    words = " ".join(mail.text.split())
    assert "paid back whole, so coupons nobody has used are void" in words
    assert "Points" not in words


def test_staff_read_how_many_were_used_before_they_pay_back(batch) -> None:
    page = browser(staff("finance")).get(
        f"/admin/billing/invoiceline/refund/?row={batch.invoice_line.pk}"
    )

    assert "1 used, 2 not used" in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_coupon_used_while_its_money_goes_back_is_used_or_void_and_not_both() -> None:
    batch = make.coupons_bought(quantity=1)
    site, alice = make.site(account=batch.account), make.person()
    coupon = batch.coupons.get()

    outcome, _ = at_once(
        lambda: redeem(coupon.code, site, by=alice, at=make.noon(TODAY) + timedelta(hours=1)),
        lambda: pay_back(batch),
    )

    assert isinstance(outcome, Subscription | CouponVoidError)
    assert Redemption.objects.count() + CouponVoid.objects.count() == 1
    assert Coupon.objects.filter(redemption=None).exists() == isinstance(outcome, CouponVoidError)
