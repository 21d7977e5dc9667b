"""What a price version would lead to is told before it is saved, by the code that charges."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing.actions.announce import announce_due
from billing.actions.cancel import cancel
from billing.catalogue.new_price import PricePreview, preview_price
from billing.models import Price, PriceNotice, SaleOffer
from billing.pricing import PriceBook
from billing.rules import Cycle
from billing.tests.renewing import renewed_on
from portal.lib import clock
from portal.testing import builders as make
from portal.testing.builders import TODAY, noon

pytestmark = pytest.mark.django_db

BOUGHT = date(2025, 9, 20)
CHARGE = date(2026, 9, 6)  # 14 days before 20 September
A_DAY = timedelta(days=1)


def draft(
    amount: int = 120,
    *,
    existing_from: date = CHARGE,
    new_from: date | None = None,
    cycle: Cycle = Cycle.YEARLY,
    currency: str = "USD",
) -> Price:
    """A version that is not saved; existing subscribers cost 100 a year, or 10 a month."""
    return Price(
        plan=make.plan(cycle=cycle),
        currency=currency,
        amount=Decimal(amount),
        new_from=new_from or existing_from,
        existing_from=existing_from,
    )


def previewed(price: Price, *, on: date = TODAY) -> PricePreview:
    return preview_price(
        price,
        book=PriceBook.with_drafts([price]),
        stored=PriceBook.load(),
        offers=list(SaleOffer.objects.filter(plan=price.plan)),
        on=on,
    )


# --- Renewals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "count"), [(-1, 1), (0, 1), (1, 0)])
def test_a_renewal_follows_the_version_that_holds_on_its_charge_day(days, count):
    make.subscription_bought(on=BOUGHT)

    shown = previewed(draft(existing_from=CHARGE + timedelta(days=days)))

    assert shown.total.count == count
    assert shown.first_charge_on == (CHARGE if count else None)


def test_renewals_are_summed_by_the_month_they_are_charged_in():
    for bought in (BOUGHT, BOUGHT, date(2025, 11, 20)):
        make.subscription_bought(on=bought)

    shown = previewed(draft())

    assert [(month.month, month.count, month.difference) for month in shown.months] == [
        (date(2026, 9, 1), 2, Decimal(40)),
        (date(2026, 11, 1), 1, Decimal(20)),
    ]
    total = shown.total
    assert (total.count, total.before, total.after) == (3, Decimal(300), Decimal(360))


def test_it_says_what_the_run_then_charges_and_announces():
    make.subscription_bought(on=BOUGHT)
    price = draft()
    shown = previewed(price)

    price.save()
    with clock.frozen(shown.announced_from):
        announce_due(on=shown.announced_from)
    (invoice,) = renewed_on(shown.first_charge_on)

    notice = PriceNotice.objects.get()
    assert (notice.amount_before, notice.amount_after) == (shown.total.before, shown.total.after)
    assert notice.charge_on == shown.first_charge_on
    assert invoice.total_amount == shown.total.after


def test_the_first_renewal_after_a_coupon_is_counted_and_announced_from_nothing_up():
    make.coupon_used(batch=make.coupons_bought(on=BOUGHT), on=BOUGHT)
    price = draft(90)
    shown = previewed(price)

    price.save()
    with clock.frozen(shown.announced_from):
        announce_due(on=shown.announced_from)

    notice = PriceNotice.objects.get()
    assert (shown.total.before, shown.total.after) == (Decimal(0), Decimal(90))
    assert (notice.amount_before, notice.amount_after) == (Decimal(0), Decimal(90))


def test_a_charge_more_than_a_year_ahead_is_not_counted():
    make.subscription_bought(on=date(2025, 6, 30))

    assert previewed(draft(existing_from=date(2026, 6, 17))).total.count == 0
    assert previewed(draft(existing_from=date(2026, 6, 16))).total.count == 1


def test_in_its_first_year_a_sale_price_goes_on_and_then_the_version_follows():
    make.subscription_bought(on=date(2025, 12, 1), cycle=Cycle.MONTHLY, sale_amount=5)
    renewed_on(date(2026, 1, 1))

    shown = previewed(draft(15, cycle=Cycle.MONTHLY, existing_from=date(2026, 1, 15)))

    assert shown.first_charge_on == date(2026, 12, 1)
    assert (shown.total.before, shown.total.after) == (Decimal(5), Decimal(15))


@pytest.mark.parametrize("change", [{"currency": "EUR"}, {"cycle": Cycle.MONTHLY}])
def test_subscribers_of_another_plan_or_currency_are_not_counted(change):
    make.subscription_bought(on=BOUGHT)

    assert previewed(draft(**change)).total.count == 0


def test_what_ends_and_what_costs_nothing_does_not_renew_at_it():
    cancelled = make.subscription_bought(on=BOUGHT)
    cancel(cancelled, by=make.person(name="Alice"), at=noon(TODAY))
    free = make.subscription_bought(on=BOUGHT, account=make.bakery())
    make.nonprofit(account=free.account)

    assert previewed(draft()).total.count == 0


def test_a_version_that_another_replaces_at_once_binds_nobody():
    make.subscription_bought(on=BOUGHT)
    make.price(plan=make.plan(), amount=130, new_from=date(2026, 6, 2))

    shown = previewed(draft(existing_from=date(2026, 6, 1)))

    assert (shown.total.count, shown.purchases) == (0, ())


def test_a_version_being_corrected_stands_in_the_place_of_the_stored_one():
    make.subscription_bought(on=BOUGHT)
    price = make.price(plan=make.plan(), amount=120, new_from=TODAY, existing_from=CHARGE)
    price.amount = Decimal(110)

    shown = previewed(price)

    assert (shown.total.count, shown.total.after) == (1, Decimal(110))


def test_a_version_being_moved_no_longer_holds_from_its_stored_day():
    plan = make.subscription_bought(on=BOUGHT).plan
    price = make.price(plan=plan, amount=120, new_from=TODAY, existing_from=CHARGE)
    price.existing_from += A_DAY

    book = PriceBook.with_drafts([price])

    assert book.for_renewal(plan_id=plan.pk, currency="USD", on=CHARGE).amount == 100
    assert book.for_renewal(plan_id=plan.pk, currency="USD", on=CHARGE + A_DAY) is price


# --- Notices -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("amount", "dearer"), [(101, 1), (100, 0), (99, 0)])
def test_only_what_gets_dearer_is_announced(amount, dearer):
    make.subscription_bought(on=BOUGHT)

    shown = previewed(draft(amount))

    assert shown.dearer == dearer
    assert shown.announced_from == (CHARGE - timedelta(days=30) if dearer else None)


@pytest.mark.parametrize(
    ("cycle", "days", "late"),
    [
        (Cycle.YEARLY, 29, 1),
        (Cycle.YEARLY, 30, 0),
        (Cycle.YEARLY, 31, 0),
        (Cycle.MONTHLY, 6, 1),
        (Cycle.MONTHLY, 7, 0),
        (Cycle.MONTHLY, 8, 0),
    ],
)
def test_it_warns_of_first_charges_that_can_no_longer_be_announced_in_time(cycle, days, late):
    first = make.subscription_bought(on=BOUGHT, cycle=cycle).next_charge_on
    today = first - timedelta(days=days)

    shown = previewed(draft(cycle=cycle, existing_from=first), on=today)

    assert shown.late == late
    assert shown.announced_from >= today


@pytest.mark.parametrize(("days", "late"), [(-1, 1), (0, 0)])
def test_from_the_day_it_names_everyone_is_told_in_time(days, late):
    for day in range(60):
        make.subscription_bought(on=date(2025, 7, 1) + timedelta(days=day))
    day = previewed(draft(existing_from=TODAY)).in_time_from + timedelta(days=days)

    assert previewed(draft(existing_from=day)).late == late


def test_a_version_dated_back_is_dearer_and_never_announced():
    make.subscription_bought(on=BOUGHT)

    shown = previewed(draft(existing_from=BOUGHT))

    assert (shown.dearer, shown.announced_from, shown.late) == (1, None, 1)


@pytest.mark.parametrize(("days", "announced"), [(0, True), (1, False)])
def test_what_is_overdue_is_not_announced_any_more(days, announced):
    make.subscription_bought(on=BOUGHT)
    today = CHARGE + timedelta(days=days)

    shown = previewed(draft(), on=today)

    assert shown.announced_from == (today if announced else None)
    assert shown.late == 1


def test_it_says_who_was_told_another_amount_already():
    make.subscription_bought(on=BOUGHT, sale_amount=60)
    day = CHARGE - timedelta(days=20)
    with clock.frozen(day):
        announce_due(on=day)

    assert previewed(draft(), on=day).told_otherwise == 1
    assert previewed(draft(existing_from=CHARGE + A_DAY), on=day).told_otherwise == 0


# --- Purchases -----------------------------------------------------------------------------------


def test_a_purchase_costs_it_from_its_day_until_the_next_version():
    plan = make.plan()
    make.price(plan=plan, amount=100)
    make.price(plan=plan, amount=130, new_from=date(2026, 9, 1))

    shown = previewed(draft(new_from=date(2026, 7, 1)))

    (span,) = shown.purchases
    assert (span.starts_on, span.ends_on) == (date(2026, 7, 1), date(2026, 8, 31))
    assert (span.amount, shown.purchase_before) == (Decimal(120), Decimal(100))


def test_a_running_offer_is_taken_off_it():
    plan = make.plan()
    make.price(plan=plan, amount=100)
    make.sale(plan=plan, percent_off=50, ends_on=date(2026, 7, 10))

    shown = previewed(draft(new_from=date(2026, 7, 1)))

    assert [(span.starts_on, span.amount) for span in shown.purchases] == [
        (date(2026, 7, 1), Decimal(60)),
        (date(2026, 7, 11), Decimal(120)),
    ]


def test_the_first_price_in_a_currency_has_none_before_it():
    shown = previewed(draft(currency="EUR"))

    assert shown.purchase_before is None


# --- Cost ----------------------------------------------------------------------------------------


def test_it_asks_as_much_for_many_subscribers_as_for_few(django_assert_num_queries):
    price = draft()
    for number in range(30):
        make.subscription_bought(on=BOUGHT + number * A_DAY)
        if number in {2, 29}:
            with django_assert_num_queries(9):  # two books, offers, plans, renewals, told
                assert previewed(price).total.count == number + 1
