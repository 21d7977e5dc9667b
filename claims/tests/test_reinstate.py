"""Staff put a wrong decline right: with a reason, once, and with what should have been credited."""

from datetime import date, timedelta

import pytest

from claims.actions.reinstate import reinstate
from claims.errors import NotAnswerableError, NotDeclinedError
from claims.models import Claim, ClaimState, Reinstatement, Verdict
from partners.actions.points import attribute
from partners.models import PointsEntry
from portal.mail.models import Message
from portal.testing import builders as make
from portal.testing.races import at_once

pytestmark = pytest.mark.django_db

SUBMITTED = date(2026, 6, 15)
DECLINED = date(2026, 6, 18)
PUT_RIGHT = date(2026, 9, 1)


@pytest.fixture
def declined() -> Claim:
    claim = make.claim_submitted(on=SUBMITTED)
    make.answered(claim=claim, verdict=Verdict.DECLINE, on=DECLINED)
    return claim


def put_right(claim: Claim, *, on: date = PUT_RIGHT) -> Reinstatement:
    reinstated = reinstate(
        claim, by=make.person(name="Dana"), reason="Declined by accident", at=make.noon(on)
    )
    claim.refresh_from_db()
    return reinstated


def test_a_reinstated_claim_is_approved_and_says_who_and_why(declined) -> None:
    reinstated = put_right(declined)

    assert declined.state == ClaimState.APPROVED
    assert reinstated.reinstated_by == make.person(name="Dana")
    assert reinstated.reason == "Declined by accident"
    assert reinstated.answer == declined.answers.get()


def test_what_should_have_been_credited_is(declined) -> None:
    make.event(site=declined.site, on=date(2026, 2, 1))
    make.event(site=declined.site, on=date(2025, 2, 1))

    put_right(declined)
    attribute(on=PUT_RIGHT)

    entry = PointsEntry.objects.get(account=declined.account)
    assert (entry.points, entry.programme_year_id, entry.credited_on) == (100, 2026, PUT_RIGHT)


def test_put_right_after_the_year_has_closed_it_still_brings_what_the_decline_took() -> None:
    claim = make.claim_submitted(on=date(2026, 12, 10))
    make.event(site=claim.site, on=date(2026, 12, 20))
    make.answered(claim=claim, verdict=Verdict.DECLINE, on=date(2026, 12, 15))

    put_right(claim, on=date(2027, 2, 1))
    attribute(on=date(2027, 2, 1))

    entry = PointsEntry.objects.get(account=claim.account)
    assert (entry.points, entry.programme_year_id) == (100, 2026)


def test_what_is_still_to_come_lands_in_its_time(declined) -> None:
    put_right(declined)
    make.event(site=declined.site, on=date(2026, 10, 1))

    attribute(on=date(2026, 10, 14))
    before = PointsEntry.objects.count()
    attribute(on=date(2026, 10, 15))

    assert (before, PointsEntry.objects.count()) == (0, 1)


def test_both_sides_are_told(declined) -> None:
    put_right(declined)

    told = Message.objects.filter(kind__startswith="claims/reinstated")
    assert set(told.values_list("kind", "to")) == {
        ("claims/reinstated_client", "carol@bakery.example"),
        ("claims/reinstated_partner", "alice@studio.example"),
    }


def test_a_claim_is_put_right_once(declined) -> None:
    put_right(declined)

    with pytest.raises(NotDeclinedError):
        put_right(declined)

    assert Reinstatement.objects.count() == 1


@pytest.mark.parametrize("verdict", [None, Verdict.APPROVE])
def test_only_a_declined_claim_is_put_right(verdict) -> None:
    claim = make.claim_submitted(on=SUBMITTED)
    if verdict:
        make.answered(claim=claim, verdict=verdict, on=DECLINED)

    with pytest.raises(NotDeclinedError):
        put_right(claim)


def test_after_a_reinstatement_the_link_answers_nothing_any_more(declined) -> None:
    put_right(declined, on=DECLINED + timedelta(days=1))

    with pytest.raises(NotAnswerableError):
        make.answered(claim=declined, verdict=Verdict.DECLINE, on=DECLINED + timedelta(days=2))


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_put_it_right_once() -> None:
    claim = make.claim_submitted(on=SUBMITTED)
    make.answered(claim=claim, verdict=Verdict.DECLINE, on=DECLINED)
    dana = make.person(name="Dana")

    def click() -> Reinstatement:
        return reinstate(claim, by=dana, reason="A slip", at=make.noon(PUT_RIGHT))

    results = at_once(click, click)

    assert {type(result) for result in results} == {Reinstatement, NotDeclinedError}


def test_put_right_after_a_newer_claim_was_approved_the_older_year_still_earns() -> None:
    claim = make.claim_submitted(on=date(2026, 12, 10))
    make.event(site=claim.site, on=date(2026, 12, 20))
    make.answered(claim=claim, verdict=Verdict.DECLINE, on=date(2026, 12, 15))
    newer = make.claim_submitted(account=claim.account, site=claim.site, on=date(2027, 1, 20))
    make.answered(claim=newer, on=date(2027, 1, 25))

    put_right(claim, on=date(2027, 2, 1))
    attribute(on=date(2027, 2, 1))

    entry = PointsEntry.objects.get(account=claim.account)
    assert (entry.points, entry.programme_year_id) == (100, 2026)
