"""What pages read of billing: coming charges with their reasons, expected events."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from billing.actions.cancel import cancel
from billing.models import Subscription
from billing.models.subscriptions import SubscriptionState
from billing.queries import coming_charges, expected_events, subscribed
from billing.rules import Cycle, Kind
from billing.tests.renewing import renewed_on
from partners.explanations import Subscribed
from partners.models import Account
from partners.queries import ExpectedEvent
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 15)
BOUGHT = date(2025, 10, 1)
RENEWS = date(2026, 10, 1)
CHARGED = date(2026, 9, 17)  # 14 days before
YEARS_END = date(2026, 12, 31)
A_DAY = timedelta(days=1)


@pytest.fixture
def studio() -> Account:
    return make.studio()


def coming(account: Account, *, until: date = YEARS_END) -> list[tuple[date, Decimal, str, str]]:
    """Day, amount, why that price and why that day of each charge to come."""
    return [
        (one.quote.charge_on, one.quote.amount, one.price_reason, one.date_reason)
        for one in coming_charges(account, on=TODAY, until=until)
    ]


# --- Coming charges: why that day ----------------------------------------------------------------


def test_a_yearly_renewal_is_listed_with_its_day_its_price_and_both_reasons(studio):
    make.subscription_bought(account=studio, on=BOUGHT)

    assert coming(studio) == [
        (
            CHARGED,
            Decimal("100.00"),
            "standard price since Jan. 1, 2020",
            "14 days before the period ends on Oct. 1, 2026",
        )
    ]


def test_a_monthly_renewal_is_listed_each_month_on_the_day_the_period_ends(studio):
    make.subscription_bought(account=studio, cycle=Cycle.MONTHLY, on=date(2026, 5, 31))

    listed = coming(studio, until=date(2026, 9, 30))

    assert [day for day, *_ in listed] == [
        date(2026, 6, 30),
        date(2026, 7, 31),
        date(2026, 8, 31),
        date(2026, 9, 30),
    ]
    assert {why for *_, why in listed} == {"the day the period ends"}


def test_a_domain_is_charged_thirty_days_ahead(studio):
    make.subscription_bought(account=studio, kind=Kind.DOMAIN, on=BOUGHT)

    [(day, _amount, _price, why)] = coming(studio)

    assert day == date(2026, 9, 1)
    assert why == "30 days before the period ends on Oct. 1, 2026"


def test_a_charge_one_day_ahead_is_said_in_the_singular(studio):
    make.subscription_bought(account=studio, on=BOUGHT)
    [charge] = coming_charges(studio, on=TODAY, until=YEARS_END)
    object.__setattr__(charge.quote, "charge_on", RENEWS - A_DAY)

    assert charge.date_reason == "1 day before the period ends on Oct. 1, 2026"


def test_reasons_have_their_dates_as_the_reader_writes_them(studio):
    make.subscription_bought(account=studio, on=BOUGHT)

    with override("en-gb"):
        [(_day, _amount, price, day)] = coming(studio)

    assert price == "standard price since 1 Jan 2020"
    assert day == "14 days before the period ends on 1 Oct 2026"


# --- Coming charges: why that price --------------------------------------------------------------


@pytest.mark.parametrize(
    ("existing_from", "amount", "since"),
    [
        (CHARGED - A_DAY, Decimal(120), "Sept. 16, 2026"),
        (CHARGED, Decimal(120), "Sept. 17, 2026"),
        (CHARGED + A_DAY, Decimal(100), "Jan. 1, 2020"),
    ],
)
def test_a_renewal_costs_what_binds_on_the_day_it_is_charged(studio, existing_from, amount, since):
    plan = make.subscription_bought(account=studio, on=BOUGHT).plan
    make.price(plan=plan, amount=120, new_from=TODAY, existing_from=existing_from)

    [(_day, charged, why, _when)] = coming(studio)

    assert (charged, why) == (amount, f"standard price since {since}")


def test_a_monthly_sale_price_ends_with_the_first_year(studio):
    make.subscription_bought(
        account=studio, cycle=Cycle.MONTHLY, on=date(2025, 9, 10), sale_amount=4
    )
    Subscription.objects.update(next_ordinal=10, next_charge_on=date(2026, 7, 10))

    listed = coming(studio, until=date(2026, 10, 10))

    assert [(day, amount, why) for day, amount, why, _ in listed] == [
        (date(2026, 7, 10), 4, "sale price, first year"),
        (date(2026, 8, 10), 4, "sale price, first year"),
        (date(2026, 9, 10), 10, "standard price since Jan. 1, 2020"),
        (date(2026, 10, 10), 10, "standard price since Jan. 1, 2020"),
    ]


def test_a_renewal_charged_inside_the_first_year_is_no_longer_at_the_sale_price(studio):
    make.subscription_bought(account=studio, on=BOUGHT, sale_amount=40)

    [(day, amount, why, _when)] = coming(studio)

    assert day < RENEWS
    assert (amount, why) == (100, "standard price since Jan. 1, 2020")


def test_a_nonprofits_premium_plan_is_listed_at_nothing_and_its_add_on_is_not(studio):
    make.nonprofit(account=studio)
    make.subscription_bought(account=studio, on=BOUGHT)
    make.subscription_bought(account=studio, kind=Kind.DOMAIN, on=BOUGHT)

    prices = {(amount, why) for _, amount, why, _ in coming(studio)}

    assert prices == {(0, "free for non-profits"), (100, "standard price since Jan. 1, 2020")}


def test_a_charge_is_what_was_listed(studio):
    make.subscription_bought(account=studio, on=BOUGHT, sale_amount=40)
    [(day, amount, _price, _when)] = coming(studio)

    too_early, on_the_day = renewed_on(day - A_DAY), renewed_on(day)

    assert too_early == []
    assert [invoice.total_amount for invoice in on_the_day] == [amount]


# --- Coming charges: which -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "listed"), [(CHARGED - A_DAY, 0), (CHARGED, 1), (CHARGED + A_DAY, 1)]
)
def test_charges_are_listed_up_to_and_including_the_last_day(studio, until, listed):
    make.subscription_bought(account=studio, on=BOUGHT)

    assert len(coming(studio, until=until)) == listed


def test_charges_of_several_subscriptions_are_listed_soonest_first(studio):
    make.subscription_bought(account=studio, on=BOUGHT)
    make.subscription_bought(account=studio, cycle=Cycle.MONTHLY, on=date(2026, 6, 10))
    make.subscription_bought(account=studio, kind=Kind.APP, on=date(2025, 8, 1))

    days = [day for day, *_ in coming(studio, until=RENEWS)]

    assert days == [
        date(2026, 7, 10),
        date(2026, 8, 1),
        date(2026, 8, 10),
        date(2026, 9, 10),
        CHARGED,
    ]


def test_what_is_cancelled_or_another_accounts_is_not_listed(studio):
    cancelled = make.subscription_bought(account=studio, on=BOUGHT)
    cancel(cancelled, by=make.person(), at=make.noon(TODAY))
    make.subscription_bought(account=make.bakery(), on=BOUGHT)

    assert coming(studio) == []


def test_a_plan_without_a_price_has_no_charge_to_show(studio):
    plan = make.subscription_bought(account=studio, on=BOUGHT).plan
    make.subscription_bought(account=studio, kind=Kind.DOMAIN, on=BOUGHT)
    plan.prices.update(existing_from=YEARS_END)

    assert [day for day, *_ in coming(studio)] == [date(2026, 9, 1)]


def test_listing_costs_the_same_for_many_subscriptions_as_for_one(studio):
    make.subscription_bought(account=studio, on=BOUGHT)
    few = queries(lambda: coming(studio))
    for n in range(5):
        make.subscription_bought(account=studio, cycle=Cycle.MONTHLY, on=TODAY - n * A_DAY)

    many = queries(lambda: coming(studio))

    assert few == many == 5


def queries(ask) -> int:
    with CaptureQueriesContext(connection) as asked:
        ask()
    return len(asked)


# --- Expected events -----------------------------------------------------------------------------


def test_the_next_renewal_of_a_premium_plan_is_an_expected_event(studio):
    site = make.subscription_bought(account=studio, on=BOUGHT).site

    assert expected_events([site.pk]) == [
        ExpectedEvent(
            site_id=site.pk,
            account_id=studio.pk,
            occurs_on=RENEWS,
            paid_on=CHARGED,
            product_code="site-plan",
        )
    ]


def test_an_expected_event_is_the_site_owners_whoever_pays(studio):
    site = make.subscription_bought(account=studio, on=BOUGHT).site
    make.moved(site=site, to=make.bakery(), on=BOUGHT)

    [event] = expected_events([site.pk])

    assert event.account_id == site.account.pk


def test_while_a_renewal_is_being_collected_its_event_is_still_expected(studio):
    made = make.subscription_bought(account=studio, on=BOUGHT)
    Subscription.objects.update(next_charge_on=None)

    [event] = expected_events([made.site_id])

    assert (event.occurs_on, event.paid_on) == (RENEWS, RENEWS)


@pytest.mark.parametrize(
    "state", [SubscriptionState.STARTING, SubscriptionState.ENDING, SubscriptionState.EXPIRED]
)
def test_only_what_is_going_to_renew_is_expected(studio, state):
    made = make.subscription_bought(account=studio, on=BOUGHT)
    Subscription.objects.update(state=state, next_charge_on=None)

    assert expected_events([made.site_id]) == []


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.SITE_PLAN])
def test_an_add_on_of_a_site_is_no_expected_event(studio, kind):
    site = make.site(account=studio)
    make.subscription_bought(kind=kind, site=site, on=BOUGHT)

    assert expected_events([site.pk]) == []


def test_events_are_expected_of_the_sites_asked_for_in_one_query(studio):
    sites = [make.subscription_bought(account=studio, on=BOUGHT).site_id for _ in range(4)]

    asked = queries(lambda: expected_events(sites))

    assert asked == 1
    assert {event.site_id for event in expected_events(sites[:3])} == set(sites[:3])


# --- What a site is subscribed to ----------------------------------------------------------------


def test_a_site_is_subscribed_to_what_renews_ends_and_does_not_count(studio):
    renewing = make.subscription_bought(account=studio, on=BOUGHT)
    ending = make.subscription_bought(account=studio, on=BOUGHT)
    cancel(ending, by=make.person(), at=make.noon(TODAY))
    site = make.site(account=studio)
    for served in (site, ending.site):
        make.subscription_bought(kind=Kind.APP, site=served, on=BOUGHT)

    assert subscribed([renewing.site_id, ending.site_id, site.pk]) == {
        renewing.site_id: Subscribed(has_premium_plan=True, renews_on=RENEWS),
        ending.site_id: Subscribed(has_premium_plan=True, has_other_products=True, ends_on=RENEWS),
        site.pk: Subscribed(has_other_products=True),
    }


def test_what_has_expired_is_no_subscription_any_more(studio):
    made = make.subscription_bought(account=studio, on=BOUGHT)
    Subscription.objects.update(state=SubscriptionState.EXPIRED, next_charge_on=None)

    assert subscribed([made.site_id]) == {}
