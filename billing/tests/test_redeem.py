"""A coupon used on a site: once, by whoever has its code, until it expires."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing.actions.credit import left_to_credit
from billing.actions.redeem import activation, redeem
from billing.actions.refund import refund
from billing.errors import (
    AlreadySubscribedError,
    CouponExpiredError,
    CouponUsedError,
    CouponVoidError,
    NoPriceError,
    TooManyWrongCodesError,
    UnknownCouponError,
)
from billing.models import Coupon, CouponBatch, Invoice, Redemption, Subscription
from billing.queries import coming_charges
from billing.rules import WRONG_CODES_A_DAY, Cycle, PriceReason
from billing.tests.renewing import renewed_on
from partners.actions.points import attribute
from partners.models import Account, PointsEntry, QualifyingEvent, Site
from portal.lib import clock
from portal.mail.models import Message
from portal.testing import builders as make
from portal.testing.races import at_once

TODAY = make.TODAY
A_DAY = timedelta(days=1)
EXPIRES = date(2027, 6, 15)


@pytest.fixture
def batch(db) -> CouponBatch:
    """Three coupons of Alice's studio, bought today."""
    return make.coupons_bought(quantity=3)


@pytest.fixture
def studio(batch) -> Account:
    return batch.account


@pytest.fixture
def site(studio) -> Site:
    return make.site(account=studio)


@pytest.fixture
def strangers_site(batch) -> Site:
    return make.site(account=make.account(name="Elsewhere", owner="Charlie"))


def code_of(batch: CouponBatch) -> str:
    return batch.coupons.earliest("pk").code


def use(code: str, site: Site, *, by: str = "Alice", on: date = TODAY) -> Subscription:
    with clock.frozen(on):
        return redeem(code, site, by=make.person(name=by), at=make.noon(on))


# --- Used ----------------------------------------------------------------------------------------


def test_a_coupon_activates_the_plan_on_a_site_from_today_on(batch, site) -> None:
    later = TODAY + 40 * A_DAY

    begun = use(code_of(batch), site, on=later)

    assert (begun.plan, begun.site, begun.state) == (batch.plan, site, "active")
    assert (begun.purchased_on, begun.anchor_on, begun.paid_through) == (
        later,
        later,
        date(2027, 7, 25),
    )
    assert begun.periods.get().opened_at is not None
    assert begun.exclusive_key == f"site_plan:{site.pk}"


def test_it_is_kept_who_used_which_coupon_where_and_when(batch, site) -> None:
    begun = use(code_of(batch), site)

    used = Redemption.objects.get()
    assert (used.coupon.code, used.site, used.subscription) == (code_of(batch), site, begun)
    assert (used.redeemed_by, used.redeemed_at) == (make.person(name="Alice"), make.noon(TODAY))


def test_it_is_invoiced_at_zero_for_the_coupon_and_no_gateway_hears_of_it(
    batch, site, gateway
) -> None:
    use(code_of(batch), site)

    invoice = Invoice.objects.latest("pk")
    line = invoice.lines.explained().get()
    assert (invoice.total_amount, invoice.state) == (Decimal(0), "paid")
    assert gateway.asked == []
    assert (line.price_reason, line.why) == (PriceReason.COUPON, "paid for by a coupon")
    assert Message.objects.filter(arguments={"invoice_id": invoice.pk}).count() == 1


def test_the_activation_counts_for_points_like_any_other(batch, studio, site) -> None:
    make.enrolled(account=studio)

    use(code_of(batch), site)
    attribute(on=TODAY + 14 * A_DAY)

    event = QualifyingEvent.objects.get()
    assert (event.kind, event.site) == ("activated", site)
    assert (event.occurs_on, event.product_code) == (TODAY, batch.plan.product.code)
    assert PointsEntry.objects.get().points == 100


def test_whoever_has_the_code_may_use_it_and_the_points_are_the_sites_owners(
    batch, strangers_site
) -> None:
    begun = use(code_of(batch), strangers_site, by="Charlie")

    assert begun.account == strangers_site.account
    assert QualifyingEvent.objects.get().site.account == strangers_site.account


def test_no_card_is_needed(batch, strangers_site) -> None:
    assert not strangers_site.account.payment_methods.exists()

    assert use(code_of(batch), strangers_site, by="Charlie").state == "active"


@pytest.mark.parametrize("typed", [str.lower, lambda code: code.replace("-", " "), "{:^20}".format])
def test_the_code_may_be_typed_in_any_way(batch, site, typed) -> None:
    assert use(typed(code_of(batch)), site).state == "active"


def test_a_plan_no_longer_sold_was_paid_for_and_is_still_activated(batch, site) -> None:
    batch.plan.is_sold = False
    batch.plan.save()

    assert use(code_of(batch), site).state == "active"


def test_a_site_whose_plan_has_ended_can_be_activated_again(batch, site) -> None:
    ended = make.subscription_bought(site=site, on=date(2024, 1, 1))
    Subscription.objects.filter(pk=ended.pk).update(state="expired", next_charge_on=None)

    assert use(code_of(batch), site).state == "active"


# --- Afterwards ----------------------------------------------------------------------------------


def test_it_renews_at_the_standard_price_on_the_usual_day(batch, site) -> None:
    make.sale(plan=batch.plan, percent_off=50)
    begun = use(code_of(batch), site)

    assert begun.next_charge_on == date(2027, 6, 1)
    [invoice] = renewed_on(date(2027, 6, 1))
    line = invoice.lines.get()
    assert (line.amount, line.price_reason) == (Decimal(100), PriceReason.STANDARD)
    assert (line.starts_on, line.subscription) == (date(2027, 6, 15), begun)


def test_the_renewal_is_among_the_coming_charges_with_its_reasons(batch, studio, site) -> None:
    use(code_of(batch), site)

    [coming] = coming_charges(studio, on=TODAY, until=date(2027, 6, 1))

    assert (coming.quote.amount, coming.quote.charge_on) == (Decimal(100), date(2027, 6, 1))
    assert coming.price_reason == "standard price since Jan. 1, 2020"
    assert coming.date_reason == "14 days before the period ends on June 15, 2027"


def test_the_preview_is_what_happens_and_what_the_renewal_costs(batch, site) -> None:
    foretold = activation(code_of(batch), site, by=make.person(), on=TODAY)

    begun = use(code_of(batch), site)

    line = begun.invoice_lines.get()
    assert (foretold.now.amount, foretold.now.term.ends_on) == (line.amount, line.ends_on)
    [renewal] = renewed_on(foretold.then.charge_on)
    assert renewal.total_amount == foretold.then.gross_amount


def test_looking_at_the_preview_uses_nothing(batch, site) -> None:
    activation(code_of(batch), site, by=make.person(), on=TODAY)

    assert not Redemption.objects.exists()
    assert not Subscription.objects.exists()


# --- Refused -------------------------------------------------------------------------------------


def refused(refusal: type[Exception], code: str, site: Site, **about: Any) -> Any:
    before = Subscription.objects.count()
    with pytest.raises(refusal) as raised:
        use(code, site, **about)
    assert Subscription.objects.count() == before
    return raised.value


def test_a_coupon_is_used_once(batch, studio, site) -> None:
    use(code_of(batch), site)

    refused(CouponUsedError, code_of(batch), make.site(account=studio))


def test_the_account_that_bought_it_is_told_where_it_was_used(batch, studio, site) -> None:
    use(code_of(batch), site)

    refusal = refused(CouponUsedError, code_of(batch), make.site(account=studio))

    assert (refusal.site, refusal.used_on) == (str(site), TODAY)


def test_a_stranger_is_told_only_that_it_was_used(batch, site, strangers_site) -> None:
    use(code_of(batch), site)

    refusal = refused(CouponUsedError, code_of(batch), strangers_site, by="Charlie")

    assert (refusal.site, refusal.used_on) == ("", None)


@pytest.mark.parametrize("days", [-1, 0, 1])
def test_a_coupon_is_valid_for_twelve_months_and_not_on_the_day_after(batch, site, days) -> None:
    day = EXPIRES + days * A_DAY

    if days < 0:
        assert use(code_of(batch), site, on=day).state == "active"
    else:
        refusal = refused(CouponExpiredError, code_of(batch), site, on=day)
        assert refusal.last_on == EXPIRES - A_DAY


def test_coupons_bought_on_29_february_are_valid_through_27_february(db) -> None:
    batch = make.coupons_bought(on=date(2028, 2, 29))

    assert batch.last_on == date(2029, 2, 27)


def test_a_coupon_whose_money_went_back_is_void(batch, site) -> None:
    line = batch.invoice_line
    refund(
        line.invoice,
        {line.pk: line.gross_amount},
        left=left_to_credit(line.invoice),
        reason="Bought by mistake",
        by=make.person(name="Erin"),
        at=make.noon(TODAY),
    )

    refused(CouponVoidError, code_of(batch), site)


@pytest.mark.parametrize("state", ["active", "ending", "starting"])
def test_a_site_with_a_plan_keeps_it_and_the_coupon_stays_unused(batch, site, state) -> None:
    running = make.subscription_bought(site=site, cycle=Cycle.MONTHLY)
    Subscription.objects.filter(pk=running.pk).update(state=state, next_charge_on=None)

    refused(AlreadySubscribedError, code_of(batch), site)

    assert not Redemption.objects.exists()


def test_what_could_not_be_renewed_in_the_accounts_currency_is_not_activated(batch) -> None:
    in_yen = make.account(name="Elsewhere", owner="Charlie", currency="JPY")

    refused(NoPriceError, code_of(batch), make.site(account=in_yen), by="Charlie")

    assert not Redemption.objects.exists()


@pytest.mark.parametrize("code", ["ZZZZ-ZZZZ-ZZZZ", "no code", ""])
def test_a_code_nobody_has_and_no_code_at_all_are_refused_alike(batch, site, code) -> None:
    refusal = refused(UnknownCouponError, code, site)

    assert refusal.args == ()


# --- Wrong codes ---------------------------------------------------------------------------------


def guess(times: int, site: Site, *, by: str = "Charlie") -> None:
    for _ in range(times):
        refused(UnknownCouponError, "ZZZZ-ZZZZ-ZZZZ", site, by=by)


def test_a_days_wrong_codes_are_limited_and_then_not_even_a_right_one_is_taken(
    batch, strangers_site
) -> None:
    guess(WRONG_CODES_A_DAY, strangers_site)

    refused(TooManyWrongCodesError, code_of(batch), strangers_site, by="Charlie")


def test_one_wrong_code_fewer_and_the_right_one_is_taken(batch, strangers_site) -> None:
    guess(WRONG_CODES_A_DAY - 1, strangers_site)

    assert use(code_of(batch), strangers_site, by="Charlie").state == "active"


def test_the_next_day_is_another(batch, strangers_site) -> None:
    guess(WRONG_CODES_A_DAY, strangers_site)

    begun = use(code_of(batch), strangers_site, by="Charlie", on=TODAY + A_DAY)

    assert begun.state == "active"


def test_the_same_person_is_limited_in_every_account(batch, site, strangers_site) -> None:
    guess(WRONG_CODES_A_DAY, strangers_site)

    refused(TooManyWrongCodesError, code_of(batch), site, by="Charlie")
    assert use(code_of(batch), site, by="Alice").state == "active"


def test_the_same_account_is_limited_whoever_types(batch, strangers_site) -> None:
    guess(WRONG_CODES_A_DAY, strangers_site)

    refused(TooManyWrongCodesError, code_of(batch), strangers_site, by="Bob")


def test_a_used_or_expired_coupon_is_no_guess(batch, studio, site) -> None:
    use(code_of(batch), site)
    other = make.site(account=studio)

    for _ in range(WRONG_CODES_A_DAY + 1):
        refused(CouponUsedError, code_of(batch), other)


# --- At once -------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_people_using_one_coupon_at_once_use_it_once() -> None:
    batch = make.coupons_bought()
    code, alice, charlie = code_of(batch), make.person(), make.person(name="Charlie")
    one, other = make.site(account=batch.account), make.site(account=make.bakery())

    results = at_once(
        lambda: redeem(code, one, by=alice, at=make.noon(TODAY)),
        lambda: redeem(code, other, by=charlie, at=make.noon(TODAY)),
    )

    assert {type(result) for result in results} == {Subscription, CouponUsedError}
    assert Redemption.objects.count() == Subscription.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_coupons_for_one_site_at_once_leave_one_unused() -> None:
    batch = make.coupons_bought()
    site, alice = make.site(account=batch.account), make.person()
    first, second = batch.coupons.values_list("code", flat=True)

    results = at_once(
        lambda: redeem(first, site, by=alice, at=make.noon(TODAY)),
        lambda: redeem(second, site, by=alice, at=make.noon(TODAY)),
    )

    assert {type(result) for result in results} == {Subscription, AlreadySubscribedError}
    assert Coupon.objects.filter(redemption=None).count() == 1
