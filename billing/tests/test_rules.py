"""When a renewal is charged, at which price, and how often it is tried: tables, no database."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing import rules
from billing.rules import MONTHS, SOLD_FOR, Cycle, Expiry, Kind
from portal.lib.periods import term

MONTHLY, YEARLY = Cycle.MONTHLY, Cycle.YEARLY
TWO_YEAR, THREE_YEAR = Cycle.TWO_YEAR, Cycle.THREE_YEAR
STARTS = date(2026, 6, 15)


def running(cycle: Cycle, *, from_on: date = STARTS, ordinal: int = 0):
    return term(anchor_on=from_on, months=MONTHS[cycle], ordinal=ordinal)


# --- What is sold for what -----------------------------------------------------------------------


def test_every_kind_is_sold_for_something() -> None:
    assert SOLD_FOR.keys() == set(Kind)


@pytest.mark.parametrize(
    ("kind", "subject", "key"),
    [
        (Kind.SITE_PLAN, "17", "site_plan:17"),
        (Kind.MARKETING_SUITE, "17", "marketing_suite:17"),
        (Kind.APP, "17", "app:bookings:17"),
        (Kind.STUDIO_PLAN, "4", "studio_plan:4"),
        (Kind.DOMAIN, "juniper.example", "domain:juniper.example"),
        (Kind.BUSINESS_EMAIL, "Kim@juniper.example", "business_email:kim@juniper.example"),
    ],
)
def test_one_of_a_kind_runs_for_a_subject_and_of_apps_one_of_each(kind, subject, key) -> None:
    assert rules.exclusive_key(kind=kind, product="bookings", subject=subject) == key


# --- Charge days ---------------------------------------------------------------------------------

CHARGE_DAYS = [
    (Kind.SITE_PLAN, MONTHLY, 0),
    (Kind.SITE_PLAN, YEARLY, 14),
    (Kind.SITE_PLAN, TWO_YEAR, 14),
    (Kind.SITE_PLAN, THREE_YEAR, 14),
    (Kind.STUDIO_PLAN, MONTHLY, 0),
    (Kind.STUDIO_PLAN, YEARLY, 14),
    (Kind.STUDIO_PLAN, TWO_YEAR, 14),
    (Kind.STUDIO_PLAN, THREE_YEAR, 14),
    (Kind.MARKETING_SUITE, MONTHLY, 0),
    (Kind.MARKETING_SUITE, YEARLY, 14),
    (Kind.MARKETING_SUITE, TWO_YEAR, 14),
    (Kind.MARKETING_SUITE, THREE_YEAR, 14),
    (Kind.APP, MONTHLY, 0),
    (Kind.APP, YEARLY, 0),
    (Kind.APP, TWO_YEAR, 0),
    (Kind.APP, THREE_YEAR, 0),
    (Kind.DOMAIN, YEARLY, 30),
    (Kind.DOMAIN, TWO_YEAR, 30),
    (Kind.DOMAIN, THREE_YEAR, 30),
    (Kind.BUSINESS_EMAIL, YEARLY, 30),
    (Kind.BUSINESS_EMAIL, TWO_YEAR, 30),
    (Kind.BUSINESS_EMAIL, THREE_YEAR, 30),
]


@pytest.mark.parametrize(("kind", "cycle", "days_before"), CHARGE_DAYS)
def test_each_kind_is_charged_its_days_before_the_period_ends(kind, cycle, days_before) -> None:
    now = running(cycle)

    charged_on = rules.charge_on(kind=kind, cycle=cycle, running=now)

    assert (now.ends_on - charged_on).days == days_before


def test_every_kind_and_cycle_that_is_sold_stands_in_the_table() -> None:
    told = {(kind, cycle) for kind, cycle, _ in CHARGE_DAYS}
    special = {(Kind.DOMAIN, MONTHLY), (Kind.BUSINESS_EMAIL, MONTHLY)}

    assert told | special == {(kind, cycle) for kind in Kind for cycle in Cycle}


@pytest.mark.parametrize(
    ("from_on", "charged_on"),
    [
        (date(2026, 2, 1), date(2026, 2, 1)),  # 28 days: 30 before its end is before it began
        (date(2026, 4, 1), date(2026, 4, 1)),  # 30 days: exactly its first day
        (date(2026, 5, 1), date(2026, 5, 2)),  # 31 days: its second day
    ],
)
def test_a_charge_never_falls_before_the_running_period_began(from_on, charged_on) -> None:
    mailbox = running(MONTHLY, from_on=from_on)

    assert rules.charge_on(kind=Kind.BUSINESS_EMAIL, cycle=MONTHLY, running=mailbox) == charged_on


@given(
    kind=st.sampled_from(Kind),
    cycle=st.sampled_from(Cycle),
    from_on=st.dates(date(2000, 1, 1), date(2060, 1, 1)),
    ordinal=st.integers(0, 40),
)
def test_a_renewal_is_charged_inside_the_period_it_follows(kind, cycle, from_on, ordinal) -> None:
    now = running(cycle, from_on=from_on, ordinal=ordinal)

    assert now.starts_on <= rules.charge_on(kind=kind, cycle=cycle, running=now) <= now.ends_on


@given(
    kind=st.sampled_from(Kind),
    cycle=st.sampled_from(Cycle),
    from_on=st.dates(date(2000, 1, 1), date(2060, 1, 1)),
    ordinal=st.integers(0, 40),
)
def test_charge_days_of_one_subscription_ascend(kind, cycle, from_on, ordinal) -> None:
    one = running(cycle, from_on=from_on, ordinal=ordinal)
    following = running(cycle, from_on=from_on, ordinal=ordinal + 1)

    assert rules.charge_on(kind=kind, cycle=cycle, running=one) < rules.charge_on(
        kind=kind, cycle=cycle, running=following
    )


# --- Sale price ----------------------------------------------------------------------------------


def periods_at_the_sale_price(cycle: Cycle, *, bought_on: date) -> int:
    terms = (running(cycle, from_on=bought_on, ordinal=n) for n in range(40))
    return sum(rules.sale_applies(starts_on=t.starts_on, purchased_on=bought_on) for t in terms)


@pytest.mark.parametrize(
    "bought_on",
    [STARTS, date(2026, 1, 31), date(2024, 2, 29), date(2023, 3, 1), date(2026, 12, 31)],
)
@pytest.mark.parametrize(
    ("cycle", "count"), [(MONTHLY, 12), (YEARLY, 1), (TWO_YEAR, 1), (THREE_YEAR, 1)]
)
def test_the_sale_price_holds_for_the_periods_of_the_first_year(bought_on, cycle, count) -> None:
    assert periods_at_the_sale_price(cycle, bought_on=bought_on) == count


@pytest.mark.parametrize(
    ("starts_on", "applies"),
    [
        (date(2027, 6, 14), True),  # the day before the anniversary
        (date(2027, 6, 15), False),  # the anniversary
        (date(2027, 6, 16), False),
    ],
)
def test_the_sale_price_ends_on_the_first_anniversary(starts_on, applies) -> None:
    assert rules.sale_applies(starts_on=starts_on, purchased_on=STARTS) is applies


def test_a_renewal_charged_inside_the_first_year_but_starting_after_it_is_standard() -> None:
    first = running(YEARLY)
    charged_on = rules.charge_on(kind=Kind.SITE_PLAN, cycle=YEARLY, running=first)

    assert charged_on < rules.sale_ends_on(STARTS)
    assert not rules.sale_applies(starts_on=first.ends_on, purchased_on=STARTS)


def test_bought_on_29_february_the_sale_price_ends_on_the_28th() -> None:
    assert rules.sale_ends_on(date(2024, 2, 29)) == date(2025, 2, 28)


# --- Notices -------------------------------------------------------------------------------------


@given(
    kind=st.sampled_from(Kind),
    cycle=st.sampled_from(Cycle),
    from_on=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    ordinal=st.integers(1, 40),
    days=st.integers(0, 30),
)
def test_a_charge_to_announce_and_the_one_before_lie_in_the_days_compared(
    kind, cycle, from_on, ordinal, days
) -> None:
    def charged_on(ordinal: int) -> date:
        if not ordinal:
            return from_on
        before = running(cycle, from_on=from_on, ordinal=ordinal - 1)
        return rules.charge_on(kind=kind, cycle=cycle, running=before)

    on = charged_on(ordinal) - timedelta(days=min(days, rules.NOTICE_LEAD.days(cycle)))
    since, until = rules.compared_days(cycle=cycle, on=on)

    assert since <= charged_on(ordinal - 1) <= charged_on(ordinal) <= until


# --- Retries -------------------------------------------------------------------------------------


def days_after(first_on: date, *, starts_on: date) -> list[int]:
    days = rules.attempt_days(first_on=first_on, starts_on=starts_on)
    return [(day - first_on).days for day in days]


@pytest.mark.parametrize(
    ("days_early", "attempts"),
    [
        (30, [0, 1, 3, 7, 13, 30]),
        (15, [0, 1, 3, 7, 13, 15]),
        (14, [0, 1, 3, 7, 13, 14]),
        (13, [0, 1, 3, 7, 13]),  # the thirteenth day is the day it expires: once
        (12, [0, 1, 3, 7, 12]),
        (8, [0, 1, 3, 7, 8]),
        (7, [0, 1, 3, 7]),
        (4, [0, 1, 3, 4]),
        (3, [0, 1, 3]),
        (2, [0, 1, 2]),
        (1, [0, 1]),
    ],
)
def test_charged_early_it_is_tried_as_often_as_fits_and_on_the_day_it_expires(
    days_early, attempts
) -> None:
    assert days_after(STARTS - timedelta(days=days_early), starts_on=STARTS) == attempts


@pytest.mark.parametrize("days_late", [0, 1, 20])
def test_charged_on_the_day_or_later_it_is_tried_for_a_week_of_grace(days_late) -> None:
    first_on = STARTS + timedelta(days=days_late)

    assert days_after(first_on, starts_on=STARTS) == [0, 1, 3, 5, 7]


@pytest.mark.parametrize(
    ("today", "next_on"),
    [
        (date(2026, 6, 1), date(2026, 6, 2)),
        (date(2026, 6, 2), date(2026, 6, 4)),
        (date(2026, 6, 3), date(2026, 6, 4)),  # between two days: the next one
        (date(2026, 6, 8), date(2026, 6, 14)),
        (date(2026, 6, 14), date(2026, 6, 15)),
        (date(2026, 6, 15), None),  # the last: given up
        (date(2026, 6, 16), None),
    ],
)
def test_a_decline_is_tried_again_on_the_next_of_those_days(today, next_on) -> None:
    found = rules.next_attempt_on(first_on=date(2026, 6, 1), starts_on=STARTS, today=today)

    assert found == next_on


@pytest.mark.parametrize(
    ("first_on", "until"),
    [
        (date(2026, 5, 16), STARTS),
        (date(2026, 6, 1), STARTS),
        (date(2026, 6, 14), STARTS),
        (STARTS, date(2026, 6, 22)),
        (date(2026, 6, 16), date(2026, 6, 23)),
    ],
)
def test_it_is_collected_until_it_expires_or_the_grace_is_over(first_on, until) -> None:
    assert rules.collect_until(first_on=first_on, starts_on=STARTS) == until


@given(early=st.integers(-40, 40))
def test_attempt_days_ascend_and_end_on_the_last_day_of_collecting(early) -> None:
    first_on = STARTS - timedelta(days=early)

    days = rules.attempt_days(first_on=first_on, starts_on=STARTS)

    assert list(days) == sorted(set(days))
    assert days[0] == first_on
    assert days[-1] == rules.collect_until(first_on=first_on, starts_on=STARTS)


# --- Cards ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("today", "expiry"),
    [
        (date(2026, 6, 30), Expiry.LATER),
        (date(2026, 7, 1), Expiry.SOON),
        (date(2026, 7, 31), Expiry.SOON),
        (date(2026, 8, 1), Expiry.PASSED),
    ],
)
def test_a_card_expires_soon_from_30_days_before_its_last_day(today, expiry) -> None:
    assert rules.card_expiry(month=7, year=2026, today=today) is expiry


@pytest.mark.parametrize(
    ("month", "year", "last_day"), [(2, 2027, 28), (2, 2028, 29), (4, 2026, 30), (12, 2026, 31)]
)
def test_a_card_is_good_to_the_last_day_of_its_month(month, year, last_day) -> None:
    assert rules.card_expires_on(month=month, year=year) == date(year, month, last_day)


# --- Points --------------------------------------------------------------------------------------


def test_only_a_sites_premium_plan_earns_points() -> None:
    assert {Kind.SITE_PLAN} == rules.KINDS_THAT_EARN_POINTS
