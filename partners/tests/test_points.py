"""Told twice, in any order, or at once: the ledger comes out the same."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from partners.actions.approvals import end_approval
from partners.actions.points import BATCH, EventTold, attribute, record_events, void_event
from partners.models import (
    Account,
    CreditInForce,
    PointsDue,
    PointsEntry,
    ProgrammeYear,
    QualifyingEvent,
    Site,
    Standing,
)
from partners.models.points import VoidReason
from partners.rules import EventKind
from portal.testing import builders as make
from portal.testing.races import at_once, begun, not_yet_committed

EVENT_ON = date(2026, 6, 15)
LANDS_ON = date(2026, 6, 29)


def told(site: Site, source: str, *, on: date = EVENT_ON) -> EventTold:
    return EventTold(
        source=source,
        site_id=site.pk,
        kind=EventKind.RENEWED,
        occurs_on=on,
        paid_on=on,
        product_code="premium",
    )


def in_force() -> set[tuple[int, int, int, date]]:
    """Account, site, year and event date of every credit that stands."""
    rows = CreditInForce.objects.values_list(
        "account_id", "site_id", "programme_year_id", "event__occurs_on"
    )
    return set(rows)


# --- Twice ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_event_told_twice_is_one_event() -> None:
    site = make.site(account=make.enrolled())

    record_events([told(site, "period:1")], on=EVENT_ON)
    record_events([told(site, "period:1"), told(site, "period:1")], on=EVENT_ON)

    assert QualifyingEvent.objects.count() == PointsDue.objects.count() == 1


@pytest.mark.django_db
def test_an_event_told_again_differently_stays_as_it_was_told_first() -> None:
    site = make.site(account=make.enrolled())
    record_events([told(site, "period:1")], on=EVENT_ON)

    record_events([told(site, "period:1", on=date(2026, 1, 1))], on=EVENT_ON)

    assert QualifyingEvent.objects.get().occurs_on == EVENT_ON


@pytest.mark.django_db
def test_an_event_told_again_after_its_credit_earns_nothing_more() -> None:
    site = make.site(account=make.enrolled())
    record_events([told(site, "period:1")], on=EVENT_ON)
    attribute(on=LANDS_ON)

    record_events([told(site, "period:1")], on=LANDS_ON)
    attribute(on=LANDS_ON)

    assert PointsEntry.objects.count() == 1


@pytest.mark.django_db
def test_attributing_twice_credits_once() -> None:
    make.event(site=make.site(account=make.enrolled()), on=EVENT_ON)

    first, second = attribute(on=LANDS_ON), attribute(on=LANDS_ON)

    assert first == {"credits": 1, "points": 100}
    assert second == {"credits": 0, "points": 0}
    assert Standing.objects.get().points == 100


@pytest.mark.django_db
def test_a_run_with_nothing_due_is_one_question() -> None:
    make.event(site=make.site(account=make.enrolled()), on=EVENT_ON)

    with CaptureQueriesContext(connection) as queries:
        attribute(on=LANDS_ON - timedelta(days=1))

    assert len([q for q in queries if "SAVEPOINT" not in q["sql"]]) == 2  # the lock and the batch


@pytest.mark.django_db
def test_a_run_costs_the_same_for_many_events_as_for_one() -> None:
    studio = make.enrolled()
    for _ in range(30):
        make.event(site=make.site(account=studio), on=EVENT_ON)

    with CaptureQueriesContext(connection) as queries:
        attribute(on=LANDS_ON)

    assert len([q for q in queries if "SAVEPOINT" not in q["sql"]]) == 2
    assert PointsEntry.objects.count() == 30
    assert BATCH > 30


# --- In any order --------------------------------------------------------------------------------


class TestOrder(TestCase):
    """Events of two sites, some refunded, told in any order with runs in between."""

    DAYS = [date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1), date(2027, 1, 1)]
    STEPS = st.permutations(
        [("tell", n) for n in range(8)] + [("void", 1), ("void", 5), ("run", 0), ("run", 1)]
    )

    @settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
    @given(steps=STEPS)
    def test_the_credits_in_force_do_not_depend_on_the_order(self, steps) -> None:
        studio = make.enrolled()
        sites = [make.site(account=studio), make.site(account=studio)]
        events = [told(sites[n % 2], f"e:{n}", on=self.DAYS[n // 2]) for n in range(8)]

        self._live(events, steps)

        # Events 1 and 5 (the second site's first and third) are refunded; one credit stands for
        # each site and year, of an event that was not.
        assert {row[:3] for row in in_force()} == {
            (studio.pk, site.pk, year) for site in sites for year in (2026, 2027)
        }
        assert not CreditInForce.objects.filter(event__void__isnull=False).exists()
        assert {s.programme_year_id: s.points for s in Standing.objects.all()} == {
            2026: 200,
            2027: 200,
        }

    @settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
    @given(order=st.permutations(range(8)))
    def test_told_in_any_order_before_the_run_the_ledger_is_the_same(self, order) -> None:
        studio = make.enrolled()
        sites = [make.site(account=studio), make.site(account=studio)]
        events = [told(sites[n % 2], f"e:{n}", on=self.DAYS[n // 2]) for n in range(8)]

        for n in order:
            record_events([events[n]], on=events[n].paid_on)
        attribute(on=date(2027, 1, 15))

        assert in_force() == {
            (studio.pk, site.pk, day.year, day)
            for site in sites
            for day in (self.DAYS[0], self.DAYS[3])
        }

    @staticmethod
    def _live(events: list[EventTold], steps: list[tuple[str, int]]) -> None:
        voided = set()
        for step, n in steps:
            if step == "tell":
                record_events([events[n]], on=events[n].paid_on)
            elif step == "void":
                voided.add(f"e:{n}")
            else:
                attribute(on=date(2027, 1, 10))
            for event in QualifyingEvent.objects.filter(source__in=voided):
                void_event(event, reason=VoidReason.REFUND, on=event.occurs_on)
        attribute(on=date(2027, 1, 15))


# --- At once -------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_two_runs_at_once_credit_once(self) -> None:
        studio = make.enrolled()
        for _ in range(5):
            make.event(site=make.site(account=studio), on=EVENT_ON)

        runs = at_once(lambda: attribute(on=LANDS_ON), lambda: attribute(on=LANDS_ON))

        assert sum(run["credits"] for run in runs) == 5
        assert Standing.objects.get().points == 500

    def test_the_same_event_told_by_two_at_once_is_one_event(self) -> None:
        site = make.site(account=make.enrolled())

        at_once(*[lambda: record_events([told(site, "period:1")], on=EVENT_ON)] * 2)

        assert QualifyingEvent.objects.count() == PointsDue.objects.count() == 1

    def test_a_refund_during_a_run_leaves_no_credit(self) -> None:
        event = make.event(site=make.site(account=make.enrolled()), on=EVENT_ON)

        def refund() -> None:
            void_event(event, reason=VoidReason.REFUND, on=LANDS_ON)

        with not_yet_committed(refund):
            run = begun(lambda: attribute(on=LANDS_ON))
        run.result()

        assert not CreditInForce.objects.exists()
        assert not Standing.objects.filter(points__gt=0).exists()

    def test_a_run_during_a_refund_is_reversed(self) -> None:
        event = make.event(site=make.site(account=make.enrolled()), on=EVENT_ON)

        def refund() -> None:
            void_event(event, reason=VoidReason.REFUND, on=LANDS_ON)

        with not_yet_committed(lambda: attribute(on=LANDS_ON)):
            waiting = begun(refund)
        waiting.result()

        assert not CreditInForce.objects.exists()
        assert Standing.objects.get().points == 0

    def test_an_approval_taken_back_during_a_run_leaves_no_credit(self) -> None:
        studio, site = make.enrolled(), make.clients_site()
        make.approved(account=studio, site=site)
        make.event(site=site, on=EVENT_ON)

        with not_yet_committed(lambda: end_approval(account=studio, site=site, on=LANDS_ON)):
            run = begun(lambda: attribute(on=LANDS_ON))
        run.result()

        assert not CreditInForce.objects.exists()

    def test_a_run_while_an_account_joins_leaves_nothing_out(self) -> None:
        make.programme()
        latecomer = make.studio()
        make.event(site=make.site(account=latecomer), on=EVENT_ON)

        with not_yet_committed(lambda: make.enrolled(account=latecomer, on=LANDS_ON)):
            early = begun(lambda: attribute(on=LANDS_ON))
        early.result()
        attribute(on=LANDS_ON)

        assert Standing.objects.get().points == 100

    def test_a_run_while_a_site_moves_credits_one_owner(self) -> None:
        site = make.site(account=make.enrolled())
        client = make.enrolled(account=make.bakery())
        ProgrammeYear.objects.update(waiting_days=0)
        make.event(site=site, on=EVENT_ON)

        with not_yet_committed(lambda: make.moved(site=site, to=client, on=EVENT_ON)):
            run = begun(lambda: attribute(on=EVENT_ON))
        run.result()

        assert [credit.account for credit in CreditInForce.objects.all()] == [client]


REASONS = ("join", "approve", "move", "void")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_told_first", [True, False])
@pytest.mark.parametrize("reason", REASONS)
def test_an_event_told_beside_a_new_reason_for_points_is_not_lost(reason, is_told_first) -> None:
    make.programme()
    earner, site = make.studio(), make.clients_site()
    give_reason = new_reason(reason, earner=earner, site=site)
    tell = partial(record_events, [told(site, "period:1")], on=EVENT_ON)
    first, second = (tell, give_reason) if is_told_first else (give_reason, tell)

    with not_yet_committed(first):
        other = begun(second)
    other.result()
    attribute(on=LANDS_ON)

    assert CreditInForce.objects.get(account=earner).event.source == "period:1"


def new_reason(reason: str, *, earner: Account, site: Site) -> Callable[[], object]:
    """What lets the account earn the site's event of that day; the rest of it is there already."""
    if reason != "join":
        make.enrolled(account=earner)
    if reason in {"join", "void"}:
        make.approved(account=earner, site=site, on=EVENT_ON)
    match reason:
        case "join":
            return partial(make.enrolled, account=earner, on=EVENT_ON)
        case "approve":
            return partial(make.approved, account=earner, site=site, on=EVENT_ON)
        case "move":
            return partial(make.moved, site=site, to=earner, on=EVENT_ON)
    paid_back = make.event(site=site, on=date(2026, 5, 1))
    attribute(on=EVENT_ON)
    return partial(void_event, paid_back, reason=VoidReason.REFUND, on=EVENT_ON)
