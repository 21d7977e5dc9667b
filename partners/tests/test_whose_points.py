"""Who is credited: the owner at the time, and contributors their client has approved."""

from datetime import date, timedelta

import pytest

from partners.actions.approvals import approve_contributor, end_approval
from partners.actions.points import attribute
from partners.models import Account, PointsEntry
from partners.tests.ledger import ledger, points
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

A_DAY = timedelta(days=1)
EVENT_ON = date(2026, 6, 15)
LANDS_ON = date(2026, 6, 29)


@pytest.fixture
def studio() -> Account:
    return make.enrolled()


def test_the_owner_at_the_time_of_the_event_keeps_it_after_the_site_moves(studio) -> None:
    site = make.site(account=studio)
    charlies = make.enrolled(account=make.account(owner="Charlie"))
    make.event(site=site, on=EVENT_ON)

    make.moved(site=site, to=charlies, on=EVENT_ON + A_DAY)
    attribute(on=LANDS_ON)

    assert (points(studio), points(charlies)) == (100, 0)


def test_after_the_move_the_new_owner_earns_the_next_event(studio) -> None:
    site = make.site(account=studio)
    charlies = make.enrolled(account=make.account(owner="Charlie"))
    make.event(site=site, on=EVENT_ON)
    make.moved(site=site, to=charlies, on=EVENT_ON + A_DAY)

    make.event(site=site, on=EVENT_ON + timedelta(days=31))
    attribute(on=date(2026, 12, 31))

    assert (points(studio), points(charlies)) == (100, 100)


def test_owner_and_two_contributors_are_all_credited(studio) -> None:
    site = make.clients_site()
    client, charlies = make.enrolled(account=site.account), make.account(owner="Charlie")
    make.enrolled(account=charlies)
    make.approved(account=studio, site=site)
    make.approved(account=charlies, site=site)

    make.event(site=site, on=EVENT_ON)
    attribute(on=LANDS_ON)

    assert [points(account) for account in (client, studio, charlies)] == [100, 100, 100]


def test_a_contributor_without_the_clients_approval_earns_nothing(studio) -> None:
    site = make.clients_site()
    make.contributor(account=studio, site=site)

    make.event(site=site, on=EVENT_ON)
    attribute(on=LANDS_ON)

    assert ledger(studio) == []


@pytest.mark.parametrize(
    ("approved_on", "lands_on"),
    [
        (date(2026, 3, 1), LANDS_ON),  # long before the event
        (date(2026, 6, 20), LANDS_ON),  # while it waits
        (date(2026, 9, 1), date(2026, 9, 1)),  # long after it
    ],
)
def test_a_contributors_points_land_after_the_waiting_period_and_the_approval(
    studio, approved_on, lands_on
) -> None:
    site = make.clients_site()
    if approved_on < EVENT_ON:
        make.approved(account=studio, site=site, on=approved_on)
        make.event(site=site, on=EVENT_ON)
    else:
        make.event(site=site, on=EVENT_ON)
        make.approved(account=studio, site=site, on=approved_on)

    attribute(on=lands_on - A_DAY)
    before = points(studio)
    attribute(on=lands_on)

    assert (before, points(studio)) == (0, 100)


def test_an_approval_brings_the_years_events_and_none_of_the_year_before(studio) -> None:
    site = make.clients_site()
    make.event(site=site, on=date(2025, 12, 31))
    make.event(site=site, on=date(2026, 1, 1))

    make.approved(account=studio, site=site, on=date(2026, 9, 1))
    attribute(on=date(2026, 9, 1))

    assert ledger(studio) == [("credit", 100, 2026)]


def test_an_event_of_an_earlier_year_told_after_the_approval_does_not_count() -> None:
    studio, site = make.enrolled(on=date(2025, 3, 1)), make.clients_site()
    make.approved(account=studio, site=site, on=date(2026, 1, 2))

    make.event(site=site, on=date(2025, 12, 31), paid_on=date(2026, 1, 5))
    attribute(on=date(2026, 1, 14))

    assert ledger(studio) == []


def test_an_approval_goes_on_in_the_years_after(studio) -> None:
    site = make.clients_site()
    make.approved(account=studio, site=site)

    make.event(site=site, on=date(2027, 6, 15))
    attribute(on=date(2027, 6, 29))

    assert points(studio, 2027) == 100


def test_the_end_of_an_approval_reverses_what_came_by_it(studio) -> None:
    site = make.clients_site()
    make.approved(account=studio, site=site)
    make.event(site=site, on=EVENT_ON)
    attribute(on=LANDS_ON)

    end_approval(account=studio, site=site, on=LANDS_ON + A_DAY)

    assert ledger(studio) == [("credit", 100, 2026), ("reversal", -100, 2026)]
    assert points(studio) == 0


def test_the_end_of_an_approval_stops_what_was_to_land(studio) -> None:
    site = make.clients_site()
    make.approved(account=studio, site=site)
    make.event(site=site, on=EVENT_ON)

    end_approval(account=studio, site=site, on=EVENT_ON + A_DAY)
    attribute(on=LANDS_ON)

    assert ledger(studio) == []


def test_the_end_of_an_approval_leaves_other_accounts_and_sites_alone(studio) -> None:
    site, another = make.clients_site(), make.clients_site()
    charlies = make.enrolled(account=make.account(owner="Charlie"))
    make.approved(account=studio, site=site)
    make.approved(account=studio, site=another)
    make.approved(account=charlies, site=site)
    make.event(site=site, on=EVENT_ON)
    make.event(site=another, on=EVENT_ON)
    attribute(on=LANDS_ON)

    end_approval(account=studio, site=site, on=LANDS_ON)

    assert (points(studio), points(charlies)) == (100, 100)


def test_approved_again_the_account_is_credited_again(studio) -> None:
    site = make.clients_site()
    make.approved(account=studio, site=site)
    make.event(site=site, on=EVENT_ON)
    attribute(on=LANDS_ON)
    end_approval(account=studio, site=site, on=LANDS_ON)

    approve_contributor(account=studio, site=site, from_year=2026, on=LANDS_ON + A_DAY)
    attribute(on=LANDS_ON + A_DAY)

    assert [kind for kind, _, _ in ledger(studio)] == ["credit", "reversal", "credit"]
    assert points(studio) == 100


def test_a_contributor_who_became_the_owner_keeps_an_event_of_its_own(studio) -> None:
    site = make.clients_site()
    make.approved(account=studio, site=site)
    make.event(site=site, on=EVENT_ON)
    make.moved(site=site, to=studio, on=EVENT_ON + A_DAY)
    make.event(site=site, on=EVENT_ON + timedelta(days=31))
    attribute(on=date(2026, 9, 1))

    end_approval(account=studio, site=site, on=date(2026, 9, 2))
    attribute(on=date(2026, 9, 2))

    assert list(PointsEntry.objects.filter(account=studio).values_list("relation", "points")) == [
        ("owner", 100),
        ("contributor", -100),
        ("contributor", 100),
    ]


def test_an_approval_put_right_for_an_older_year_reaches_back_to_it(studio) -> None:
    site = make.clients_site()
    make.event(site=site, on=date(2026, 12, 20))
    make.approved(account=studio, site=site, on=date(2027, 1, 4))

    approve_contributor(account=studio, site=site, from_year=2026, on=date(2027, 1, 8))
    attribute(on=date(2027, 1, 8))

    assert ledger(studio) == [("credit", 100, 2026)]
