"""What becomes of a claim while people leave, contributions end and sites move."""

from datetime import date, timedelta

import pytest

from claims.actions.answer import Said, answer
from claims.actions.end_moved import end_moved
from claims.actions.follow_up import follow_up_due, lapse_due
from claims.actions.submit import withdraw
from claims.errors import NotAnswerableError
from claims.models import Claim, ClaimState, Verdict
from claims.tasks import follow_up_claims
from partners.models import Contributor, ContributorApproval, Membership
from partners.roles import Role
from partners.tests.telling import told, words
from portal.lib import clock
from portal.mail.models import Message
from portal.testing import builders as make
from portal.testing.builders import TODAY, noon

pytestmark = pytest.mark.django_db

A_DAY = timedelta(days=1)
WEEK_LATER = TODAY + 7 * A_DAY


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


@pytest.fixture
def claim() -> Claim:
    site = make.site(account=make.bakery(), address="bakery.example")
    return make.claim_submitted(site=site)


def moved(claim: Claim, *, to: str = "Charlie") -> Claim:
    """The site sits in another account from now on: Charlie's, or the claimant's own."""
    holder = claim.account if to == "Alice" else make.account(name="New owner", owner=to)
    make.moved(site=claim.site, to=holder)
    return Claim.objects.get(pk=claim.pk)


def ended(claim: Claim, *, on: date = TODAY) -> Claim:
    with clock.frozen(on):
        end_moved(at=noon(on))
    claim.refresh_from_db()
    return claim


# --- A site that moves while its client is asked ------------------------------------------------


@pytest.mark.parametrize("to", ["Charlie", "Alice"])
def test_an_open_claim_on_a_site_that_moved_ends(claim, to) -> None:
    gone = ended(moved(claim, to=to))

    assert (gone.state, gone.state_since) == (ClaimState.MOVED, noon(TODAY))
    assert gone.request.follow_up_due_on is None


def test_a_claim_on_a_site_that_stays_goes_on(claim) -> None:
    assert ended(claim).state == ClaimState.AWAITING


@pytest.mark.parametrize("verdict", list(Verdict))
def test_an_answered_claim_stays_as_it_was_answered_when_the_site_moves(claim, verdict) -> None:
    make.answered(claim=claim, verdict=verdict)
    before = Claim.objects.get(pk=claim.pk).state

    assert ended(moved(claim)).state == before
    assert ContributorApproval.objects.filter(ended_on=None).exists() == (before == "approved")


def test_a_claim_with_our_team_ends_too(claim) -> None:
    Claim.objects.filter(pk=claim.pk).update(state=ClaimState.WITH_STAFF)

    assert ended(moved(claim)).state == ClaimState.MOVED


def test_who_was_asked_cannot_answer_for_a_site_that_is_theirs_no_more(claim) -> None:
    request = moved(claim).request

    with pytest.raises(NotAnswerableError):
        answer(request, Said(verdict=Verdict.APPROVE, name="Carol"), at=noon(TODAY))


def test_who_answered_before_the_move_may_still_change_the_answer(claim) -> None:
    make.answered(claim=claim)
    moved(claim)

    make.answered(claim=claim, verdict=Verdict.DECLINE, on=TODAY + A_DAY)

    assert not ContributorApproval.objects.filter(ended_on=None).exists()


def test_who_was_asked_is_not_reminded_of_a_site_that_is_theirs_no_more(claim) -> None:
    moved(claim)

    with clock.frozen(WEEK_LATER):
        reminded = follow_up_due(on=WEEK_LATER)
        done = follow_up_claims()

    assert reminded == 0
    assert done == {"claims ended": 1, "claims lapsed": 0, "follow-ups": 0}
    assert told("claims/follow_up") == []


def test_the_new_client_is_asked_when_the_site_is_claimed_anew_in_the_same_year(claim) -> None:
    ended(moved(claim))

    again = make.claim_submitted(account=claim.account, site=claim.site)

    assert again.client.name == "New owner"
    assert again.request.sent_to == "charlie@elsewhere.example"
    assert Message.objects.filter(kind="claims/request").count() == 2


def test_the_partner_is_told_once_that_it_ended_and_can_be_claimed_anew(claim) -> None:
    moved(claim)

    counts = [end_moved(at=noon(TODAY)), end_moved(at=noon(TODAY))]

    assert counts == [1, 0]
    assert told("claims/moved") == ["alice@studio.example"]
    assert "You can claim it again at once" in words("claims/moved")
    assert f"/claims/{claim.ref}/" in words("claims/moved")


def test_the_partner_is_told_that_an_own_site_earns_without_a_claim(claim) -> None:
    ended(moved(claim, to="Alice"))

    assert "in your own account now" in words("claims/moved")


def test_an_approved_site_that_came_into_the_claimants_own_account_earns_as_its_own(claim) -> None:
    make.answered(claim=claim)
    moved(claim, to="Alice")

    event = make.event(site=claim.site, on=TODAY)

    [due] = event.due.filter(account=claim.account)
    assert due.relation == "owner"


# --- Contributors --------------------------------------------------------------------------------


@pytest.mark.parametrize("last_day", [TODAY, TODAY + A_DAY])
def test_a_contribution_that_ends_after_the_claim_leaves_it_open(claim, last_day) -> None:
    Contributor.objects.filter(site=claim.site).update(to_on=last_day)

    make.answered(claim=claim, on=TODAY + 2 * A_DAY)

    approval = ContributorApproval.objects.get(ended_on=None)
    assert approval.account == claim.account


def test_an_approval_outlives_the_contribution(claim) -> None:
    make.answered(claim=claim)
    Contributor.objects.filter(site=claim.site).update(to_on=TODAY)

    event = make.event(site=claim.site, on=TODAY + 100 * A_DAY)

    earners = set(event.due.values_list("account", flat=True))
    assert claim.account_id in earners


# --- Members who left ----------------------------------------------------------------------------


@pytest.fixture
def left(claim) -> Claim:
    """Alice submitted it and has left; Bob owns the account now."""
    make.member(account=claim.account, name="Bob", role=Role.OWNER)
    Membership.objects.filter(account=claim.account, user=claim.submitted_by).delete()
    return claim


def test_a_claim_of_somebody_who_left_is_followed_up_and_answered(left) -> None:
    with clock.frozen(WEEK_LATER):
        assert follow_up_due(on=WEEK_LATER) == 1

    make.answered(claim=left, on=WEEK_LATER)

    left.refresh_from_db()
    assert left.state == ClaimState.APPROVED


def test_a_claim_of_somebody_who_left_lapses_without_a_mail_to_anyone(left) -> None:
    lapse_due(at=noon(TODAY + 30 * A_DAY))

    left.refresh_from_db()
    assert left.state == ClaimState.LAPSED
    assert told("claims/lapsed") == []


def test_a_claim_of_somebody_who_left_is_withdrawn_by_who_stays(left) -> None:
    withdraw(left, by=make.person(name="Bob"), at=noon(TODAY))

    left.refresh_from_db()
    assert left.withdrawal.withdrawn_by.name == "Bob"


def test_who_has_left_the_team_may_be_asked_as_a_client(left) -> None:
    alices = make.account(name="Alice’s own", owner="Alice")
    type(left.account).objects.filter(pk=left.account_id).update(email="hello@studio.example")

    claim = make.claim_submitted(account=left.account, site=make.site(account=alices))

    assert claim.state == ClaimState.AWAITING
    assert claim.request.sent_to == "alice@studio.example"
