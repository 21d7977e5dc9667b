"""Where a subscription stands on the day of the handover: no database."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.models.subscriptions import SubscriptionState
from billing.rules import Cycle, Kind
from portal.handover.periods import InconsistentError, Listed, Told, derived, listed


def told(purchased_on, cycle=Cycle.YEARLY, state="active", ended_on=None, kind=Kind.SITE_PLAN):
    return Told(purchased_on=purchased_on, kind=kind, cycle=cycle, state=state, ended_on=ended_on)


def spans(course):
    return [(paid.term.starts_on, paid.term.ends_on, paid.paid_on) for paid in course.terms]


def row(subscription, ordinal, *, line=2, paid_on=None):
    term = subscription.term(ordinal)
    return Listed(line, term.starts_on, term.ends_on, paid_on or subscription.charge_on(ordinal))


AS_OF = date(2026, 6, 15)


# --- Without a list ------------------------------------------------------------------------------


def test_month_end_stays_with_the_purchase():
    course = derived(told(date(2026, 1, 31), Cycle.MONTHLY), as_of=date(2026, 4, 30))

    assert [start for start, _, _ in spans(course)] == [
        date(2026, 1, 31),
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2026, 4, 30),
    ]
    assert course.paid_through == date(2026, 5, 31)
    assert course.next_charge_on == date(2026, 5, 31)


@pytest.mark.parametrize(
    ("as_of", "runs_from", "runs_to"),
    [
        (date(2025, 2, 27), date(2024, 2, 29), date(2025, 2, 28)),
        (date(2025, 2, 28), date(2025, 2, 28), date(2026, 2, 28)),
        (date(2028, 2, 28), date(2027, 2, 28), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2028, 2, 29), date(2029, 2, 28)),
    ],
)
def test_leap_day_returns_in_leap_years(as_of, runs_from, runs_to):
    course = derived(told(date(2024, 2, 29)), as_of=as_of)

    assert (course.terms[-1].term.starts_on, course.paid_through) == (runs_from, runs_to)


def test_running_period_comes_along_though_it_began_last_year():
    course = derived(told(date(2023, 9, 1)), as_of=AS_OF)

    assert spans(course) == [(date(2025, 9, 1), date(2026, 9, 1), date(2025, 8, 18))]
    assert (course.next_ordinal, course.next_charge_on) == (3, date(2026, 8, 18))


def test_renewal_whose_charge_day_has_passed_is_due_at_once():
    course = derived(told(date(2024, 6, 20)), as_of=AS_OF)

    assert course.paid_through == date(2026, 6, 20)
    assert course.next_charge_on == date(2026, 6, 6)


def test_cancelled_is_not_charged_again():
    course = derived(told(date(2026, 6, 1), Cycle.MONTHLY, "cancelled"), as_of=AS_OF)

    assert (course.state, course.next_charge_on) == (SubscriptionState.ENDING, None)
    assert course.paid_through == date(2026, 7, 1)


def test_cancelled_after_the_next_period_was_paid_is_served_to_its_end():
    subscription = told(date(2024, 6, 20), state="cancelled", ended_on=date(2027, 6, 20))

    course = derived(subscription, as_of=AS_OF)

    assert [start for start, _, _ in spans(course)] == [date(2025, 6, 20), date(2026, 6, 20)]
    assert course.paid_through == date(2027, 6, 20)


def test_cancelled_whose_end_has_come_is_over():
    subscription = told(date(2024, 6, 10), state="cancelled", ended_on=date(2026, 6, 10))

    assert derived(subscription, as_of=AS_OF).state is SubscriptionState.EXPIRED


def test_lapsed_brings_the_periods_it_had_this_year():
    subscription = told(date(2025, 11, 5), Cycle.MONTHLY, "lapsed", date(2026, 3, 5))

    course = derived(subscription, as_of=AS_OF)

    assert [start for start, _, _ in spans(course)] == [date(2026, 1, 5), date(2026, 2, 5)]
    assert (course.state, course.paid_through) == (SubscriptionState.EXPIRED, date(2026, 3, 5))


def test_lapsed_last_year_brings_none():
    subscription = told(date(2023, 5, 5), state="lapsed", ended_on=date(2025, 5, 5))

    assert derived(subscription, as_of=AS_OF).terms == ()


@pytest.mark.parametrize(
    ("subscription", "column"),
    [
        (told(date(2026, 6, 16)), "purchased_on"),
        (told(date(2024, 6, 1), state="lapsed", ended_on=date(2026, 6, 16)), "ended_on"),
        (told(date(2026, 6, 1), state="cancelled", ended_on=date(2026, 9, 1)), "ended_on"),
        (told(date(2025, 6, 1), state="cancelled", ended_on=date(2028, 6, 1)), "ended_on"),
    ],
)
def test_what_contradicts_the_day_is_refused(subscription, column):
    with pytest.raises(InconsistentError) as refusal:
        derived(subscription, as_of=AS_OF)

    assert refusal.value.column == column


@given(
    purchased_on=st.dates(date(2019, 1, 1), AS_OF),
    cycle=st.sampled_from(Cycle),
    kind=st.sampled_from(Kind),
)
def test_served_today_and_in_one_piece_whatever_the_purchase(purchased_on, cycle, kind):
    course = derived(told(purchased_on, cycle, kind=kind), as_of=AS_OF)

    last = course.terms[-1].term
    assert last.starts_on <= AS_OF < last.ends_on == course.paid_through
    assert course.next_ordinal == last.ordinal + 1
    for before, after in zip(course.terms, course.terms[1:], strict=False):
        assert before.term.ends_on == after.term.starts_on


# --- With a list ---------------------------------------------------------------------------------


def test_list_says_when_money_arrived():
    subscription = told(date(2024, 3, 10))
    late = date(2026, 3, 20)

    course = listed(subscription, [row(subscription, 2, paid_on=late)], as_of=AS_OF)

    assert spans(course) == [(date(2026, 3, 10), date(2027, 3, 10), late)]


def test_period_paid_ahead_comes_along():
    subscription = told(date(2024, 6, 20))

    course = listed(subscription, [row(subscription, 2)], as_of=AS_OF)

    assert [start for start, _, _ in spans(course)] == [date(2025, 6, 20), date(2026, 6, 20)]
    assert course.next_charge_on == date(2027, 6, 6)


def test_running_period_that_is_not_listed_is_due_while_it_may_be_collected():
    subscription = told(date(2026, 4, 10), Cycle.MONTHLY)

    course = listed(subscription, [row(subscription, n) for n in (0, 1)], as_of=AS_OF)

    assert course.paid_through == course.next_charge_on == date(2026, 6, 10)
    assert course.next_ordinal == 2


@pytest.mark.parametrize(("day", "is_taken"), [(16, True), (17, True), (18, False)])
def test_running_period_that_is_not_listed_is_refused_later(day, is_taken):
    subscription = told(date(2026, 4, 10), Cycle.MONTHLY)
    rows = [row(subscription, n) for n in (0, 1)]

    if is_taken:
        listed(subscription, rows, as_of=date(2026, 6, day))
    else:
        with pytest.raises(InconsistentError, match=r"is not in periods\.csv"):
            listed(subscription, rows, as_of=date(2026, 6, day))


def test_earlier_years_need_not_be_listed():
    course = listed(told(date(2023, 9, 1)), [], as_of=AS_OF)

    assert course.paid_through == date(2026, 9, 1)


def test_gap_before_what_was_paid_ahead_is_refused():
    subscription = told(date(2026, 6, 1), Cycle.MONTHLY)

    with pytest.raises(InconsistentError, match="gap"):
        listed(subscription, [row(subscription, n, paid_on=AS_OF) for n in (0, 2)], as_of=AS_OF)


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (Listed(7, date(2026, 3, 11), date(2027, 3, 11), date(2026, 3, 1)), "starts_on"),
        (Listed(7, date(2026, 3, 10), date(2027, 3, 11), date(2026, 3, 1)), "ends_on"),
        (Listed(7, date(2026, 3, 10), date(2027, 3, 10), date(2026, 6, 16)), "paid_on"),
    ],
)
def test_line_that_is_no_period_of_it_is_refused(line, column):
    with pytest.raises(InconsistentError) as refusal:
        listed(told(date(2024, 3, 10)), [line], as_of=AS_OF)

    assert (refusal.value.line, refusal.value.column) == (7, column)


def test_line_before_the_purchase_or_after_the_end_is_refused():
    lapsed = told(date(2026, 1, 5), Cycle.MONTHLY, "lapsed", date(2026, 3, 5))
    early = Listed(7, date(2026, 1, 1), date(2026, 2, 1), date(2026, 1, 1))

    for line in (early, row(lapsed, 2)):
        with pytest.raises(InconsistentError, match=r"before the purchase|after the subscription"):
            listed(lapsed, [line], as_of=AS_OF)


@given(
    purchased_on=st.dates(date(2019, 1, 1), AS_OF),
    cycle=st.sampled_from(Cycle),
    kind=st.sampled_from(Kind),
)
def test_list_of_what_is_derived_says_the_same(purchased_on, cycle, kind):
    subscription = told(purchased_on, cycle, kind=kind)
    course = derived(subscription, as_of=AS_OF)
    rows = [
        Listed(n, paid.term.starts_on, paid.term.ends_on, paid.paid_on)
        for n, paid in enumerate(course.terms)
    ]

    assert listed(subscription, rows, as_of=AS_OF) == course
