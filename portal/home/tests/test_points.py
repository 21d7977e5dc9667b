"""Where are my points, and what is coming: for sites owned and claimed, from what has happened."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.actions.cancel import cancel
from billing.actions.renew import renew_due
from billing.models import Subscription
from billing.rules import Cycle, Kind
from claims.actions.follow_up import lapse_due
from claims.actions.reinstate import reinstate
from claims.actions.submit import withdraw
from claims.models import Claim, Verdict
from partners.actions.approvals import end_approval
from partners.actions.points import attribute, void_event
from partners.explanations import Explanation, Reason, State
from partners.models import Account, Site
from partners.models.points import VoidReason
from partners.rules import Relation
from partners.standings import standing_now
from portal.home.points import coming_points, explain_sites, sites_of
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 15)
A_DAY = timedelta(days=1)
BOUGHT = date(2025, 10, 1)
RENEWS = date(2026, 10, 1)
LANDS = date(2026, 10, 15)


@pytest.fixture
def studio() -> Account:
    """In the programme since last year."""
    return make.enrolled(on=date(2025, 1, 2))


@pytest.fixture
def site(studio) -> Site:
    return make.site(account=studio)


@pytest.fixture
def claim(studio) -> Claim:
    """Of today, for a site of Carol's that renews in October."""
    submitted = make.claim_submitted(account=studio, on=TODAY)
    bought_before(site=submitted.site)
    return submitted


def bought_before(*, on: date = BOUGHT, **what) -> Subscription:
    """A premium plan bought in an earlier year, whose points of that year have landed."""
    plan = make.subscription_bought(on=on, **what)
    attribute(on=on + timedelta(days=14))
    return plan


def explained(account: Account, *, on: date = TODAY) -> Explanation:
    """The answer for the only site there is."""
    [one] = explain_sites(account, list(sites_of(account)), on=on)
    return one


def dates(one: Explanation) -> tuple[date | None, date | None, int | None]:
    """Event, landing, year."""
    return one.event_on, one.lands_on, one.programme_year


# --- Sites of one's own: there, on their way, expected -------------------------------------------


def test_what_has_landed_is_credited(studio, site) -> None:
    make.credited(site=site, on=date(2026, 6, 1))

    one = explained(studio)

    assert (one.state, one.reason) == (State.CREDITED, Reason.CREDITED)
    assert dates(one) == (date(2026, 6, 1), TODAY, 2026)
    assert (one.points, one.relation) == (100, Relation.OWNER)


def test_what_is_paid_waits_and_says_when_it_lands(studio, site) -> None:
    make.subscription_bought(site=site, on=TODAY)

    one = explained(studio)

    assert (one.state, one.reason) == (State.WAITING, Reason.WAITING_PERIOD)
    assert dates(one) == (TODAY, date(2026, 6, 29), 2026)


def test_a_renewal_to_come_is_expected_and_says_what_it_would_bring(studio, site) -> None:
    bought_before(site=site)

    one = explained(studio)

    assert (one.state, one.reason) == (State.EXPECTED, Reason.NEXT_RENEWAL)
    assert dates(one) == (RENEWS, LANDS, 2026)


def test_of_two_events_that_land_on_one_day_the_earlier_is_said_to_come_and_comes(
    studio, site
) -> None:
    make.event(site=site, on=date(2026, 6, 1), paid_on=date(2026, 6, 15))
    make.event(site=site, on=date(2026, 5, 20), paid_on=date(2026, 6, 15))

    [said] = coming_points(studio, on=date(2026, 6, 14))
    attribute(on=TODAY)

    assert dates(explained(studio))[:2] == (said.occurs_on, said.lands_on)


def test_a_renewal_that_is_not_paid_yet_lands_today_at_the_earliest(studio, site) -> None:
    bought_before(site=site)
    long_after = LANDS + 10 * A_DAY

    in_time, late = explained(studio, on=LANDS - A_DAY), explained(studio, on=long_after)

    assert dates(in_time) == (RENEWS, LANDS, 2026)
    assert dates(late) == (RENEWS, long_after, 2026)


def test_a_renewal_of_next_year_is_expected_for_next_year(studio, site) -> None:
    bought_before(site=site, cycle=Cycle.TWO_YEAR, on=date(2025, 3, 1))

    one = explained(studio)

    assert one.reason is Reason.NEXT_RENEWAL
    assert dates(one) == (date(2027, 3, 1), date(2027, 3, 15), 2027)


def test_a_renewal_in_a_year_not_prepared_yet_is_expected_all_the_same(studio, site) -> None:
    make.subscription_bought(site=site, cycle=Cycle.THREE_YEAR, on=date(2026, 3, 1))
    attribute(on=date(2026, 3, 15))

    one = explained(studio, on=date(2027, 6, 15))

    assert (one.state, one.reason) == (State.EXPECTED, Reason.RENEWS_LATER)
    assert one.renews_on == date(2029, 3, 1)
    assert one.lands_on is None


def test_a_monthly_site_is_credited_by_its_first_event_of_the_year(studio, site) -> None:
    for month in (4, 5, 6):
        make.event(site=site, on=date(2026, month, 1))
    attribute(on=date(2026, 4, 15))

    one = explained(studio)

    assert dates(one) == (date(2026, 4, 1), date(2026, 4, 15), 2026)
    assert "A site earns once a year" in one.sentence


@pytest.mark.parametrize(
    ("on", "answer", "year"),
    [
        (date(2027, 1, 2), Reason.WAITING_PERIOD, 2026),  # the day before it lands
        (date(2027, 1, 3), Reason.NEXT_RENEWAL, 2027),
        (date(2027, 1, 4), Reason.NEXT_RENEWAL, 2027),
    ],
)
def test_decembers_event_is_on_its_way_in_january_and_then_last_years(
    studio, site, on, answer, year
) -> None:
    make.subscription_bought(site=site, on=date(2026, 12, 20))
    attribute(on=on)

    one = explained(studio, on=on)

    assert (one.reason, one.programme_year) == (answer, year)


# --- Sites of one's own: not counting ------------------------------------------------------------


def test_a_site_without_a_plan_says_so(studio, site) -> None:
    one = explained(studio)

    assert (one.state, one.reason) == (State.NOT_COUNTING, Reason.NO_PREMIUM_PLAN)
    assert dates(one) == (None, None, None)


def test_a_site_with_only_an_add_on_says_that_it_does_not_count(studio, site) -> None:
    make.subscription_bought(kind=Kind.MARKETING_SUITE, site=site, on=TODAY)

    one = explained(studio)

    assert one.reason is Reason.PRODUCT_DOES_NOT_COUNT


def test_an_add_on_beside_a_premium_plan_changes_nothing(studio, site) -> None:
    bought_before(site=site)
    make.subscription_bought(kind=Kind.MARKETING_SUITE, site=site, on=TODAY)

    one = explained(studio)

    assert dates(one) == (RENEWS, LANDS, 2026)


def test_a_cancelled_plan_says_when_it_ends(studio, site) -> None:
    plan = bought_before(site=site)
    cancel(plan, by=make.person(), at=make.noon(TODAY))

    one = explained(studio)

    assert one.reason is Reason.ENDS_WITHOUT_RENEWAL
    assert "ends on Oct. 1, 2026" in one.sentence


def test_a_cancelled_plan_keeps_what_it_earned_this_year(studio, site) -> None:
    plan = make.subscription_bought(site=site, on=date(2026, 3, 1))
    attribute(on=date(2026, 3, 15))
    cancel(plan, by=make.person(), at=make.noon(TODAY))

    one = explained(studio)

    assert one.reason is Reason.CREDITED


def test_an_event_of_last_year_does_not_count_this_year(studio, site) -> None:
    make.event(site=site, on=date(2025, 12, 1))
    attribute(on=date(2025, 12, 15))

    one = explained(studio)

    assert one.reason is Reason.LAST_YEAR
    assert "Dec. 1, 2025" in one.sentence


def test_an_event_refunded_while_it_waits_earns_nothing(studio, site) -> None:
    void_event(make.event(site=site, on=TODAY), reason=VoidReason.REFUND, on=TODAY + A_DAY)

    one = explained(studio, on=date(2026, 6, 29))

    assert (one.state, one.reason) == (State.NOT_COUNTING, Reason.REFUNDED)
    assert one.event_on == TODAY


def test_an_event_refunded_after_its_credit_earns_nothing_any_more(studio, site) -> None:
    make.refunded(entry=make.credited(site=site, on=date(2026, 5, 1)), on=TODAY)

    one = explained(studio)

    assert (one.state, one.reason) == (State.NOT_COUNTING, Reason.REFUNDED)


def test_after_a_refund_another_event_of_the_year_takes_its_place(studio, site) -> None:
    entry = make.credited(site=site, on=date(2026, 5, 1))
    make.event(site=site, on=date(2026, 6, 10))
    make.refunded(entry=entry, on=TODAY)

    one = explained(studio)

    assert one.reason is Reason.WAITING_PERIOD
    assert dates(one) == (date(2026, 6, 10), date(2026, 6, 24), 2026)


def test_money_that_came_after_the_year_had_closed_came_too_late(studio, site) -> None:
    make.event(site=site, on=date(2025, 12, 31), paid_on=date(2026, 1, 15))

    one = explained(studio)

    assert one.reason is Reason.YEAR_OVER


# --- Sites that moved ----------------------------------------------------------------------------


def test_a_site_that_moved_away_still_tells_what_it_brought(studio, site) -> None:
    make.credited(site=site, on=date(2026, 5, 1))

    make.moved(site=site, to=make.bakery(), on=TODAY)
    this_year, next_year = explained(studio), explained(studio, on=date(2027, 6, 15))

    assert (this_year.state, this_year.relation) == (State.CREDITED, Relation.OWNER)
    assert (next_year.state, next_year.reason) == (State.NOT_COUNTING, Reason.MOVED_AWAY)
    assert not next_year.can_upgrade


@pytest.mark.parametrize(
    ("moved_on", "old_owner", "new_owner"),
    [
        (RENEWS - A_DAY, Reason.MOVED_AWAY, Reason.WAITING_PERIOD),
        (RENEWS, Reason.MOVED_AWAY, Reason.WAITING_PERIOD),
        (RENEWS + A_DAY, Reason.WAITING_PERIOD, Reason.NEXT_RENEWAL),
    ],
)
def test_both_owners_are_told_whose_a_renewal_paid_ahead_is(
    studio, site, moved_on, old_owner, new_owner
) -> None:
    bought_before(site=site)
    renew_due(on=RENEWS - 14 * A_DAY)
    client = make.enrolled(account=make.bakery())

    make.moved(site=site, to=client, on=moved_on)

    assert explained(studio, on=moved_on).reason is old_owner
    assert explained(client, on=moved_on).reason is new_owner
    assert bool(coming(studio, on=moved_on)) is (old_owner is Reason.WAITING_PERIOD)


def test_the_new_owner_is_told_to_expect_the_next_renewal(studio, site) -> None:
    bought_before(site=site)
    client = make.enrolled(account=make.bakery())

    make.moved(site=site, to=client, on=TODAY)

    assert dates(explained(client)) == (RENEWS, LANDS, 2026)
    assert explained(studio).reason is Reason.MOVED_AWAY
    assert coming(studio) == []


# --- Joining -------------------------------------------------------------------------------------


def test_who_has_not_joined_is_told_what_joining_brings() -> None:
    make.programme()
    outsider = make.studio()
    make.event(site=make.site(account=outsider), on=date(2026, 5, 4))

    one = explained(outsider)

    assert (one.state, one.reason) == (State.NOT_COUNTING, Reason.NOT_JOINED)
    assert (one.event_on, one.points) == (date(2026, 5, 4), 100)


def test_who_has_not_joined_is_promised_the_next_renewal_not_last_years() -> None:
    make.programme()
    outsider = make.studio()
    bought_before(account=outsider)

    one = explained(outsider)

    assert (one.reason, one.event_on) == (Reason.NOT_JOINED, RENEWS)


def test_what_was_before_the_year_of_joining_does_not_count() -> None:
    make.programme()
    latecomer = make.studio()
    make.event(site=make.site(account=latecomer), on=date(2025, 12, 31))
    make.enrolled(account=latecomer, on=date(2026, 1, 2))

    one = explained(latecomer, on=date(2026, 1, 3))

    assert one.reason is Reason.BEFORE_JOINING


# --- Claims --------------------------------------------------------------------------------------


def test_a_claim_the_client_has_not_answered_stands_in_the_way(studio, claim) -> None:
    one = explained(studio)

    assert (one.state, one.reason) == (State.NOT_COUNTING, Reason.CLAIM_AWAITING)
    assert one.relation is Relation.CONTRIBUTOR


def test_a_declined_claim_stands_in_the_way(studio, claim) -> None:
    make.answered(claim=claim, verdict=Verdict.DECLINE)

    one = explained(studio)

    assert one.reason is Reason.CLAIM_DECLINED


def test_a_lapsed_claim_stands_in_the_way(studio, claim) -> None:
    lapse_due(at=make.noon(date(2026, 7, 15)))

    one = explained(studio, on=date(2026, 7, 15))

    assert one.reason is Reason.CLAIM_LAPSED


def test_a_withdrawn_claim_stands_in_the_way(studio, claim) -> None:
    withdraw(claim, by=claim.submitted_by, at=make.noon(TODAY))

    one = explained(studio)

    assert one.reason is Reason.CLAIM_WITHDRAWN


def test_an_approved_claim_brings_points_only_with_an_event(studio, claim) -> None:
    make.answered(claim=claim)

    one = explained(studio)

    assert (one.reason, one.relation) == (Reason.NEXT_RENEWAL, Relation.CONTRIBUTOR)
    assert dates(one) == (RENEWS, LANDS, 2026)


def test_an_approval_brings_the_years_event_on_the_day_it_is_given(studio) -> None:
    claim = make.claim_submitted(account=studio, on=TODAY)
    make.event(site=claim.site, on=date(2026, 2, 1))
    make.answered(claim=claim)

    before = explained(studio)
    attribute(on=TODAY)
    after = explained(studio)

    assert (before.reason, before.lands_on) == (Reason.WAITING_PERIOD, TODAY)
    assert (after.reason, after.lands_on) == (Reason.CREDITED, TODAY)


def test_an_approval_that_ended_makes_no_contributor_any_more(studio, claim) -> None:
    make.answered(claim=claim)
    end_approval(account=studio, site=claim.site, on=TODAY + A_DAY)

    one = explained(studio, on=TODAY + A_DAY)

    assert (one.state, one.reason) == (State.NOT_COUNTING, Reason.NOT_A_CONTRIBUTOR)
    assert "June 16, 2026" in one.sentence


def test_a_reinstated_claim_is_an_approved_one(studio, claim) -> None:
    make.answered(claim=claim, verdict=Verdict.DECLINE)
    reinstate(claim, by=make.person(name="Dana"), reason="A slip", at=make.noon(TODAY))

    one = explained(studio)

    assert one.reason is Reason.NEXT_RENEWAL


def test_of_two_claims_the_later_years_is_told(studio, claim) -> None:
    make.answered(claim=claim, verdict=Verdict.DECLINE)
    make.claim_submitted(account=studio, site=claim.site, on=date(2027, 2, 1))

    one = explained(studio, on=date(2027, 2, 1))

    assert one.reason is Reason.CLAIM_AWAITING


# --- Which sites ---------------------------------------------------------------------------------


def test_sites_owned_and_claimed_are_explained_in_the_order_given(studio, claim) -> None:
    own = make.site(account=studio, address="a.example")
    make.site(account=claim.client)

    sites = list(sites_of(studio))
    one_way, other_way = (explain_sites(studio, given, on=TODAY) for given in (sites, sites[::-1]))

    assert sites == [own, claim.site]
    assert [one.site for one in one_way] == sites
    assert [one.site for one in other_way] == sites[::-1]


def test_the_client_is_told_of_the_site_as_its_owner(studio, claim) -> None:
    make.enrolled(account=claim.client)

    one = explained(claim.client)

    assert (one.relation, one.reason) == (Relation.OWNER, Reason.NEXT_RENEWAL)


def test_explaining_costs_the_same_for_many_sites_as_for_one(studio, claim) -> None:
    bought_before(account=studio)
    few = list(sites_of(studio))
    for n in range(6):
        make.event(site=make.site(account=studio), on=TODAY - n * A_DAY)
        make.answered(claim=make.claim_submitted(account=studio, on=TODAY))

    counted = [
        queries(lambda sites=sites: explain_sites(studio, sites, on=TODAY))
        for sites in ([], few, list(sites_of(studio)))
    ]

    assert counted == [0, 5, 5]


def queries(ask) -> int:
    with CaptureQueriesContext(connection) as asked:
        ask()
    return len(asked)


# --- What is coming ------------------------------------------------------------------------------


def coming(account: Account, *, on: date = TODAY) -> list[tuple[date, date, int]]:
    """Event, landing and year of each, as listed."""
    listed = coming_points(account, on=on)
    return [(one.occurs_on, one.lands_on, one.programme_year) for one in listed]


def test_what_waits_and_what_renews_this_year_is_coming_soonest_first(studio) -> None:
    bought_before(account=studio)
    bought_before(account=studio, on=date(2025, 8, 1))
    make.subscription_bought(account=studio, on=TODAY)

    assert coming(studio) == [
        (TODAY, date(2026, 6, 29), 2026),
        (date(2026, 8, 1), date(2026, 8, 15), 2026),
        (RENEWS, LANDS, 2026),
    ]


def test_what_waits_takes_the_place_of_the_sites_next_renewal(studio, site) -> None:
    make.subscription_bought(site=site, cycle=Cycle.MONTHLY, on=date(2026, 6, 5))

    assert coming(studio) == [(date(2026, 6, 5), date(2026, 6, 19), 2026)]


def test_of_two_events_that_wait_for_a_site_the_first_to_land_is_coming(studio, site) -> None:
    make.event(site=site, on=date(2026, 6, 1), paid_on=date(2026, 7, 1))
    make.event(site=site, on=date(2026, 6, 10))

    assert coming(studio) == [(date(2026, 6, 10), date(2026, 6, 24), 2026)]


def test_a_site_credited_this_year_brings_nothing_more(studio, site) -> None:
    make.subscription_bought(site=site, cycle=Cycle.MONTHLY, on=date(2026, 5, 5))
    attribute(on=date(2026, 5, 19))

    assert coming(studio) == []


def test_what_renews_next_year_is_not_coming_this_year(studio) -> None:
    bought_before(account=studio, cycle=Cycle.TWO_YEAR, on=date(2025, 3, 1))

    assert coming(studio) == []
    assert coming(studio, on=date(2027, 1, 1)) == [(date(2027, 3, 1), date(2027, 3, 15), 2027)]


def test_in_january_decembers_points_are_coming_beside_this_years(studio, site) -> None:
    make.subscription_bought(site=site, on=date(2026, 12, 20))

    assert coming(studio, on=date(2027, 1, 2)) == [
        (date(2026, 12, 20), date(2027, 1, 3), 2026),
        (date(2027, 12, 20), date(2028, 1, 3), 2027),
    ]


def test_a_cancelled_plan_and_a_declined_claim_bring_nothing(studio, claim) -> None:
    plan = bought_before(account=studio)
    cancel(plan, by=make.person(), at=make.noon(TODAY))
    make.answered(claim=claim, verdict=Verdict.DECLINE)

    assert coming(studio) == []


def test_a_claimed_site_is_coming_once_its_client_has_approved(studio, claim) -> None:
    before = coming(studio)
    make.answered(claim=claim)

    assert before == []
    assert coming(studio) == [(RENEWS, LANDS, 2026)]


def test_nothing_is_coming_to_who_has_not_joined() -> None:
    make.programme()
    outsider = make.studio()
    bought_before(account=outsider)
    make.subscription_bought(account=outsider, on=TODAY)

    assert coming(outsider) == []


def test_asking_what_is_coming_costs_the_same_for_many_sites_as_for_one(studio) -> None:
    make.subscription_bought(account=studio, on=TODAY)
    few = queries(lambda: coming_points(studio, on=TODAY))
    for n in range(5):
        bought_before(account=studio, on=BOUGHT + n * A_DAY)

    many = queries(lambda: coming_points(studio, on=TODAY))

    assert few == many == 2


# --- Forecast ------------------------------------------------------------------------------------


def on_its_way(account: Account, *, landing: list[date]) -> None:
    for day in landing:
        make.event(site=make.site(account=account), on=day - timedelta(days=14))


def forecast(account: Account, *, on: date = TODAY) -> tuple[int, str | None, date | None]:
    """Points by the year's end, the rank they reach, and the day it is reached."""
    standing = standing_now(account, on=on, coming=coming_points(account, on=on))
    return standing.forecast, standing.on_track_name, standing.on_track_on


@pytest.mark.parametrize(
    ("sites", "expected"),
    [
        (9, (900, None, None)),
        (10, (1000, "Creator", date(2026, 6, 26))),
        (11, (1100, "Creator", date(2026, 6, 26))),
    ],
)
def test_the_forecast_says_which_rank_is_reached_and_when(studio, sites, expected) -> None:
    on_its_way(studio, landing=[date(2026, 6, 17) + n * A_DAY for n in range(sites)])

    assert forecast(studio) == expected


def test_the_forecast_adds_what_is_there_to_what_waits_and_renews(studio) -> None:
    on_its_way(studio, landing=[date(2026, 4, 1)] * 8)
    attribute(on=date(2026, 4, 1))
    on_its_way(studio, landing=[date(2026, 6, 20)])
    bought_before(account=studio)

    assert forecast(studio) == (1000, "Creator", LANDS)


def test_a_rank_that_is_reached_already_is_nothing_to_look_forward_to(studio) -> None:
    on_its_way(studio, landing=[date(2026, 4, 1)] * 10)
    attribute(on=date(2026, 4, 1))
    on_its_way(studio, landing=[date(2026, 6, 20)])

    assert forecast(studio) == (1100, None, None)


def test_what_december_brings_in_january_is_not_in_the_new_years_forecast(studio) -> None:
    on_its_way(studio, landing=[date(2027, 1, 10)] * 2)
    on_its_way(studio, landing=[date(2027, 1, 16)])

    assert forecast(studio, on=date(2027, 1, 9)) == (100, None, None)
