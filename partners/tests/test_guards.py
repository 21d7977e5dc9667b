"""What the database itself refuses of accounts, sites and the programme, tried with raw SQL."""

from datetime import date
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from partners.actions.points import void_event
from partners.models import (
    CreditInForce,
    PendingMembership,
    PointsDue,
    PointsEntry,
    PointValue,
    ProgrammeYear,
    Rank,
    Standing,
)
from partners.models.points import VoidReason
from portal.testing import builders as make
from portal.testing.assertions import (
    NEVER_CHANGES,
    delete_row,
    insert_like,
    refused,
    run,
    set_columns,
)

pytestmark = pytest.mark.django_db


# --- Accounts and people -------------------------------------------------------------------------


@pytest.mark.parametrize("currency", ["usd", "US", "", "U5D"])
def test_an_account_has_an_iso_currency(currency) -> None:
    studio = make.studio()

    with refused("account_currency_is_iso"):
        set_columns(studio, currency=currency)


@pytest.mark.parametrize("country", ["gb", "G", ""])
def test_an_account_has_an_iso_country(country) -> None:
    studio = make.studio()

    with refused("account_country_is_iso"):
        set_columns(studio, country=country)


def test_an_account_has_a_name() -> None:
    studio = make.studio()

    with refused("account_has_name"):
        set_columns(studio, name="")


def test_a_person_sits_in_an_account_once() -> None:
    seat = make.member(account=make.studio())

    with refused("membership_unique"):
        insert_like(seat, role="billing")


def test_a_seat_has_a_known_role() -> None:
    seat = make.member(account=make.studio())

    with refused("membership_role_known"):
        set_columns(seat, role="emperor")


def test_a_seat_waits_for_an_address_once_whatever_its_case() -> None:
    seat = PendingMembership.objects.create(
        account=make.studio(), email="bob@studio.example", role="member"
    )

    with refused("pending_membership_unique"):
        insert_like(seat, email="BOB@studio.example")
    with refused("pending_membership_role_known"):
        set_columns(seat, role="emperor")


# --- Sites ---------------------------------------------------------------------------------------


def test_an_address_is_one_sites() -> None:
    site = make.site()

    with refused("partners_site_address"):
        insert_like(site, platform_ref=None)


@pytest.mark.parametrize(
    "address",
    [
        "Example.com",
        "https://example.com",
        "example.com/",
        "example.com/shop/",
        "example.com:8000",
        "example.com/?a=1",
        "example.com/#top",
        "exam ple.com",
        "",
    ],
)
def test_an_address_is_normalised(address) -> None:
    site = make.site()

    with refused("site_address_normalised"):
        set_columns(site, address=address)


@pytest.mark.parametrize("address", ["example.com", "example.com/Shop/a", "xn--bcher-kva.example"])
def test_a_normalised_address_is_taken(address) -> None:
    assert set_columns(make.site(), address=address) == 1


JANUARY: dict[str, Any] = {"from_on": date(2026, 1, 1), "to_on": date(2026, 1, 31)}


@pytest.mark.parametrize(
    "other",
    [
        JANUARY,
        {"from_on": date(2026, 1, 31), "to_on": date(2026, 2, 5)},  # the last day is inclusive
        {"from_on": date(2025, 12, 1), "to_on": date(2026, 1, 1)},
        {"from_on": date(2025, 1, 1), "to_on": None},
    ],
)
def test_spells_of_a_contributor_do_not_overlap(other) -> None:
    spell = make.contributor(account=make.studio(), site=make.clients_site(), **JANUARY)

    with refused("contributor_spells_do_not_overlap"):
        insert_like(spell, **other)


def test_spells_of_a_contributor_may_follow_each_other() -> None:
    spell = make.contributor(account=make.studio(), site=make.clients_site(), **JANUARY)

    insert_like(spell, from_on=date(2025, 12, 1), to_on=date(2025, 12, 31))
    insert_like(spell, from_on=date(2026, 2, 1), to_on=None)


def test_several_accounts_may_contribute_to_a_site_at_once() -> None:
    spell = make.contributor(account=make.studio(), site=make.clients_site(), **JANUARY)

    assert insert_like(spell, account_id=make.account(owner="Charlie").pk) == 1


def test_a_spell_ends_no_earlier_than_it_begins() -> None:
    spell = make.contributor(account=make.studio(), site=make.clients_site(), **JANUARY)

    with refused("contributor_dates_in_order"):
        set_columns(spell, to_on=date(2025, 12, 31))


def test_one_approval_is_in_force_for_an_account_and_a_site() -> None:
    make.programme()
    approval = make.approved(account=make.studio(), site=make.clients_site())

    with refused("one_approval_in_force"):
        insert_like(approval)
    assert insert_like(approval, ended_on=make.TODAY) == 1


# --- The programme -------------------------------------------------------------------------------


def test_the_programme_is_one_row() -> None:
    make.programme()

    with refused("programme_single_row"):
        run("INSERT INTO partners_programme (id, opens_on) VALUES (2, '2026-01-01')")
    with refused("partners_programme_pkey"):
        run("INSERT INTO partners_programme (id, opens_on) VALUES (1, '2026-01-01')")


@pytest.mark.parametrize(("closes_on", "is_refused"), [("2026-12-31", True), ("2027-01-01", False)])
def test_a_year_closes_after_it_is_over(closes_on, is_refused) -> None:
    make.programme()
    year = ProgrammeYear.objects.get(year=2026)

    if is_refused:
        with refused("programme_year_closes_after_it"):
            set_columns(year, closes_on=closes_on)
    else:
        assert set_columns(year, closes_on=closes_on) == 1


def test_the_ladder_of_a_year_has_each_step_once_and_starts_at_zero() -> None:
    make.programme()
    second = Rank.objects.get(programme_year_id=2026, level=2)

    with refused("rank_level_unique"):
        insert_like(second, threshold_points=1500)
    with refused("rank_threshold_unique"):
        insert_like(second, level=9)
    with refused("rank_ladder_starts_at_zero"):
        set_columns(second, threshold_points=0)
    with refused("rank_ladder_starts_at_zero"):
        run("UPDATE partners_rank SET threshold_points = 5 WHERE level = 1")


def test_a_year_values_each_relation_and_product_once() -> None:
    make.programme()
    value = PointValue.objects.get(programme_year_id=2026, relation="owner")

    with refused("point_value_unique"):
        insert_like(value)
    with refused("point_value_positive"):
        set_columns(value, points=0)
    with refused("point_value_relation_known"):
        set_columns(value, relation="cousin")


def test_an_enrolment_is_written_once_and_never_changes() -> None:
    enrolment = make.enrolled().enrolment

    with refused("partners_enrolment_account_id"):
        insert_like(enrolment)
    with refused(NEVER_CHANGES):
        set_columns(enrolment, enrolled_on=date(2025, 1, 1))
    with refused(NEVER_CHANGES):
        delete_row(enrolment)


# --- Events --------------------------------------------------------------------------------------


def test_an_event_is_known_by_its_source_and_never_changes() -> None:
    make.programme()
    event = make.event(site=make.site(), source="period:1")

    with refused("partners_qualifyingevent_source"):
        insert_like(event)
    with refused("event_kind_known"):
        insert_like(event, source="period:2", kind="admired")
    with refused(NEVER_CHANGES):
        set_columns(event, occurs_on=date(2025, 1, 1))
    with refused(NEVER_CHANGES):
        delete_row(event)


def test_an_event_is_voided_once_and_for_good() -> None:
    make.programme()
    event = make.event(site=make.site())
    void_event(event, reason=VoidReason.REFUND, on=make.TODAY)

    with refused("partners_eventvoid_event_id"):
        insert_like(event.void)
    with refused(NEVER_CHANGES):
        set_columns(event.void, reason="chargeback")
    with refused(NEVER_CHANGES):
        delete_row(event.void)


def test_an_account_decides_on_an_event_once() -> None:
    event = make.event(site=make.site(account=make.enrolled()))
    due = PointsDue.objects.get(event=event)

    with refused("points_due_unique"):
        insert_like(due, relation="contributor")


# --- The ledger ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [{"points": 1000}, {"note": "x"}, {"credited_on": date(2025, 1, 1)}, {"site_id": None}],
)
def test_a_line_of_the_ledger_never_changes(change) -> None:
    entry = make.credited()

    with refused(NEVER_CHANGES):
        set_columns(entry, **change)


def test_a_line_of_the_ledger_is_never_deleted() -> None:
    make.credited()

    with refused(NEVER_CHANGES):
        run("DELETE FROM partners_pointsentry")


def test_a_site_is_credited_to_an_account_once_a_year() -> None:
    entry = make.credited()

    with refused("one_credit_a_site_and_year"):
        insert_like(entry)


def test_two_credits_of_one_site_and_year_are_refused_in_one_statement_too() -> None:
    entry = make.credited()
    make.refunded(entry=entry)

    with refused("one_credit_a_site_and_year"):
        run(
            "INSERT INTO partners_pointsentry (account_id, programme_year_id, kind, points,"
            " credited_on, site_id, event_id, relation, rule_id, note, created_at)"
            " SELECT account_id, programme_year_id, kind, points, credited_on, site_id, event_id,"
            " relation, rule_id, note, created_at FROM partners_pointsentry, generate_series(1, 2)"
            " WHERE kind = 'credit'"
        )


def test_after_a_reversal_the_site_can_be_credited_again() -> None:
    entry = make.credited()
    make.refunded(entry=entry)

    assert insert_like(entry) == 1
    assert CreditInForce.objects.get().entry_id != entry.pk


def test_a_credit_is_reversed_once() -> None:
    entry = make.credited()
    make.refunded(entry=entry)

    with refused("partners_pointsentry_reverses_id"):
        insert_like(PointsEntry.objects.get(kind="reversal"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"points": 0},
        {"points": -100},
        {"site_id": None},
        {"event_id": None},
        {"rule_id": None},
        {"relation": ""},
        {"kind": "gift"},
        {"kind": "reversal", "points": -100},  # of nothing
        {"kind": "adjustment"},  # without a note, entered by nobody
        {"kind": "adjustment", "note": "because"},
    ],
)
def test_a_line_of_the_ledger_is_whole(wrong) -> None:
    entry = make.credited()

    with refused("entry_is_whole"):
        insert_like(entry, **wrong)


def test_an_adjustment_names_who_entered_it_and_why() -> None:
    entry = make.credited()
    dana = make.person(name="Dana")
    whole = {"kind": "adjustment", "points": -30, "note": "Counted twice", "entered_by_id": dana.pk}

    assert insert_like(entry, **whole) == 1
    assert Standing.objects.get().points == 70
    with refused("entry_is_whole"):
        insert_like(entry, **{**whole, "points": 0})


def test_a_year_has_one_standing_for_an_account() -> None:
    make.credited()

    with refused("standing_unique"):
        insert_like(Standing.objects.get())


class TestStanding(TestCase):
    """A standing equals the sum of its ledger, whoever inserts and however many lines at once."""

    LINES = st.lists(
        st.tuples(st.sampled_from([2025, 2026]), st.integers(0, 1), st.integers(-500, 500)),
        min_size=1,
        max_size=6,
    )

    @settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
    @given(statements=st.lists(LINES, min_size=1, max_size=3))
    def test_a_standing_is_the_sum_of_its_ledger_after_any_inserts(self, statements) -> None:
        make.programme()
        accounts = [make.account(), make.account(owner="Charlie")]
        dana = make.person(name="Dana")

        for lines in statements:
            PointsEntry.objects.bulk_create(
                PointsEntry(
                    account=accounts[whose],
                    programme_year_id=year,
                    kind="adjustment",
                    points=points or 1,
                    credited_on=make.TODAY,
                    note="Test",
                    entered_by=dana,
                )
                for year, whose, points in lines
            )

        sums = PointsEntry.objects.order_by().values_list("account", "programme_year")
        standings = Standing.objects.values_list("account", "programme_year", "points")
        assert set(sums.annotate(points=Sum("points"))) == set(standings)


def test_a_ladder_goes_up() -> None:
    make.programme()

    with transaction.atomic():
        Rank.objects.filter(programme_year=2026, level=2).update(threshold_points=2500)
        with pytest.raises(ProgrammingError, match="each rank needs more points"):
            connection.check_constraints()
        transaction.set_rollback(True)
