"""What became of a claim is told to who submitted it, while they are there and want to know."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.actions.follow_up import lapse_due
from claims.actions.reinstate import reinstate
from claims.models import Claim, Verdict
from partners.models import Choice, Membership
from partners.roles import Role
from partners.tests.telling import told, wants, words
from portal.lib import clock
from portal.mail.models import Message
from portal.testing import builders
from portal.testing.builders import TODAY, noon

pytestmark = pytest.mark.django_db

ALICE = "alice@studio.example"
LAPSES = TODAY + timedelta(days=30)
KINDS = ("claims/answered", "claims/lapsed", "claims/reinstated_partner")


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


@pytest.fixture
def claim() -> Claim:
    client = builders.bakery()
    return builders.claim_submitted(site=builders.site(account=client, address="bakery.example"))


def everything_becomes_of(claim: Claim) -> None:
    """It is declined, put right, and another one lapses."""
    builders.answered(claim=claim, verdict=Verdict.DECLINE)
    reinstate(claim, by=builders.person(name="Dana"), reason="A slip", at=noon(TODAY))
    builders.claim_submitted(account=claim.account, site=builders.site(account=claim.client))
    lapse_due(at=noon(LAPSES))


def test_who_submitted_it_is_told_of_every_end(claim):
    everything_becomes_of(claim)

    assert [told(kind) for kind in KINDS] == [[ALICE]] * 3


def test_who_turned_it_off_is_told_of_none(claim):
    wants("claims", Choice.OFF, account=claim.account)

    everything_becomes_of(claim)

    assert [told(kind) for kind in KINDS] == [[]] * 3
    assert told("claims/answer_receipt") == ["carol@bakery.example"]


def test_who_has_left_is_told_no_more_and_nobody_else_in_their_place(claim):
    builders.member(account=claim.account, name="Bob", role=Role.OWNER)
    Membership.objects.filter(account=claim.account, user=claim.submitted_by).delete()

    builders.answered(claim=claim)

    assert told("claims/answered") == []


def test_a_teammate_who_did_not_submit_it_is_not_told(claim):
    builders.member(account=claim.account, name="Bob")

    builders.answered(claim=claim)

    assert told("claims/answered") == [ALICE]


def test_a_changed_answer_is_told_again_and_the_same_one_is_not(claim):
    builders.answered(claim=claim, verdict=Verdict.DECLINE)
    builders.answered(claim=claim, verdict=Verdict.DECLINE)

    builders.answered(claim=claim)

    assert told("claims/answered") == [ALICE] * 2


def test_lapsing_twice_is_told_once(claim):
    counts = [lapse_due(at=noon(LAPSES)), lapse_due(at=noon(LAPSES))]

    assert counts == [1, 0]
    assert told("claims/lapsed") == [ALICE]


# --- What happens next ---------------------------------------------------------------------------


def test_a_yes_says_when_the_points_of_this_years_event_land(claim):
    builders.event(site=claim.site, on=TODAY - timedelta(days=4))

    builders.answered(claim=claim)

    assert "on their way: the event of June 11, 2026 lands on June 25, 2026" in words(KINDS[0])


def test_a_yes_to_a_site_that_renews_later_says_when_that_is(claim):
    with clock.frozen(TODAY - timedelta(days=300)):
        builders.subscription_bought(site=claim.site, on=TODAY - timedelta(days=300))

    builders.answered(claim=claim)

    assert "The next renewal is on Aug. 19, 2026" in words(KINDS[0])


def test_a_yes_to_a_site_without_a_plan_says_what_would_help(claim):
    builders.answered(claim=claim)

    assert "It has no premium plan. Upgrading it earns points." in words(KINDS[0])


def test_a_no_says_nothing_of_points_to_come(claim):
    builders.event(site=claim.site, on=TODAY - timedelta(days=4))

    builders.answered(claim=claim, verdict=Verdict.DECLINE)

    assert "on their way" not in words(KINDS[0])


# --- What it costs -------------------------------------------------------------------------------


def queries_to_lapse(count: int) -> int:
    for n in range(count):
        account = builders.account(name=f"Studio {n}", owner=f"Owner{count}-{n}")
        builders.claim_submitted(account=account)
    Message.objects.count()
    with CaptureQueriesContext(connection) as asked:
        lapse_due(at=noon(LAPSES))
    return len([query for query in asked if "partners_membership" in query["sql"]])


def test_who_is_told_of_many_lapses_is_asked_once():
    assert queries_to_lapse(1) == queries_to_lapse(20) == 1
