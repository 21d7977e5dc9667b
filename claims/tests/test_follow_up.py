"""Exactly one follow-up after a week of silence, and a lapse after a month of it."""

from datetime import date, timedelta

import pytest

from claims.actions.follow_up import follow_up_due, lapse_due
from claims.actions.submit import withdraw
from claims.errors import AlreadyClaimedError
from claims.models import Claim, ClaimState, Verdict
from portal.lib import clock
from portal.mail.models import MailState, Message
from portal.testing import builders as make
from portal.testing.races import at_once, begun, not_yet_committed

pytestmark = pytest.mark.django_db

SUBMITTED = date(2026, 6, 15)
FOLLOW_UP_ON = date(2026, 6, 22)
LAPSES_ON = date(2026, 7, 15)
A_DAY = timedelta(days=1)


@pytest.fixture
def claim() -> Claim:
    return make.claim_submitted(on=SUBMITTED)


def live(day: date) -> None:
    """What the job of claims does on that day."""
    with clock.frozen(day):
        lapse_due(at=make.noon(day))
        follow_up_due(on=day)


def follow_ups() -> int:
    return Message.objects.filter(kind="claims/follow_up").count()


# --- The follow-up -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "sent"), [(FOLLOW_UP_ON - A_DAY, 0), (FOLLOW_UP_ON, 1), (FOLLOW_UP_ON + A_DAY, 1)]
)
def test_a_follow_up_goes_out_after_a_week(claim, on, sent) -> None:
    live(on)

    assert follow_ups() == sent


def test_a_follow_up_goes_to_who_was_asked_even_if_the_address_has_changed(claim) -> None:
    claim.client.email = "new@bakery.example"
    claim.client.save()

    live(FOLLOW_UP_ON)

    mail = Message.objects.get(kind="claims/follow_up")
    assert mail.to == claim.request.sent_to == "carol@bakery.example"


def test_there_is_exactly_one_however_often_the_job_runs(claim) -> None:
    for days in range(23):
        live(FOLLOW_UP_ON + days * A_DAY)
        live(FOLLOW_UP_ON + days * A_DAY)

    assert follow_ups() == 1
    claim.request.refresh_from_db()
    assert claim.request.follow_up_due_on is None
    assert claim.request.follow_up_mail == Message.objects.get(kind="claims/follow_up")


@pytest.mark.parametrize("verdict", list(Verdict))
def test_after_an_answer_there_is_none(claim, verdict) -> None:
    make.answered(claim=claim, verdict=verdict, on=FOLLOW_UP_ON - A_DAY)

    live(FOLLOW_UP_ON)

    assert follow_ups() == 0


def test_after_a_withdrawal_there_is_none(claim) -> None:
    withdraw(claim, by=claim.submitted_by, at=make.noon(FOLLOW_UP_ON - A_DAY))

    live(FOLLOW_UP_ON)

    assert follow_ups() == 0


def test_a_request_that_never_arrived_is_not_followed_up(claim) -> None:
    Message.objects.filter(pk=claim.request.mail_id).update(state=MailState.FAILED)

    live(FOLLOW_UP_ON)

    claim.request.refresh_from_db()
    assert follow_ups() == 0
    assert claim.request.follow_up_due_on is None


def test_when_the_job_slept_for_a_month_the_claim_lapses_without_one(claim) -> None:
    live(LAPSES_ON)

    assert follow_ups() == 0


def test_an_answer_withholds_a_follow_up_still_in_the_queue(claim) -> None:
    live(FOLLOW_UP_ON)

    make.answered(claim=claim, on=FOLLOW_UP_ON)

    assert Message.objects.get(kind="claims/follow_up").state == MailState.WITHHELD


def test_many_are_followed_up_in_one_run(monkeypatch) -> None:
    monkeypatch.setattr("claims.actions.follow_up.BATCH", 2)
    studio = make.enrolled()
    for _ in range(5):
        make.claim_submitted(account=studio, on=SUBMITTED)

    assert follow_up_due(on=FOLLOW_UP_ON) == follow_ups() == 5


# --- The lapse -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "state"),
    [
        (LAPSES_ON - A_DAY, ClaimState.AWAITING),
        (LAPSES_ON, ClaimState.LAPSED),
        (LAPSES_ON + A_DAY, ClaimState.LAPSED),
    ],
)
def test_a_request_without_an_answer_lapses_after_a_month(claim, on, state) -> None:
    live(on)

    claim.refresh_from_db()
    assert claim.state == state


def test_the_partner_is_told_of_a_lapse_once(claim) -> None:
    for days in range(3):
        live(LAPSES_ON + days * A_DAY)

    mail = Message.objects.get(kind="claims/lapsed")
    assert mail.to == "alice@studio.example"


def test_an_answered_claim_does_not_lapse(claim) -> None:
    make.answered(claim=claim, on=LAPSES_ON - A_DAY)

    live(LAPSES_ON)

    claim.refresh_from_db()
    assert claim.state == ClaimState.APPROVED


def test_many_lapse_in_one_run(monkeypatch) -> None:
    monkeypatch.setattr("claims.actions.follow_up.BATCH", 2)
    studio = make.enrolled()
    for _ in range(5):
        make.claim_submitted(account=studio, on=SUBMITTED)

    assert lapse_due(at=make.noon(LAPSES_ON)) == 5


def test_a_lapsed_site_can_be_claimed_again_the_next_year(claim) -> None:
    live(LAPSES_ON)

    with pytest.raises(AlreadyClaimedError):
        make.claim_submitted(account=claim.account, site=claim.site, on=date(2026, 12, 31))
    again = make.claim_submitted(account=claim.account, site=claim.site, on=date(2027, 1, 1))

    assert again.state == ClaimState.AWAITING


# --- At once -------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_two_schedulers_send_one_follow_up(self) -> None:
        make.claim_submitted(on=SUBMITTED)

        sent = at_once(*[lambda: follow_up_due(on=FOLLOW_UP_ON)] * 2)

        assert sorted(sent) == [0, 1]
        assert follow_ups() == 1

    def test_an_answer_just_being_given_keeps_the_follow_up_back(self) -> None:
        claim = make.claim_submitted(on=SUBMITTED)

        with not_yet_committed(lambda: make.answered(claim=claim, on=FOLLOW_UP_ON)):
            running = begun(lambda: follow_up_due(on=FOLLOW_UP_ON))
        running.result()
        follow_up_due(on=FOLLOW_UP_ON)

        assert follow_ups() == 0

    def test_an_answer_just_being_given_keeps_the_claim_from_lapsing(self) -> None:
        claim = make.claim_submitted(on=SUBMITTED)

        with not_yet_committed(lambda: make.answered(claim=claim, on=LAPSES_ON)):
            running = begun(lambda: lapse_due(at=make.noon(LAPSES_ON)))
        running.result()
        lapse_due(at=make.noon(LAPSES_ON))

        claim.refresh_from_db()
        assert claim.state == ClaimState.APPROVED
