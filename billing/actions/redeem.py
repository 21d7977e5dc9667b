"""A coupon used on a site: it pays for the first period of a plan."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from billing import rules
from billing.actions.charge_now import charge_now
from billing.actions.draw_up import Item, draw_up
from billing.actions.only_one import only_one_running
from billing.coupon_codes import read_code
from billing.errors import (
    AlreadySubscribedError,
    CouponExpiredError,
    CouponUsedError,
    CouponVoidError,
    TooManyWrongCodesError,
    UnknownCouponError,
)
from billing.models import (
    Coupon,
    CouponVoid,
    NonprofitVerification,
    Redemption,
    Subscription,
)
from billing.pricing import Agreement, PriceBook, Quote
from billing.subjects import runs_already, to_begin
from partners.actions.activity import record_activity
from partners.models import Account, Site
from portal.lib import clock
from portal.lib.limits import DailyLimit
from portal.models import User

WRONG_CODES = DailyLimit("wrong-coupon-codes", rules.WRONG_CODES_A_DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """What using a coupon on a site today means: free now, and what the next period costs.

    `subscription` is the one it begins, not saved.
    """

    coupon: Coupon
    subscription: Subscription
    now: Quote
    then: Quote


def activation(code: str, site: Site, *, by: User, on: date) -> Activation:
    """The preview of using a coupon, by the code that does it.

    Raises TooManyWrongCodesError, UnknownCouponError, CouponUsedError, CouponVoidError,
    CouponExpiredError, AlreadySubscribedError, NoPriceError (it could not be renewed).
    """
    return _activation(_coupon(code, site, by=by, on=on), site, on=on)


def redeem(code: str, site: Site, *, by: User, at: datetime) -> Subscription:
    """Use a coupon on a site, whose premium plan begins today.

    Raises what the preview raises.
    """
    on = clock.date_of(at)
    coupon = _coupon(code, site, by=by, on=on)
    subscription, attempts = _open(coupon, site, by=by, at=at)
    charge_now(attempts, on=on)  # nothing is to pay, so no gateway is asked
    subscription.refresh_from_db()
    return subscription


def _coupon(typed: str, site: Site, *, by: User, on: date) -> Coupon:
    """The coupon of that code. Codes nobody has are counted: nobody finds one by trying."""
    counted = (f"user:{by.pk}", f"account:{site.account_id}")
    if any(WRONG_CODES.is_used_up(who, on=on) for who in counted):
        raise TooManyWrongCodesError
    found = Coupon.objects.select_related("batch__plan__product").filter(code=read_code(typed))
    coupon = found.first()
    if coupon is None:
        for who in counted:
            WRONG_CODES.count(who, on=on)
        raise UnknownCouponError
    return coupon


@transaction.atomic
def _open(coupon: Coupon, site: Site, *, by: User, at: datetime) -> tuple[Subscription, list[int]]:
    on = clock.date_of(at)
    Account.objects.select_for_update(no_key=True).get(pk=site.account_id)
    Coupon.objects.select_for_update(no_key=True).get(pk=coupon.pk)
    begun = _activation(coupon, site, on=on)
    begun.subscription.bought_by = by
    with only_one_running():
        begun.subscription.save()
    Redemption.objects.create(
        coupon=coupon, subscription=begun.subscription, site=site, redeemed_at=at, redeemed_by=by
    )
    told = {"plan": begun.subscription.in_words}
    record_activity(site.account, "coupon_used", by=by, at=at, **told)
    attempts = draw_up([Item.of(begun.subscription, begun.now)], on=on, is_purchase=True)
    return begun.subscription, attempts


def _activation(coupon: Coupon, site: Site, *, on: date) -> Activation:
    _refuse_unusable(coupon, site, on=on)
    account = site.account
    subscription = to_begin(
        account, coupon.batch.plan, subject=site, currency=account.currency, on=on
    )
    if runs_already(subscription):
        raise AlreadySubscribedError
    is_nonprofit = NonprofitVerification.objects.covers(site.account, on=on)
    agreement = Agreement.of(subscription, is_nonprofit=is_nonprofit, is_prepaid=True)
    book = PriceBook.load()
    return Activation(
        coupon=coupon,
        subscription=subscription,
        now=book.quote(agreement, 0),
        then=book.quote(agreement, 1),
    )


def _refuse_unusable(coupon: Coupon, site: Site, *, on: date) -> None:
    """Asked anew under the lock, since somebody may have been quicker."""
    used = Redemption.objects.select_related("site").filter(coupon=coupon).first()
    if used is not None and coupon.batch.account_id == site.account_id:
        raise CouponUsedError(site=str(used.site), used_on=clock.date_of(used.redeemed_at))
    if used is not None:
        raise CouponUsedError
    if CouponVoid.objects.filter(coupon=coupon).exists():
        raise CouponVoidError
    if on >= coupon.batch.expires_on:
        raise CouponExpiredError(coupon.batch.last_on)
