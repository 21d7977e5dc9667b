"""Renewals: on their day, once, together, at the right price, and whatever was missed."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.actions.renew import renew_due
from billing.models import (
    Invoice,
    InvoiceLine,
    PaymentAttempt,
    Price,
    SimulatedCharge,
)
from billing.models.invoices import InvoiceState
from billing.rules import Cycle, Kind, PriceReason
from billing.tests.renewing import renewed_on
from partners.models import QualifyingEvent
from portal.mail.models import Message
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

BOUGHT = date(2026, 6, 15)
A_DAY = timedelta(days=1)


# --- On the right day ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "cycle", "charged_on", "starts_on", "ends_on"),
    [
        (Kind.SITE_PLAN, Cycle.MONTHLY, (2026, 7, 15), (2026, 7, 15), (2026, 8, 15)),
        (Kind.SITE_PLAN, Cycle.YEARLY, (2027, 6, 1), (2027, 6, 15), (2028, 6, 15)),
        (Kind.SITE_PLAN, Cycle.TWO_YEAR, (2028, 6, 1), (2028, 6, 15), (2030, 6, 15)),
        (Kind.STUDIO_PLAN, Cycle.THREE_YEAR, (2029, 6, 1), (2029, 6, 15), (2032, 6, 15)),
        (Kind.MARKETING_SUITE, Cycle.YEARLY, (2027, 6, 1), (2027, 6, 15), (2028, 6, 15)),
        (Kind.DOMAIN, Cycle.YEARLY, (2027, 5, 16), (2027, 6, 15), (2028, 6, 15)),
        (Kind.BUSINESS_EMAIL, Cycle.YEARLY, (2027, 5, 16), (2027, 6, 15), (2028, 6, 15)),
        (Kind.APP, Cycle.YEARLY, (2027, 6, 15), (2027, 6, 15), (2028, 6, 15)),
    ],
)
def test_a_renewal_is_charged_on_its_day_for_the_period_that_starts_at_expiry(
    kind, cycle, charged_on, starts_on, ends_on
) -> None:
    bought = make.subscription_bought(kind=kind, cycle=cycle, on=BOUGHT)
    assert bought.next_charge_on == date(*charged_on)

    early, [invoice] = renewed_on(date(*charged_on) - A_DAY), renewed_on(date(*charged_on))

    line = invoice.lines.get()
    assert not early
    assert (invoice.due_on, invoice.state) == (date(*charged_on), InvoiceState.PAID)
    assert (line.starts_on, line.ends_on) == (date(*starts_on), date(*ends_on))


def test_a_paid_renewal_opens_its_period_and_knows_the_next_charge() -> None:
    bought = make.subscription_bought(cycle=Cycle.MONTHLY, on=date(2026, 1, 31))

    renewed_on(date(2026, 2, 28))

    bought.refresh_from_db()
    assert (bought.state, bought.paid_through) == ("active", date(2026, 3, 31))
    assert (bought.next_ordinal, bought.next_charge_on) == (2, date(2026, 3, 31))
    assert bought.periods.filter(opened_at__isnull=False).count() == 2


def test_a_renewal_of_a_premium_plan_is_told_to_the_programme_with_the_periods_start() -> None:
    bought = make.subscription_bought(on=BOUGHT)

    renewed_on(date(2027, 6, 1))

    activated, renewal = QualifyingEvent.objects.order_by("id")
    assert (activated.kind, activated.occurs_on, activated.paid_on) == ("activated", BOUGHT, BOUGHT)
    assert (renewal.kind, renewal.occurs_on) == ("renewed", date(2027, 6, 15))
    assert (renewal.paid_on, renewal.site) == (date(2027, 6, 1), bought.site)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.SITE_PLAN])
def test_add_ons_are_not_told_to_the_programme(kind) -> None:
    site = make.site()
    make.subscription_bought(kind=kind, site=site, on=BOUGHT)

    renewed_on(date(2027, 6, 15))

    assert not QualifyingEvent.objects.exists()


def test_a_renewal_is_receipted_once() -> None:
    make.subscription_bought(on=BOUGHT)

    [invoice] = renewed_on(date(2027, 6, 1))

    mail = Message.objects.get(key=f"receipt:{invoice.ref}")
    assert (mail.to, mail.kind) == ("alice@studio.example", "billing/receipt")


# --- Once ----------------------------------------------------------------------------------------


def test_running_twice_charges_once() -> None:
    make.subscription_bought(on=BOUGHT)

    first, second = renewed_on(date(2027, 6, 1)), renewed_on(date(2027, 6, 1))

    assert (len(first), len(second)) == (1, 0)
    assert SimulatedCharge.objects.count() == PaymentAttempt.objects.count() == 2


def test_a_renewal_that_was_declined_is_not_drawn_up_again() -> None:
    bought = make.subscription_bought(cycle=Cycle.MONTHLY, on=BOUGHT)
    make.card(account=bought.account, test_card="sim_soft")

    first, second = renewed_on(date(2026, 7, 15)), renewed_on(date(2026, 7, 16))

    assert (len(first), len(second)) == (1, 0)


def test_a_run_with_nothing_due_is_three_questions() -> None:
    make.subscription_bought(on=BOUGHT)

    with CaptureQueriesContext(connection) as queries:
        renew_due(on=BOUGHT + A_DAY)

    assert len(queries) == 3  # the prices, the taxes, and who is due


# --- Together ------------------------------------------------------------------------------------


def test_what_is_due_on_one_day_is_one_charge() -> None:
    studio = make.studio()
    for kind in (Kind.SITE_PLAN, Kind.STUDIO_PLAN, Kind.MARKETING_SUITE):
        make.subscription_bought(kind=kind, account=studio, on=BOUGHT)

    [invoice] = renewed_on(date(2027, 6, 1))

    assert invoice.lines.count() == 3
    assert invoice.total_amount == 300
    assert invoice.attempts.get().amount == 300


def test_lines_of_one_charge_keep_their_own_periods() -> None:
    studio = make.studio()
    make.subscription_bought(account=studio, cycle=Cycle.YEARLY, on=date(2025, 7, 15))
    make.subscription_bought(account=studio, cycle=Cycle.MONTHLY, on=date(2026, 6, 1))

    [invoice] = renewed_on(date(2026, 7, 1))

    assert list(invoice.lines.values_list("starts_on", "ends_on")) == [
        (date(2026, 7, 15), date(2027, 7, 15)),
        (date(2026, 7, 1), date(2026, 8, 1)),
    ]


def test_different_cards_are_different_charges() -> None:
    studio = make.studio()
    make.card(account=studio)
    other = make.card(account=studio, is_default=False)
    make.subscription_bought(account=studio, on=BOUGHT)
    make.subscription_bought(account=studio, on=BOUGHT, payment_method=other)

    first, second = renewed_on(date(2027, 6, 1))

    assert first.attempts.get().payment_method != second.attempts.get().payment_method
    assert {first.total_amount, second.total_amount} == {100}


def test_different_currencies_are_different_charges() -> None:
    studio = make.studio()
    make.subscription_bought(account=studio, on=BOUGHT)
    make.subscription_bought(account=studio, on=BOUGHT, currency="EUR")

    invoices = renewed_on(date(2027, 6, 1))

    assert {invoice.currency for invoice in invoices} == {"USD", "EUR"}


def test_different_accounts_are_different_charges() -> None:
    make.subscription_bought(account=make.studio(), on=BOUGHT)
    make.subscription_bought(account=make.account(owner="Charlie"), on=BOUGHT)

    assert len(renewed_on(date(2027, 6, 1))) == 2


def test_different_days_are_different_charges_even_in_one_run() -> None:
    studio = make.studio()
    make.subscription_bought(account=studio, on=BOUGHT)
    make.subscription_bought(account=studio, on=BOUGHT + A_DAY)

    invoices = renewed_on(date(2027, 6, 2))

    assert [invoice.due_on for invoice in invoices] == [date(2027, 6, 1), date(2027, 6, 2)]


# --- After missed days ---------------------------------------------------------------------------


def test_a_missed_run_catches_up_each_charge_under_the_day_it_was_due() -> None:
    bought = make.subscription_bought(cycle=Cycle.MONTHLY, on=date(2026, 1, 31))

    invoices = renewed_on(date(2026, 5, 10))

    assert [invoice.due_on for invoice in invoices] == [
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2026, 4, 30),
    ]
    bought.refresh_from_db()
    assert (bought.paid_through, bought.next_charge_on) == (date(2026, 5, 31), date(2026, 5, 31))


def test_catching_up_charges_the_price_of_the_day_it_was_due() -> None:
    bought = make.subscription_bought(cycle=Cycle.MONTHLY, on=BOUGHT)
    make.price(plan=bought.plan, amount=15, new_from=date(2026, 8, 1))

    invoices = renewed_on(date(2026, 8, 20))

    assert [invoice.total_amount for invoice in invoices] == [10, 15]


def test_catching_up_stops_at_a_decline() -> None:
    bought = make.subscription_bought(cycle=Cycle.MONTHLY, on=BOUGHT)
    make.card(account=bought.account, test_card="sim_soft")

    [invoice] = renewed_on(date(2026, 9, 20))

    assert (invoice.due_on, invoice.state) == (date(2026, 7, 15), InvoiceState.OPEN)
    assert invoice.next_attempt_on == date(2026, 9, 21)


# --- At the right price --------------------------------------------------------------------------


def test_a_monthly_plan_has_twelve_periods_at_the_sale_price() -> None:
    make.subscription_bought(cycle=Cycle.MONTHLY, on=BOUGHT, sale_amount=5)

    renewed_on(date(2027, 7, 20))

    lines = InvoiceLine.objects.order_by("starts_on")
    assert [line.price_reason for line in lines] == [PriceReason.SALE] * 12 + [
        PriceReason.STANDARD
    ] * 2
    assert [line.amount for line in lines] == [5] * 12 + [10] * 2


def test_a_yearly_plan_renews_at_the_standard_price_though_charged_in_the_first_year() -> None:
    make.subscription_bought(on=BOUGHT, sale_amount=50)

    [invoice] = renewed_on(date(2027, 6, 1))

    line = invoice.lines.get()
    assert (line.amount, line.price_reason) == (Decimal(100), PriceReason.STANDARD)
    assert line.price == Price.objects.get()


def test_a_line_keeps_its_price_version() -> None:
    bought = make.subscription_bought(on=BOUGHT)
    raised = make.price(
        plan=bought.plan, amount=120, new_from=date(2026, 9, 1), existing_from=date(2027, 6, 1)
    )

    [invoice] = renewed_on(date(2027, 6, 1))

    assert (invoice.lines.get().price, invoice.total_amount) == (raised, Decimal(120))


def test_a_nonprofit_is_invoiced_zero_and_no_gateway_hears_of_it() -> None:
    studio = make.studio()
    make.nonprofit(account=studio)
    make.subscription_bought(account=studio, on=BOUGHT)

    [invoice] = renewed_on(date(2027, 6, 1))

    assert (invoice.total_amount, invoice.state) == (Decimal(0), InvoiceState.PAID)
    assert invoice.lines.get().price_reason == PriceReason.NONPROFIT
    assert not SimulatedCharge.objects.exists()
    assert QualifyingEvent.objects.count() == 2


def test_a_nonprofit_needs_no_card() -> None:
    studio = make.studio()
    make.nonprofit(account=studio)
    bought = make.subscription_bought(account=studio, on=BOUGHT)
    studio.payment_methods.update(removed_at=make.noon(BOUGHT))

    renewed_on(date(2027, 6, 1))

    bought.refresh_from_db()
    assert bought.paid_through == date(2028, 6, 15)


def test_yen_are_charged_whole() -> None:
    studio = make.account(currency="JPY")
    plan = make.plan()
    make.price(plan=plan, amount="1000.5", currency="JPY")

    make.subscription_bought(account=studio, on=BOUGHT)

    assert Invoice.objects.get().total_amount == Decimal(1001)
