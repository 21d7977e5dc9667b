"""Our team answers in the client's stead, where the client's mail would come to the claimant."""

from datetime import timedelta

import pytest

from claims.actions.answer_in_stead import answer_in_stead
from claims.actions.submit import withdraw
from claims.errors import NotWithStaffError
from claims.models import Claim, ClaimState, Verdict
from partners.models import ContributorApproval
from partners.tests.telling import told, words
from portal.lib import clock
from portal.testing import builders as make
from portal.testing.builders import TODAY, noon
from portal.testing.races import at_once

pytestmark = pytest.mark.django_db

A_DAY = timedelta(days=1)
LETTER = "claims/answered_by_staff"


def with_our_team() -> Claim:
    """Alice's studio claims a site whose address on record is Alice's own."""
    studio = make.enrolled()
    client = make.account(name="Alice’s other one", owner="Charlie", email=studio.email)
    return make.claim_submitted(
        account=studio, site=make.site(account=client, address="bakery.example")
    )


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


@pytest.fixture
def claim() -> Claim:
    return with_our_team()


def decided(claim: Claim, verdict: Verdict, *, reason: str = "Looked into it") -> None:
    dana = make.person(name="Dana")
    answer_in_stead(claim, verdict=verdict, reason=reason, by=dana, at=noon(TODAY))
    claim.refresh_from_db()


def test_what_our_team_approves_counts_from_that_year_on(claim) -> None:
    decided(claim, Verdict.APPROVE)

    approval = ContributorApproval.objects.get()
    assert claim.state == ClaimState.APPROVED
    assert (approval.account, approval.site) == (claim.account, claim.site)
    assert (approval.from_year, approval.approved_on) == (2026, TODAY)


def test_what_our_team_refuses_counts_for_nothing(claim) -> None:
    decided(claim, Verdict.DECLINE)

    assert claim.state == ClaimState.REFUSED
    assert not ContributorApproval.objects.exists()


@pytest.mark.parametrize("verdict", list(Verdict))
def test_who_and_when_and_why_are_kept(claim, verdict) -> None:
    decided(claim, verdict, reason="Seen the contract")

    given = claim.staff_answer
    assert (given.verdict, given.reason) == (verdict, "Seen the contract")
    assert (given.answered_by.name, given.answered_at) == ("Dana", noon(TODAY))


def test_the_partner_reads_the_reason_and_what_follows_from_a_yes(claim) -> None:
    make.event(site=claim.site, on=TODAY - 4 * A_DAY)

    decided(claim, Verdict.APPROVE, reason="Seen the contract")

    text = words(LETTER)
    assert "Why: Seen the contract" in text
    assert "lands on June 25, 2026" in text
    assert f"/claims/{claim.ref}/" in text


def test_the_partner_reads_the_reason_of_a_no_and_from_when_to_claim_again(claim) -> None:
    decided(claim, Verdict.DECLINE, reason="Another agency looks after it")

    text = words(LETTER)
    assert "Another agency looks after it" in text
    assert "can be claimed again from Jan. 1, 2027" in text


def test_the_client_is_not_told_of_it_for_that_is_the_partner(claim) -> None:
    decided(claim, Verdict.APPROVE)

    assert told(LETTER) == ["alice@studio.example"]
    assert told("claims/request") == told("claims/answer_receipt") == []


@pytest.mark.parametrize("verdict", list(Verdict))
def test_it_is_decided_once(claim, verdict) -> None:
    decided(claim, Verdict.APPROVE)

    with pytest.raises(NotWithStaffError):
        decided(claim, verdict)


def test_what_waits_for_its_client_is_not_our_teams_to_answer() -> None:
    with pytest.raises(NotWithStaffError):
        decided(make.claim_submitted(), Verdict.APPROVE)


def test_what_was_withdrawn_is_not_decided_any_more(claim) -> None:
    withdraw(claim, by=claim.submitted_by, at=noon(TODAY))

    with pytest.raises(NotWithStaffError):
        decided(claim, Verdict.APPROVE)


def test_the_queue_holds_what_is_to_be_decided_and_nothing_else(claim) -> None:
    make.claim_submitted(account=claim.account, site=make.site(account=make.bakery()))

    before = list(Claim.objects.with_staff())
    decided(claim, Verdict.DECLINE)

    assert before == [claim]
    assert not Claim.objects.with_staff().exists()


def test_a_refused_site_can_be_claimed_again_the_next_year(claim) -> None:
    decided(claim, Verdict.DECLINE)
    next_year = TODAY.replace(year=2027, month=1, day=1)

    again = make.claim_submitted(account=claim.account, site=claim.site, on=next_year)

    assert again.state == ClaimState.WITH_STAFF


@pytest.mark.django_db(transaction=True)
def test_yes_and_no_of_two_at_once_are_one_answer() -> None:
    with clock.frozen(TODAY):
        claim = with_our_team()
    dana, erin = make.person(name="Dana"), make.person(name="Erin")

    def say(verdict, by):
        return answer_in_stead(claim, verdict=verdict, reason="Looked", by=by, at=noon(TODAY))

    results = at_once(lambda: say(Verdict.APPROVE, dana), lambda: say(Verdict.DECLINE, erin))

    assert [type(result) for result in results].count(NotWithStaffError) == 1
    claim.refresh_from_db()
    assert (claim.state == ClaimState.APPROVED) == (claim.staff_answer.verdict == Verdict.APPROVE)
