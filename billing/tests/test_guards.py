"""What the database itself refuses of catalogue, subscriptions and money, tried with raw SQL."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from billing.actions.cancel import cancel
from billing.actions.draw_up import new_attempts
from billing.models import Invoice, InvoiceLine, InvoiceSeries, PaymentAttempt, Period, Subscription
from billing.rules import Cycle
from portal.testing import builders as make
from portal.testing.assertions import (
    FIXED,
    NEVER_CHANGES,
    NEVER_DELETED,
    delete_row,
    insert_like,
    refused,
    run,
    set_columns,
)

pytestmark = pytest.mark.django_db

A_DAY = timedelta(days=1)


@pytest.fixture
def bought() -> Subscription:
    return make.subscription_bought()


@pytest.fixture
def period(bought) -> Period:
    return bought.periods.get()


@pytest.fixture
def invoice(bought) -> Invoice:
    return Invoice.objects.get()


@pytest.fixture
def attempt(invoice) -> PaymentAttempt:
    return invoice.attempts.get()


# --- Catalogue -----------------------------------------------------------------------------------


def test_a_product_has_a_known_kind_and_a_code_of_its_own() -> None:
    product = make.plan().product

    with refused("billing_product_code"):
        insert_like(product)
    with refused("product_kind_known"):
        set_columns(product, kind="fax")


def test_a_product_is_sold_once_on_a_cycle() -> None:
    plan = make.plan()

    with refused("plan_unique"):
        insert_like(plan)
    with refused("plan_cycle_known"):
        set_columns(plan, cycle="weekly")


def test_a_price_version_binds_from_its_own_days() -> None:
    price = make.price(plan=make.plan())

    with refused("price_new_once"):
        insert_like(price, existing_from=make.TODAY)
    with refused("price_existing_once"):
        insert_like(price, new_from=make.TODAY)
    with refused("price_not_negative"):
        set_columns(price, amount=-1)
    with refused("price_currency_is_iso"):
        set_columns(price, currency="us")


@pytest.mark.parametrize(
    "change",
    [
        {"percent_off": 0},
        {"percent_off": 101},
        {"percent_off": None},
        {"percent_off": None, "currency": "USD"},
        {"amount": 5},
        {"percent_off": None, "amount": 5},  # without a currency
        {"percent_off": None, "amount": -1, "currency": "USD"},
        {"percent_off": None, "amount": 5, "currency": "usd"},
    ],
)
def test_an_offer_is_a_percentage_or_an_amount_in_a_currency(change) -> None:
    offer = make.sale(plan=make.plan(), percent_off=50)

    with refused("sale_offer_percent_or_amount"):
        set_columns(offer, **change)


JUNE: dict[str, Any] = {"starts_on": date(2026, 6, 1), "ends_on": date(2026, 6, 30)}
JULY = {"starts_on": date(2026, 7, 1), "ends_on": date(2026, 7, 31)}


@pytest.mark.parametrize(
    "other",
    [
        {"starts_on": date(2026, 6, 30), "ends_on": date(2026, 7, 31)},  # the last day is inclusive
        {"starts_on": date(2026, 5, 1), "ends_on": date(2026, 6, 1)},
        {"starts_on": date(2026, 6, 10), "ends_on": date(2026, 6, 11)},
    ],
)
def test_percentages_off_a_plan_do_not_overlap(other) -> None:
    offer = make.sale(plan=make.plan(), percent_off=50, **JUNE)

    with refused("sale_offers_do_not_overlap"):
        insert_like(offer, percent_off=20, **other)


def test_percentages_off_may_follow_each_other_or_be_of_other_plans() -> None:
    offer = make.sale(plan=make.plan(), percent_off=50, **JUNE)

    assert insert_like(offer, starts_on=date(2026, 7, 1), ends_on=date(2026, 7, 31)) == 1
    assert insert_like(offer, plan_id=make.plan(cycle=Cycle.MONTHLY).pk) == 1


def test_an_offer_ends_no_earlier_than_it_begins() -> None:
    offer = make.sale(plan=make.plan(), percent_off=50, **JUNE)

    with refused("sale_offer_dates_in_order|range lower bound"):
        set_columns(offer, ends_on=date(2026, 5, 31))


def test_fixed_amounts_of_a_plan_and_currency_do_not_overlap() -> None:
    offer = make.sale(plan=make.plan(), amount=49, **JUNE)

    with refused("sale_offers_do_not_overlap"):
        insert_like(offer, starts_on=date(2026, 6, 10))
    assert insert_like(offer, currency="EUR") == 1


def test_a_percentage_overlaps_an_amount_in_any_currency() -> None:
    offer = make.sale(plan=make.plan(), amount=49, **JUNE)

    with refused("sale_offers_do_not_overlap"):
        insert_like(offer, percent_off=20, amount=None, currency="")
    assert insert_like(offer, percent_off=20, amount=None, currency="", **JULY) == 1


# --- Cards ---------------------------------------------------------------------------------------


def test_an_account_has_one_default_card() -> None:
    card = make.card(account=make.studio())

    with refused("one_default_method"):
        insert_like(card, provider_ref="sim_ok:other")
    assert insert_like(card, provider_ref="sim_ok:other", is_default=False) == 1


def test_a_removed_card_makes_room_for_another_default() -> None:
    card = make.card(account=make.studio())
    set_columns(card, removed_at=make.noon(make.TODAY))

    assert insert_like(card, provider_ref="sim_ok:other", removed_at=None) == 1


def test_a_card_is_what_a_card_is() -> None:
    card = make.card(account=make.studio())

    with refused("method_provider_ref_unique"):
        insert_like(card, is_default=False)
    with refused("method_month_in_year"):
        set_columns(card, expires_month=13)
    with refused("method_month_in_year"):
        set_columns(card, expires_month=0)
    with refused("method_last4_digits"):
        set_columns(card, last4="42")


# --- Subscriptions and periods -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ({"currency": "usd"}, "subscription_currency_is_iso"),
        ({"anchor_on": date(2026, 6, 14)}, "subscription_dates_in_order"),
        ({"sale_amount": -1}, "subscription_sale_not_negative"),
        ({"state": "asleep", "next_charge_on": None}, "subscription_state_known"),
        ({"state": "ending"}, "only_active_subscriptions_renew"),
        ({"state": "expired"}, "only_active_subscriptions_renew"),
    ],
)
def test_a_subscription_is_whole(bought, change, guard) -> None:
    with refused(guard):
        set_columns(bought, **change)


def test_a_period_is_charged_once(period) -> None:
    with refused("period_charged_once|periods_do_not_overlap"):
        insert_like(period, line_id=None)


@pytest.mark.parametrize(
    ("starts_on", "ends_on"),
    [
        (date(2027, 6, 14), date(2028, 6, 15)),
        (date(2025, 6, 15), date(2026, 6, 16)),
        (date(2026, 7, 1), date(2026, 8, 1)),
    ],
)
def test_periods_of_a_subscription_do_not_overlap(period, starts_on, ends_on) -> None:
    with refused("periods_do_not_overlap"):
        insert_like(period, line_id=None, starts_on=starts_on, ends_on=ends_on)


def test_a_period_begins_where_the_one_before_ends(period) -> None:
    following = {"starts_on": period.ends_on, "ends_on": period.ends_on + timedelta(days=365)}

    assert insert_like(period, line_id=None, ordinal=1, **following) == 1


def test_a_period_ends_after_it_begins(period) -> None:
    with refused("period_dates_in_order"):
        insert_like(period, line_id=None, starts_on=date(2030, 1, 1), ends_on=date(2030, 1, 1))


def test_a_line_pays_for_one_period(period) -> None:
    with refused("billing_period_line_id"):
        insert_like(period, starts_on=date(2030, 1, 1), ends_on=date(2031, 1, 1))


def test_an_opened_period_neither_changes_nor_goes(period) -> None:
    with refused(NEVER_CHANGES):
        set_columns(period, opened_at=None)
    with refused("Cannot update"):
        set_columns(period, ends_on=date(2030, 1, 1))
    with refused(NEVER_CHANGES):
        delete_row(period)


def test_a_period_not_yet_paid_keeps_its_dates_but_may_go(period) -> None:
    insert_like(
        period,
        line_id=None,
        opened_at=None,
        starts_on=date(2030, 1, 1),
        ends_on=date(2031, 1, 1),
    )
    unpaid = Period.objects.get(opened_at=None)

    with refused(FIXED):
        set_columns(unpaid, ends_on=date(2032, 1, 1))
    assert delete_row(unpaid) == 1


def test_one_cancellation_is_in_force(bought) -> None:
    cancellation = cancel(bought, by=make.person(), at=make.noon(make.TODAY))

    with refused("one_cancellation_in_force"):
        insert_like(cancellation)
    assert insert_like(cancellation, withdrawn_at=make.noon(make.TODAY)) == 1


def test_a_nonprofit_is_verified_once_and_for_good() -> None:
    verified = make.nonprofit(account=make.studio())

    with refused("billing_nonprofitverification_account_id"):
        insert_like(verified)
    with refused(NEVER_CHANGES):
        delete_row(verified)


# --- Invoices ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"number": "FW-2026-999999"},
        {"total_amount": Decimal(1)},
        {"currency": "EUR"},
        {"due_on": date(2025, 1, 1)},
        {"issued_at": make.noon(date(2025, 1, 1))},
        {"ref": "other"},
    ],
)
def test_what_was_invoiced_never_changes(invoice, change) -> None:
    with refused(FIXED):
        set_columns(invoice, **change)


def test_an_invoice_stays_with_its_account_and_is_never_deleted(invoice) -> None:
    with refused(FIXED):
        set_columns(invoice, account_id=make.account(owner="Charlie").pk)
    with refused(NEVER_DELETED):
        run("DELETE FROM billing_invoice")


def test_an_invoice_number_is_given_once(invoice) -> None:
    with refused("billing_invoice_number"):
        insert_like(invoice)


@pytest.mark.parametrize(
    ("wrong", "guard"),
    [
        ({"total_amount": -1}, "invoice_not_negative"),
        ({"currency": "usd"}, "invoice_currency_is_iso"),
        ({"paid_at": None}, "invoice_paid_has_time"),
        ({"state": "open"}, "invoice_paid_has_time"),
        ({"next_attempt_on": make.TODAY}, "only_open_invoices_are_attempted"),
    ],
)
def test_an_invoice_is_whole(invoice, wrong, guard) -> None:
    with refused(guard):
        insert_like(invoice, number="FW-2026-999999", **wrong)


def test_a_line_never_changes(invoice) -> None:
    line = invoice.lines.get()

    with refused(NEVER_CHANGES):
        set_columns(line, amount=1)
    with refused(NEVER_CHANGES):
        set_columns(line, description="Something else")
    with refused(NEVER_CHANGES):
        delete_row(line)


@pytest.mark.parametrize(
    ("wrong", "guard"),
    [
        ({}, "line_once_an_invoice"),
        ({"starts_on": date(2026, 1, 1), "amount": -1}, "line_not_negative"),
        ({"starts_on": date(2026, 1, 1), "price_reason": "mood"}, "line_price_reason_known"),
        ({"starts_on": date(2030, 1, 1)}, "line_dates_in_order"),
    ],
)
def test_a_line_is_whole(invoice, wrong, guard) -> None:
    with refused(guard):
        insert_like(InvoiceLine.objects.get(), **wrong)


def test_a_series_counts_once_a_year(invoice) -> None:
    with refused("invoice_series_unique"):
        insert_like(InvoiceSeries.objects.get())


# --- Attempts ------------------------------------------------------------------------------------


def test_an_invoice_has_one_attempt_in_flight(attempt) -> None:
    in_flight = {"outcome": "", "settled_at": None}
    insert_like(attempt, ordinal=2, idempotency_key="second", **in_flight)

    with refused("one_attempt_in_flight"):
        insert_like(attempt, ordinal=3, idempotency_key="third", **in_flight)


def test_an_invoice_is_paid_once(attempt) -> None:
    with refused("one_success_an_invoice"):
        insert_like(attempt, ordinal=2, idempotency_key="second")


def test_an_idempotency_key_is_used_once(attempt) -> None:
    with refused("billing_paymentattempt_idempotency_key"):
        insert_like(attempt, ordinal=2, outcome="soft_decline")
    with refused("attempt_ordinal_unique"):
        insert_like(attempt, idempotency_key="second", outcome="soft_decline")


@pytest.mark.parametrize(
    ("wrong", "guard"),
    [({"amount": -1}, "attempt_not_negative"), ({"currency": "us"}, "attempt_currency_is_iso")],
)
def test_an_attempt_is_whole(attempt, wrong, guard) -> None:
    with refused(guard):
        insert_like(attempt, ordinal=2, idempotency_key="second", outcome="soft_decline", **wrong)


@pytest.mark.parametrize(
    "change", [{"idempotency_key": "other"}, {"amount": 1}, {"currency": "EUR"}, {"ordinal": 5}]
)
def test_what_was_attempted_never_changes(attempt, change) -> None:
    with refused(FIXED):
        set_columns(attempt, **change)


def test_an_attempt_is_never_deleted(attempt) -> None:
    with refused(NEVER_DELETED):
        delete_row(attempt)


def test_a_second_attempt_waits_for_the_first(invoice, attempt) -> None:
    [number] = new_attempts([invoice], on=make.TODAY + A_DAY)

    second = PaymentAttempt.objects.get(pk=number)
    assert (second.ordinal, second.idempotency_key) == (2, f"{invoice.ref}-2")
    with refused("one_attempt_in_flight"):
        new_attempts([invoice], on=make.TODAY + A_DAY)
