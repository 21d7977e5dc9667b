"""Requests that never arrive: no reminder, no unfair lapse, and asked again once."""

from datetime import date, timedelta

import pytest

from claims.actions.answer import Said, answer
from claims.actions.correct_address import Corrected, correct_address
from claims.actions.follow_up import follow_up_due, lapse_due
from claims.actions.submit import withdraw
from claims.errors import (
    ApproverOnOwnTeamError,
    AskedAgainError,
    ClaimsError,
    NotOpenError,
    WantsNoMailError,
    WasReachedError,
)
from claims.links import find_request, new_link
from claims.models import AddressCorrection, Claim, ClaimState, Verdict
from claims.queries import claims_of
from claims.timeline import timeline
from portal.lib import clock
from portal.mail.actions.hand_over import send_due
from portal.mail.models import MailEventKind, MailState, Message
from portal.testing import builders as make
from portal.testing.races import at_once, begun, not_yet_committed

pytestmark = pytest.mark.django_db

SUBMITTED = make.TODAY
FOLLOW_UP_ON = date(2026, 6, 22)
LAPSES_ON = date(2026, 7, 15)
CORRECTED = date(2026, 8, 3)
A_DAY = timedelta(days=1)
LOST = [MailEventKind.BOUNCED, MailEventKind.REJECTED]
NOT_LOST = [MailEventKind.DELIVERED, MailEventKind.SOFT_BOUNCED, MailEventKind.DEFERRED]


def live(day: date) -> None:
    """What the job of claims does on that day."""
    with clock.frozen(day):
        lapse_due(at=make.noon(day))
        follow_up_due(on=day)


def send(day: date) -> None:
    with clock.frozen(day):
        send_due(at=make.noon(day))


def follow_ups() -> list[Message]:
    return list(Message.objects.filter(kind="claims/follow_up").order_by("id"))


def asked(*, told: MailEventKind | None = None) -> Claim:
    """A claim whose request is out, and what its provider told of it."""
    claim = make.claim_submitted(on=SUBMITTED)
    Message.objects.filter(pk=claim.request.mail_id).update(
        state=MailState.SENT, sent_at=make.noon(SUBMITTED)
    )
    if told:
        make.mail_told(mail=claim.request.mail, kind=told, on=SUBMITTED)
    return claim


def steps_of(claim: Claim) -> list[str]:
    shown = claims_of(claim.account).get(pk=claim.pk)
    return [step.label for step in timeline(shown, on=SUBMITTED)]


# --- No reminder ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*LOST, MailEventKind.COMPLAINED])
def test_what_came_back_or_is_unwanted_is_never_followed_up(kind):
    claim = asked(told=kind)

    live(FOLLOW_UP_ON)

    claim.request.refresh_from_db()
    assert follow_ups() == []
    assert claim.request.follow_up_due_on is None


@pytest.mark.parametrize("kind", [None, *NOT_LOST])
def test_what_arrived_or_may_arrive_is_followed_up(kind):
    asked(told=kind)

    live(FOLLOW_UP_ON)

    assert len(follow_ups()) == 1


def test_a_follow_up_still_in_the_queue_stays_there_when_the_request_comes_back():
    claim = asked()
    live(FOLLOW_UP_ON)
    make.mail_told(mail=claim.request.mail, on=FOLLOW_UP_ON)

    send(FOLLOW_UP_ON)

    assert [mail.state for mail in follow_ups()] == [MailState.WITHHELD]


@pytest.mark.django_db(transaction=True)
def test_a_bounce_just_being_told_keeps_the_follow_up_back():
    claim = asked()

    with not_yet_committed(lambda: make.mail_told(mail=claim.request.mail, on=FOLLOW_UP_ON)):
        running = begun(lambda: follow_up_due(on=FOLLOW_UP_ON))
    running.result()
    follow_up_due(on=FOLLOW_UP_ON)

    assert follow_ups() == []


# --- No unfair lapse -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", LOST)
def test_who_was_never_reached_does_not_lapse(kind):
    claim = asked(told=kind)

    live(LAPSES_ON)

    claim.refresh_from_db()
    assert claim.state == ClaimState.AWAITING


def test_a_request_the_mail_server_refused_does_not_lapse():
    claim = make.claim_submitted(on=SUBMITTED)
    Message.objects.filter(pk=claim.request.mail_id).update(state=MailState.FAILED)

    live(LAPSES_ON)

    claim.refresh_from_db()
    assert claim.state == ClaimState.AWAITING


@pytest.mark.parametrize("kind", [None, *NOT_LOST, MailEventKind.COMPLAINED])
def test_who_was_reached_and_silent_lapses(kind):
    claim = asked(told=kind)

    live(LAPSES_ON)

    claim.refresh_from_db()
    assert claim.state == ClaimState.LAPSED


def test_who_was_reached_by_the_follow_up_was_reached():
    claim = asked()
    live(FOLLOW_UP_ON)
    send(FOLLOW_UP_ON)
    make.mail_told(mail=claim.request.mail, on=FOLLOW_UP_ON)

    assert not Claim.objects.to_be_asked_again().exists()
    with pytest.raises(WasReachedError):
        make.address_corrected(claim=claim, on=FOLLOW_UP_ON)


# --- Asked again, once ---------------------------------------------------------------------------


def test_asked_again_thirty_days_and_the_one_follow_up_count_anew():
    claim = make.claim_unreached()

    row = make.address_corrected(claim=claim, on=CORRECTED)

    request = Claim.objects.get(pk=claim.pk).request
    assert (request.sent_to, request.sent_on) == ("carol@home.example", CORRECTED)
    assert (request.mail, request.mail.to) == (row.mail, "carol@home.example")
    assert request.follow_up_due_on == CORRECTED + 7 * A_DAY
    assert request.lapses_on == CORRECTED + 30 * A_DAY


@pytest.mark.parametrize(
    ("days", "reminders", "state"),
    [
        (6, 0, ClaimState.AWAITING),
        (7, 1, ClaimState.AWAITING),
        (29, 1, ClaimState.AWAITING),
        (30, 0, ClaimState.LAPSED),
    ],
)
def test_the_second_asking_lives_as_the_first_would_have(days, reminders, state):
    claim = make.claim_unreached()
    make.address_corrected(claim=claim, on=CORRECTED)
    send(CORRECTED)

    live(CORRECTED + days * A_DAY)
    live(CORRECTED + days * A_DAY)

    claim.refresh_from_db()
    assert [mail.to for mail in follow_ups()] == ["carol@home.example"] * reminders
    assert claim.state == state


def test_a_follow_up_of_the_first_asking_does_not_stand_for_the_second():
    claim = asked()
    live(FOLLOW_UP_ON)
    make.mail_told(mail=claim.request.mail, on=FOLLOW_UP_ON)
    send(FOLLOW_UP_ON)
    make.address_corrected(claim=claim, on=CORRECTED)
    send(CORRECTED)

    live(CORRECTED + 7 * A_DAY)
    send(CORRECTED + 7 * A_DAY)

    assert [mail.state for mail in follow_ups()] == [MailState.WITHHELD, MailState.SENT]


def test_who_when_why_and_both_addresses_are_kept():
    claim = make.claim_unreached()

    make.address_corrected(claim=claim, on=CORRECTED)

    row = AddressCorrection.objects.get(request=claim.request)
    assert (row.old_address, row.new_address) == ("carol@bakery.example", "carol@home.example")
    assert (row.reason, row.corrected_by) == ("Carol rang us", make.person(name="Dana"))
    assert row.corrected_at == make.noon(CORRECTED)


@pytest.mark.parametrize(
    ("is_on_record", "on_record"), [(True, "carol@home.example"), (False, "carol@bakery.example")]
)
def test_the_address_on_record_is_corrected_only_if_it_was_wrong(is_on_record, on_record):
    claim = make.claim_unreached()

    make.address_corrected(claim=claim, is_on_record=is_on_record)

    claim.client.refresh_from_db()
    assert claim.client.email == on_record


def test_the_new_mail_has_a_link_of_its_own_and_old_links_lead_to_the_same_question(settings):
    settings.REHEARSAL = True  # keeps what was sent
    claim = make.claim_unreached()
    old = new_link(claim.request, mail=claim.request.mail).rstrip("/").rpartition("/")[2]
    row = make.address_corrected(claim=claim, on=CORRECTED)

    send(CORRECTED)

    row.mail.refresh_from_db()
    assert row.mail.state == MailState.SENT
    assert claim.request.links.count() == 2
    assert old not in row.mail.text
    assert find_request(old) == claim.request


def test_an_answer_through_an_old_link_counts_and_no_mail_follows():
    claim = make.claim_unreached()
    make.address_corrected(claim=claim, on=CORRECTED)

    said = Said(verdict=Verdict.APPROVE, name="Carol")
    with clock.frozen(CORRECTED):
        answer(claim.request, said, at=make.noon(CORRECTED))
    live(CORRECTED + 7 * A_DAY)

    claim.refresh_from_db()
    assert claim.state == ClaimState.APPROVED
    assert follow_ups() == []


def test_the_receipt_goes_where_the_client_was_asked_last():
    claim = make.claim_unreached()
    make.address_corrected(claim=claim)

    make.answered(claim=Claim.objects.get(pk=claim.pk))

    assert Message.objects.get(kind="claims/answer_receipt").to == "carol@home.example"


def test_nobody_is_asked_a_third_time_and_the_second_asking_lapses_on_its_day():
    claim = make.claim_unreached()
    row = make.address_corrected(claim=claim, on=CORRECTED)
    send(CORRECTED)
    make.mail_told(mail=row.mail, on=CORRECTED)

    with pytest.raises(AskedAgainError):
        make.address_corrected(claim=claim, address="carol@other.example", on=CORRECTED + A_DAY)
    live(CORRECTED + 7 * A_DAY)
    live(CORRECTED + 30 * A_DAY)

    claim.refresh_from_db()
    assert (follow_ups(), claim.state) == ([], ClaimState.LAPSED)


@pytest.mark.parametrize("kind", [None, *NOT_LOST, MailEventKind.COMPLAINED])
def test_who_was_reached_is_never_asked_again(kind):
    claim = asked(told=kind)

    with pytest.raises(WasReachedError):
        make.address_corrected(claim=claim)

    assert not AddressCorrection.objects.exists()


def test_what_is_in_doubt_may_have_arrived():
    claim = make.claim_submitted()
    Message.objects.filter(pk=claim.request.mail_id).update(state=MailState.UNKNOWN)

    with pytest.raises(WasReachedError):
        make.address_corrected(claim=claim)


def test_what_is_closed_is_not_asked_again():
    claim = make.claim_unreached()
    withdraw(claim, by=claim.submitted_by, at=make.noon(SUBMITTED))

    with pytest.raises(NotOpenError):
        make.address_corrected(claim=claim)


@pytest.mark.parametrize("address", ["alice@studio.example", "ALICE@studio.example"])
def test_nobody_is_asked_to_approve_their_own_claim_by_correction(address):
    claim = make.claim_unreached()

    with pytest.raises(ApproverOnOwnTeamError):
        make.address_corrected(claim=claim, address=address)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_of_the_staff_ask_again_once(self):
        claim = make.claim_unreached()
        by = make.person(name="Dana")

        def ask(address: str) -> AddressCorrection:
            corrected = Corrected(address=address, reason="Found", is_on_record=False)
            return correct_address(claim, corrected, by=by, at=make.noon(CORRECTED))

        ended = at_once(lambda: ask("one@home.example"), lambda: ask("two@home.example"))

        assert sum(isinstance(one, ClaimsError) for one in ended) == 1
        assert Message.objects.filter(kind="claims/request").count() == 2

    def test_an_answer_just_being_given_leaves_nothing_to_ask(self):
        claim = make.claim_unreached()
        make.person(name="Dana")

        with not_yet_committed(lambda: make.answered(claim=claim)):
            running = begun(lambda: make.address_corrected(claim=claim))

        with pytest.raises(NotOpenError):
            running.result()
        assert Message.objects.filter(kind="claims/request").count() == 1


# --- Complaints ----------------------------------------------------------------------------------


def test_who_reported_our_mail_as_spam_is_asked_nothing_more():
    claim = asked(told=MailEventKind.COMPLAINED)
    other = make.claim_submitted(account=claim.account, on=SUBMITTED)
    assert other.client.email == claim.client.email

    send(SUBMITTED)

    other.request.mail.refresh_from_db()
    assert other.request.mail.state == MailState.WITHHELD
    assert "spam" in other.request.mail.last_error
    assert list(Claim.objects.to_be_asked_again()) == [other]


def test_who_reported_our_mail_as_spam_gets_no_receipt_either():
    claim = asked(told=MailEventKind.COMPLAINED)
    make.answered(claim=claim, on=SUBMITTED)

    send(SUBMITTED)

    assert Message.objects.get(kind="claims/answer_receipt").state == MailState.WITHHELD


def test_who_reported_our_mail_as_spam_is_not_asked_at_another_claims_correction():
    asked(told=MailEventKind.COMPLAINED)
    lost = make.claim_submitted(site=make.site(account=make.account(owner="Charlie")))
    make.mail_told(mail=lost.request.mail, on=SUBMITTED)

    with pytest.raises(WantsNoMailError):
        make.address_corrected(claim=lost, address="Carol@Bakery.example")


# --- What the partner sees -----------------------------------------------------------------------


def test_the_partner_reads_that_the_mail_did_not_arrive_and_what_happens_next():
    claim = make.claim_unreached()

    shown = claims_of(claim.account).get(pk=claim.pk)

    asked, step = (s for s in timeline(shown, on=SUBMITTED) if s.state == "bad")
    assert asked.label == "Client asked by e-mail"
    assert step.label == "The mail did not arrive"
    assert "looks for the right address" in step.note
    assert not any("Lapses" in s.label for s in timeline(shown, on=SUBMITTED))


def test_the_partner_reads_that_the_client_was_asked_again():
    claim = make.claim_unreached()
    make.address_corrected(claim=claim)

    assert steps_of(claim)[1:4] == [
        "Client asked by e-mail",
        "The mail did not arrive",
        "Asked again at the right address",
    ]


def test_the_partner_reads_of_a_second_mail_that_did_not_arrive():
    claim = make.claim_unreached()
    row = make.address_corrected(claim=claim)
    make.mail_told(mail=row.mail, on=SUBMITTED)

    assert steps_of(claim)[-2:] == ["The second mail did not arrive either", "Lapses"]


def test_the_list_says_so_too(client):
    claim = make.claim_unreached()
    client.force_login(claim.submitted_by)

    page = client.get(f"/a/{claim.account.ref}/claims/")

    assert "The mail did not arrive" in page.text


def test_of_a_mail_that_arrived_nothing_is_said(client):
    claim = asked(told=MailEventKind.DELIVERED)
    client.force_login(claim.submitted_by)

    page = client.get(f"/a/{claim.account.ref}/claims/{claim.ref}/")

    assert "did not arrive" not in page.text
    assert "Waiting for the client" in page.text
