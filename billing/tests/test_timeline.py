"""The timeline of an agreement nobody has made yet, by the code that charges."""

import json
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from billing.rules import CHARGE_LEADS, Cycle, Kind


def timeline(**asked):
    options = {
        "kind": "site_plan",
        "cycle": "yearly",
        "start": "2024-02-29",
        "standard": "120.00",
        "currency": "USD",
        "until": "2029-12-31",
    } | asked
    flags = [f"--{name}={value}" for name, value in options.items()]
    told = StringIO()
    call_command("billing_timeline", *flags, "--json", stdout=told)
    return json.loads(told.getvalue())


def test_a_yearly_plan_from_29_february_keeps_its_anchor_and_its_lead():
    told = timeline(sale="60.00")

    assert [(one["period_start"], one["charge_on"], one["amount"]) for one in told] == [
        ("2024-02-29", "2024-02-29", "60.00"),
        ("2025-02-28", "2025-02-14", "120.00"),
        ("2026-02-28", "2026-02-14", "120.00"),
        ("2027-02-28", "2027-02-14", "120.00"),
        ("2028-02-29", "2028-02-15", "120.00"),
        ("2029-02-28", "2029-02-14", "120.00"),
    ]


def test_each_entry_says_what_when_how_much_and_why():
    purchase, renewal, *_ = timeline(sale="60.00")

    assert purchase == {
        "period_start": "2024-02-29",
        "period_end": "2025-02-28",
        "charge_on": "2024-02-29",
        "amount": "60.00",
        "currency": "USD",
        "price_reason": "sale price, first year",
        "date_reason": "the day of the purchase",
    }
    assert renewal["price_reason"] == "standard price"
    assert renewal["date_reason"] == "14 days before the period ends on Feb. 28, 2025"


def test_a_monthly_plan_has_twelve_periods_at_the_sale_price():
    told = timeline(
        cycle="monthly", start="2024-01-31", sale="6", standard="12", until="2025-03-01"
    )

    assert [one["amount"] for one in told] == ["6.00"] * 12 + ["12.00"] * 2
    assert [one["period_start"] for one in told[:3]] == ["2024-01-31", "2024-02-29", "2024-03-31"]


@pytest.mark.parametrize("cycle", ["2-year", "3-year"])
def test_the_first_term_of_a_longer_plan_is_wholly_at_the_sale_price(cycle):
    first, second = timeline(cycle=cycle, sale="60", until="2027-02-28")[:2]

    assert (first["amount"], second["amount"]) == ("60.00", "120.00")


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("cycle", [Cycle.YEARLY, Cycle.TWO_YEAR, Cycle.THREE_YEAR])
def test_every_kind_is_charged_its_lead_before_the_period_ends(kind, cycle):
    renewal = timeline(kind=kind.value, cycle=cycle.value, start="2024-06-15")[1]

    ends, charged = (date.fromisoformat(renewal[k]) for k in ("period_start", "charge_on"))
    assert (ends - charged).days == CHARGE_LEADS[kind].days(cycle)


def test_a_mailbox_by_the_month_is_never_charged_before_the_running_period_began():
    told = timeline(kind="business_email", cycle="monthly", start="2024-01-31", until="2024-03-01")

    assert [one["charge_on"] for one in told] == ["2024-01-31", "2024-01-31", "2024-03-01"]


@pytest.mark.parametrize(("until", "charges"), [("2025-02-13", 1), ("2025-02-14", 2)])
def test_the_last_day_asked_for_is_in_the_list(until, charges):
    assert len(timeline(until=until)) == charges


def test_an_amount_is_rounded_half_up_to_the_currencys_own_unit():
    [purchase] = timeline(standard="0.5", currency="JPY", until="2024-03-01")

    assert Decimal(purchase["amount"]) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "domain", "cycle": "monthly"},
        {"currency": "XYZ0"},
        {"kind": "hosting"},
        {"cycle": "weekly"},
        {"standard": "-1"},
        {"standard": "much"},
        {"start": "2024-02-30"},
    ],
)
def test_what_makes_no_sense_is_refused_in_words(wrong):
    with pytest.raises(CommandError):
        timeline(**wrong)
