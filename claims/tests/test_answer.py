"""A client's answer, its change of mind, and the points that follow."""

from datetime import date, timedelta

import pytest

from claims.actions.answer import Said, answer
from claims.actions.follow_up import lapse_due
from claims.actions.submit import withdraw
from claims.errors import AnswerFinalError, NotAnswerableError
from claims.models import Answer, Claim, ClaimState, DeclineReason, Verdict
from partners.actions.points import attribute
from partners.models import Account, ContributorApproval, PointsEntry, Standing
from portal.mail.models import Message
from portal.testing import builders as make
from portal.testing.races import at_once

pytestmark = pytest.mark.django_db

SUBMITTED = date(2026, 6, 15)
ANSWERED = date(2026, 6, 18)
LAST_DAY = date(2026, 7, 2)  # two weeks after the answer
A_DAY = timedelta(days=1)

APPROVE, DECLINE = Verdict.APPROVE, Verdict.DECLINE


@pytest.fixture
def claim() -> Claim:
    return make.claim_submitted(on=SUBMITTED)


def points(account: Account) -> int:
    standing = Standing.objects.filter(account=account, programme_year=2026).first()
    return standing.points if standing else 0


# --- Answering -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verdict", "state"), [(APPROVE, ClaimState.APPROVED), (DECLINE, ClaimState.DECLINED)]
)
def test_an_answer_decides_the_claim(claim, verdict, state) -> None:
    make.answered(claim=claim, verdict=verdict, on=ANSWERED)

    claim.refresh_from_db()
    assert (claim.state, claim.state_since) == (state, make.noon(ANSWERED))


def test_an_answer_keeps_who_gave_it_when_and_why(claim) -> None:
    said = Said(
        verdict=DECLINE,
        name="Carol Baker",
        reason=DeclineReason.WRONG_SITE,
        comment="You mean the other one",
        ip_address="192.0.2.1",
        user_agent="Browser" * 100,
    )

    given = answer(claim.request, said, at=make.noon(ANSWERED))

    assert (given.ordinal, given.verdict, given.reason) == (1, DECLINE, DeclineReason.WRONG_SITE)
    assert (given.answered_by, given.comment) == ("Carol Baker", "You mean the other one")
    assert (given.answered_on, given.ip_address) == (ANSWERED, "192.0.2.1")
    assert len(given.user_agent) == 300


def test_both_sides_are_told_of_an_answer(claim) -> None:
    make.answered(claim=claim, on=ANSWERED)

    told = Message.objects.exclude(kind="claims/request").values_list("kind", "to")
    assert set(told) == {
        ("claims/answer_receipt", "carol@bakery.example"),
        ("claims/answered", "alice@studio.example"),
    }


def test_the_same_answer_again_changes_nothing(claim) -> None:
    first = make.answered(claim=claim, on=ANSWERED)
    mails = Message.objects.count()

    again = make.answered(claim=claim, on=ANSWERED + A_DAY)

    assert again == first
    assert Message.objects.count() == mails


# --- Changing one's mind -------------------------------------------------------------------------


@pytest.mark.parametrize("on", [ANSWERED, LAST_DAY - A_DAY, LAST_DAY])
@pytest.mark.parametrize(("first", "then"), [(APPROVE, DECLINE), (DECLINE, APPROVE)])
def test_an_answer_can_be_changed_for_two_weeks(claim, first, then, on) -> None:
    make.answered(claim=claim, verdict=first, on=ANSWERED)

    changed = make.answered(claim=claim, verdict=then, on=on)

    claim.refresh_from_db()
    assert (changed.ordinal, claim.answers.count()) == (2, 2)
    assert claim.state == (ClaimState.APPROVED if then == APPROVE else ClaimState.DECLINED)


@pytest.mark.parametrize(("first", "then"), [(APPROVE, DECLINE), (DECLINE, APPROVE)])
def test_after_two_weeks_an_answer_is_final(claim, first, then) -> None:
    make.answered(claim=claim, verdict=first, on=ANSWERED)

    with pytest.raises(AnswerFinalError) as refusal:
        make.answered(claim=claim, verdict=then, on=LAST_DAY + A_DAY)

    assert refusal.value.until == LAST_DAY
    assert claim.answers.count() == 1


def test_the_two_weeks_count_from_the_first_answer(claim) -> None:
    make.answered(claim=claim, verdict=DECLINE, on=ANSWERED)
    make.answered(claim=claim, verdict=APPROVE, on=LAST_DAY)

    with pytest.raises(AnswerFinalError):
        make.answered(claim=claim, verdict=DECLINE, on=LAST_DAY + A_DAY)


def test_an_answer_may_be_changed_back(claim) -> None:
    for verdict in (APPROVE, DECLINE, APPROVE):
        make.answered(claim=claim, verdict=verdict, on=ANSWERED)

    assert list(claim.answers.values_list("ordinal", "verdict")) == [
        (3, APPROVE),
        (2, DECLINE),
        (1, APPROVE),
    ]


# --- Nothing to answer ---------------------------------------------------------------------------


def test_a_withdrawn_claim_cannot_be_answered(claim) -> None:
    withdraw(claim, by=claim.submitted_by, at=make.noon(SUBMITTED))

    with pytest.raises(NotAnswerableError):
        make.answered(claim=claim, on=ANSWERED)


def test_a_lapsed_claim_cannot_be_answered(claim) -> None:
    lapse_due(at=make.noon(date(2026, 7, 15)))

    with pytest.raises(NotAnswerableError):
        make.answered(claim=claim, on=date(2026, 7, 15))


def test_until_it_has_lapsed_a_claim_is_answered_however_late(claim) -> None:
    make.answered(claim=claim, on=date(2026, 7, 14))

    claim.refresh_from_db()
    assert claim.state == ClaimState.APPROVED


# --- Points --------------------------------------------------------------------------------------


def test_approval_alone_brings_no_points(claim) -> None:
    make.answered(claim=claim, on=ANSWERED)

    attribute(on=date(2026, 12, 31))

    assert points(claim.account) == 0


def test_a_site_upgraded_earlier_this_year_counts_from_the_approval(claim) -> None:
    make.event(site=claim.site, on=date(2026, 2, 1))
    make.answered(claim=claim, on=ANSWERED)

    attribute(on=ANSWERED)

    assert points(claim.account) == 100


def test_an_event_of_the_year_before_does_not_count(claim) -> None:
    make.event(site=claim.site, on=date(2025, 12, 31))
    make.answered(claim=claim, on=ANSWERED)

    attribute(on=ANSWERED)

    assert points(claim.account) == 0


def test_a_renewal_after_the_approval_counts_after_its_two_weeks(claim) -> None:
    make.answered(claim=claim, on=ANSWERED)
    make.event(site=claim.site, on=date(2026, 10, 1))

    attribute(on=date(2026, 10, 14))
    before = points(claim.account)
    attribute(on=date(2026, 10, 15))

    assert (before, points(claim.account)) == (0, 100)


def test_a_declined_claim_brings_nothing(claim) -> None:
    make.event(site=claim.site, on=date(2026, 2, 1))
    make.answered(claim=claim, verdict=DECLINE, on=ANSWERED)

    attribute(on=date(2026, 12, 31))

    assert not PointsEntry.objects.filter(account=claim.account).exists()


def test_points_follow_the_answer_in_force(claim) -> None:
    make.event(site=claim.site, on=date(2026, 2, 1))
    seen = []

    for day, verdict in enumerate((APPROVE, DECLINE, APPROVE, DECLINE)):
        make.answered(claim=claim, verdict=verdict, on=ANSWERED + day * A_DAY)
        attribute(on=ANSWERED + day * A_DAY)
        seen.append(points(claim.account))

    assert seen == [100, 0, 100, 0]
    kinds = PointsEntry.objects.filter(account=claim.account).order_by("id")
    assert [entry.kind for entry in kinds] == ["credit", "reversal", "credit", "reversal"]


def test_a_claim_of_december_answered_in_january_counts_for_the_old_year() -> None:
    claim = make.claim_submitted(on=date(2026, 12, 20))
    make.event(site=claim.site, on=date(2026, 12, 10))

    make.answered(claim=claim, on=date(2027, 1, 10))
    attribute(on=date(2027, 1, 10))

    assert points(claim.account) == 100


# --- At once -------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_yes_and_no_at_once_leave_one_answer_in_force_and_the_points_with_it() -> None:
    claim = make.claim_submitted(on=SUBMITTED)
    yes = Said(verdict=APPROVE, name="Carol")
    no = Said(verdict=DECLINE, name="Carol", reason=DeclineReason.OTHER)

    at_once(
        lambda: answer(claim.request, yes, at=make.noon(ANSWERED)),
        lambda: answer(claim.request, no, at=make.noon(ANSWERED)),
    )

    claim.refresh_from_db()
    latest = Answer.objects.latest("ordinal")
    assert Answer.objects.count() == 2
    assert claim.state == (
        ClaimState.APPROVED if latest.verdict == APPROVE else ClaimState.DECLINED
    )
    in_force = ContributorApproval.objects.filter(ended_on=None).exists()
    assert in_force is (latest.verdict == APPROVE)
