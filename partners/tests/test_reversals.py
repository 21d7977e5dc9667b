"""Money that goes back: no credit, or a reversal, and another event in its place."""

from datetime import date, timedelta

import pytest

from partners.actions.points import attribute, void_event
from partners.models import Account, EventVoid, PointsDue, PointsEntry
from partners.models.points import VoidReason
from partners.tests.ledger import ledger, points
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

A_DAY = timedelta(days=1)
EVENT_ON = date(2026, 6, 15)
LANDS_ON = date(2026, 6, 29)


@pytest.fixture
def studio() -> Account:
    return make.enrolled()


def test_a_refund_in_the_waiting_period_leaves_no_trace_in_the_ledger(studio) -> None:
    event = make.event(site=make.site(account=studio), on=EVENT_ON)

    void_event(event, reason=VoidReason.REFUND, on=LANDS_ON - A_DAY)
    attribute(on=LANDS_ON)

    assert ledger(studio) == []
    assert not PointsDue.objects.exists()


@pytest.mark.parametrize("reason", list(VoidReason))
def test_money_that_goes_back_later_adds_a_reversal_in_the_same_year(studio, reason) -> None:
    event = make.event(site=make.site(account=studio), on=date(2026, 12, 20))
    attribute(on=date(2027, 1, 3))

    void_event(event, reason=reason, on=date(2027, 3, 1))

    assert ledger(studio) == [("credit", 100, 2026), ("reversal", -100, 2026)]
    assert points(studio) == 0


def test_a_reversal_names_what_it_reverses(studio) -> None:
    entry = make.credited(site=make.site(account=studio))

    make.refunded(entry=entry, on=date(2026, 8, 1))

    reversal = PointsEntry.objects.get(kind="reversal")
    assert (reversal.reverses, reversal.points) == (entry, -entry.points)
    assert (reversal.event, reversal.credited_on) == (entry.event, date(2026, 8, 1))


def test_voiding_twice_reverses_once(studio) -> None:
    entry = make.credited(site=make.site(account=studio))

    make.refunded(entry=entry, on=date(2026, 8, 1))
    make.refunded(entry=entry, on=date(2026, 8, 2), reason=VoidReason.CHARGEBACK)

    assert ledger(studio) == [("credit", 100, 2026), ("reversal", -100, 2026)]
    assert EventVoid.objects.get().reason == VoidReason.REFUND


def test_another_event_of_the_year_takes_the_place_of_a_voided_one(studio) -> None:
    site = make.site(account=studio)
    first, second = make.event(site=site, on=EVENT_ON), make.event(site=site, on=date(2026, 7, 15))
    attribute(on=date(2026, 7, 29))

    void_event(first, reason=VoidReason.REFUND, on=date(2026, 8, 1))
    attribute(on=date(2026, 8, 1))

    assert points(studio) == 100
    assert PointsEntry.objects.latest("id").event == second


def test_everyone_who_earned_by_a_voided_event_gives_it_back(studio) -> None:
    site = make.clients_site()
    client = make.enrolled(account=site.account)
    make.approved(account=studio, site=site)
    event = make.event(site=site, on=EVENT_ON)
    attribute(on=LANDS_ON)

    void_event(event, reason=VoidReason.CHARGEBACK, on=date(2026, 8, 1))

    assert (points(client), points(studio)) == (0, 0)


def test_a_voided_event_does_not_come_back_with_a_later_approval_or_joining() -> None:
    make.programme()
    latecomer, site = make.studio(), make.clients_site()
    event = make.event(site=site, on=EVENT_ON)
    void_event(event, reason=VoidReason.REFUND, on=EVENT_ON)

    make.approved(account=latecomer, site=site, on=date(2026, 8, 1))
    make.enrolled(account=latecomer, on=date(2026, 8, 2))
    attribute(on=date(2026, 9, 1))

    assert ledger(latecomer) == []
