"""Buying coupons: many plans of a kind at once, at the volume price."""

from datetime import date
from decimal import Decimal

from django.db import transaction

from billing.actions.charge_now import charge_now
from billing.actions.draw_up import Item, draw_up
from billing.bulk import VolumePrices, bulk_offer
from billing.errors import (
    AlreadyBoughtError,
    NoPaymentMethodError,
    NotForSaleError,
    PriceChangedError,
)
from billing.models import CouponBatch, Plan
from billing.pricing import PriceBook
from billing.queries import default_card
from billing.rules import KINDS_SOLD_IN_BULK
from partners.actions.activity import record_activity
from partners.models import Account
from portal.lib import clock
from portal.models import User


def buy_coupons(
    account: Account,
    plan: Plan,
    quantity: int,
    *,
    shown_amount: Decimal,
    order_ref: str,
    by: User,
    on: date,
) -> CouponBatch:
    """Buy so many coupons, charged now to the account's default card; they are made when it paid.

    `shown_amount` is what its buyer was told they pay, tax included; `order_ref` names the order,
    so that sent twice it buys once. Raises AlreadyBoughtError, NotForSaleError, QuantityError,
    NoPriceError, PriceChangedError, NoPaymentMethodError (unless nothing is to pay),
    PaymentDeclinedError (nothing was bought), PaymentInDoubtError (it completes by itself).
    """
    batch, attempts = _open_order(
        account, plan, quantity, shown_amount=shown_amount, order_ref=order_ref, by=by, on=on
    )
    charge_now(attempts, on=on)
    return batch


@transaction.atomic
def _open_order(
    account: Account,
    plan: Plan,
    quantity: int,
    *,
    shown_amount: Decimal,
    order_ref: str,
    by: User,
    on: date,
) -> tuple[CouponBatch, list[int]]:
    locked = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    if CouponBatch.objects.filter(ref=order_ref).exists():
        raise AlreadyBoughtError
    if not plan.is_sold or plan.product.kind not in KINDS_SOLD_IN_BULK:
        raise NotForSaleError
    book, volumes = PriceBook.load(), VolumePrices.load()
    offer = bulk_offer(plan, quantity, account=locked, book=book, volumes=volumes, on=on)
    if offer.now.gross_amount != shown_amount:
        raise PriceChangedError
    if shown_amount and default_card(locked) is None:
        raise NoPaymentMethodError
    batch = CouponBatch.objects.create(
        ref=order_ref,
        account=locked,
        plan=plan,
        quantity=quantity,
        unit_amount=offer.unit_amount,
        currency=offer.now.currency,
        bought_on=on,
        bought_by=by,
        expires_on=offer.now.term.ends_on,
    )
    told = {"plan": str(plan), "quantity": str(quantity)}
    record_activity(locked, "ordered_coupons", by=by, at=clock.now(), **told)
    return batch, draw_up([Item.of_coupons(batch, offer.now)], on=on, is_purchase=True)
