"""A claim's story as its page tells it: each step with its date, and the next one by itself."""

from datetime import date, timedelta

import pytest

from claims.actions.follow_up import follow_up_due, lapse_due
from claims.actions.reinstate import reinstate
from claims.actions.submit import withdraw
from claims.mail_states import TOLD
from claims.models import Claim, Verdict
from claims.timeline import timeline
from partners.actions.points import attribute, void_event
from partners.models.points import VoidReason
from portal.lib import clock
from portal.mail.actions.hand_over import send_due
from portal.mail.models import MailEventKind, MailState, Message
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

SUBMITTED = date(2026, 6, 15)
FOLLOW_UP = date(2026, 6, 22)
ANSWERED = date(2026, 6, 25)
LAPSES = date(2026, 7, 15)
A_DAY = timedelta(days=1)

BEGINNING = [
    ("done", "Submitted", SUBMITTED),
    ("done", "Client asked by e-mail", SUBMITTED),
]
APPROVED = [*BEGINNING, ("done", "Approved", ANSWERED)]
DECLINED = [*BEGINNING, ("bad", "Declined", ANSWERED)]


@pytest.fixture
def claim() -> Claim:
    """Submitted, and its mail handed over."""
    submitted = make.claim_submitted(on=SUBMITTED)
    deliver(on=SUBMITTED)
    return submitted


@pytest.fixture
def approved(claim) -> Claim:
    make.answered(claim=claim, on=ANSWERED)
    return claim


def story(claim: Claim, *, on: date) -> list[tuple[str, str, date | None]]:
    """State, words and date of each step, as a page opened on that day tells them."""
    found = Claim.objects.get(pk=claim.pk)
    return [(step.state, step.label, step.on) for step in timeline(found, on=on)]


def notes(claim: Claim, *, on: date) -> dict[str, str]:
    found = Claim.objects.get(pk=claim.pk)
    return {step.label: step.note for step in timeline(found, on=on)}


def deliver(*, on: date) -> None:
    with clock.frozen(on):
        send_due(at=make.noon(on))


def follow_up(*, on: date = FOLLOW_UP) -> None:
    with clock.frozen(on):
        follow_up_due(on=on)
    deliver(on=on)


# --- Waiting for the client ----------------------------------------------------------------------


def test_a_claim_waits_and_says_what_happens_next_and_when(claim) -> None:
    told = story(claim, on=SUBMITTED)

    assert told == [
        *BEGINNING,
        ("now", "Waiting for the client’s answer", None),
        ("next", "One reminder, if there is no answer by then", FOLLOW_UP),
        ("next", "Lapses if nobody answers", LAPSES),
    ]


def test_the_story_names_who_submitted(claim) -> None:
    assert notes(claim, on=SUBMITTED)["Submitted"] == f"by {claim.submitted_by}"


def test_the_reminder_is_told_as_sent_once_it_is(claim) -> None:
    follow_up()

    told = story(claim, on=FOLLOW_UP)

    assert told == [
        *BEGINNING,
        ("done", "Reminder sent", FOLLOW_UP),
        ("now", "Waiting for the client’s answer", None),
        ("next", "Lapses if nobody answers", LAPSES),
    ]


def test_a_reminder_sent_late_is_told_with_the_day_it_was_sent(claim) -> None:
    follow_up(on=FOLLOW_UP + 2 * A_DAY)

    told = story(claim, on=ANSWERED)

    assert ("done", "Reminder sent", FOLLOW_UP + 2 * A_DAY) in told


def refused_by_the_server(claim: Claim) -> Claim:
    Message.objects.filter(pk=claim.request.mail_id).update(state=MailState.FAILED)
    return claim


def test_no_reminder_is_promised_of_a_mail_that_never_arrived() -> None:
    claim = refused_by_the_server(make.claim_submitted(on=SUBMITTED))
    follow_up()

    told = story(claim, on=FOLLOW_UP)

    assert not any("eminder" in label for _, label, _ in told)


def test_a_mail_that_was_refused_is_told_as_such_with_the_way_out() -> None:
    claim = refused_by_the_server(make.claim_submitted(on=SUBMITTED))

    told, said = story(claim, on=SUBMITTED), notes(claim, on=SUBMITTED)

    assert told[1] == ("bad", "Client asked by e-mail", SUBMITTED)
    assert "did not arrive. Write to us" in said["Client asked by e-mail"]


def test_every_state_of_a_mail_has_its_words() -> None:
    assert set(TOLD) == {*MailState, *MailEventKind} - {MailEventKind.OTHER}


# --- Closed --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "has_lapsed"), [(LAPSES - A_DAY, False), (LAPSES, True), (LAPSES + A_DAY, True)]
)
def test_a_claim_without_an_answer_lapses_on_the_day_it_said(claim, on, has_lapsed) -> None:
    follow_up()
    lapse_due(at=make.noon(on))

    told = story(claim, on=on)

    if has_lapsed:
        reminded = ("done", "Reminder sent", FOLLOW_UP)
        assert told == [*BEGINNING, reminded, ("bad", "Lapsed without an answer", on)]
    else:
        assert told[-1] == ("next", "Lapses if nobody answers", LAPSES)


def test_a_withdrawn_claim_ends_with_its_withdrawal(claim) -> None:
    withdraw(claim, by=claim.submitted_by, at=make.noon(SUBMITTED + A_DAY))

    told = story(claim, on=FOLLOW_UP)

    assert told == [*BEGINNING, ("skipped", "Withdrawn", SUBMITTED + A_DAY)]


def test_a_declined_claim_says_when_by_whom_and_why(claim) -> None:
    make.answered(claim=claim, verdict=Verdict.DECLINE, on=ANSWERED)

    told = story(claim, on=ANSWERED)

    assert told == DECLINED
    assert notes(claim, on=ANSWERED)["Declined"] == "by Carol: I don’t know them"


def test_a_change_of_mind_is_told_as_two_answers(claim) -> None:
    make.answered(claim=claim, verdict=Verdict.DECLINE, on=ANSWERED)
    make.answered(claim=claim, on=ANSWERED + A_DAY)

    told = story(claim, on=ANSWERED + A_DAY)

    assert told[:4] == [*DECLINED, ("done", "Approved", ANSWERED + A_DAY)]


def test_a_reinstated_claim_says_when_and_why_and_goes_on_as_approved(claim) -> None:
    make.event(site=claim.site, on=date(2026, 6, 20))
    make.answered(claim=claim, verdict=Verdict.DECLINE, on=ANSWERED)
    put_right_on = date(2026, 7, 1)
    reinstate(claim, by=make.person(name="Dana"), reason="A slip", at=make.noon(put_right_on))

    told = story(claim, on=put_right_on)

    assert told == [
        *DECLINED,
        ("done", "Put right by our team", put_right_on),
        ("done", "Upgrade or renewal of the site", date(2026, 6, 20)),
        ("next", "100 points arrive", date(2026, 7, 4)),
    ]
    assert notes(claim, on=put_right_on)["Put right by our team"] == "A slip"


# --- Approved, and then --------------------------------------------------------------------------


def test_an_approved_claim_without_anything_to_wait_for_says_so(approved) -> None:
    told = story(approved, on=ANSWERED)

    assert told == [*APPROVED, ("now", "Waiting for the site’s next upgrade or renewal", None)]


def test_an_approved_claim_waits_for_the_sites_next_renewal(approved) -> None:
    make.subscription_bought(site=approved.site, on=date(2025, 10, 1))

    told = story(approved, on=ANSWERED)

    assert told == [
        *APPROVED,
        ("next", "The site’s next renewal", date(2026, 10, 1)),
        ("next", "100 points arrive", date(2026, 10, 15)),
    ]


def test_after_the_renewal_it_waits_for_the_waiting_period(approved) -> None:
    make.event(site=approved.site, on=date(2026, 10, 1))

    told = story(approved, on=date(2026, 10, 14))

    assert told == [
        *APPROVED,
        ("done", "Upgrade or renewal of the site", date(2026, 10, 1)),
        ("next", "100 points arrive", date(2026, 10, 15)),
    ]


@pytest.mark.parametrize(
    ("event_on", "lands_on"),
    [
        (date(2026, 3, 1), ANSWERED),  # long before: the approval is what was missing
        (date(2026, 6, 11), ANSWERED),
        (date(2026, 6, 12), ANSWERED + A_DAY),  # still in its waiting period
    ],
)
def test_points_arrive_at_the_later_of_the_approval_and_the_waiting_period(
    approved, event_on, lands_on
) -> None:
    make.event(site=approved.site, on=event_on)

    before = story(approved, on=ANSWERED)
    attribute(on=lands_on)
    after = story(approved, on=lands_on)

    event = ("done", "Upgrade or renewal of the site", event_on)
    assert before == [*APPROVED, event, ("next", "100 points arrive", lands_on)]
    assert after == [*APPROVED, event, ("done", "100 points credited", lands_on)]


def test_of_two_events_that_wait_the_first_to_land_is_told(approved) -> None:
    make.event(site=approved.site, on=date(2026, 8, 1), paid_on=date(2026, 9, 20))
    make.event(site=approved.site, on=date(2026, 9, 1))

    told = story(approved, on=date(2026, 9, 2))

    assert told[-1] == ("next", "100 points arrive", date(2026, 9, 15))


def test_what_is_credited_is_told_whatever_happens_to_the_site_afterwards(approved) -> None:
    make.event(site=approved.site, on=date(2026, 3, 1))
    attribute(on=ANSWERED)
    make.event(site=approved.site, on=date(2026, 8, 1))
    make.subscription_bought(site=approved.site, on=date(2026, 8, 2))

    told = story(approved, on=date(2026, 8, 3))

    assert told[-1] == ("done", "100 points credited", ANSWERED)


def test_a_refunded_event_is_passed_over_for_the_next_renewal(approved) -> None:
    event = make.event(site=approved.site, on=date(2026, 3, 1))
    void_event(event, reason=VoidReason.REFUND, on=ANSWERED)
    make.subscription_bought(site=approved.site, on=date(2025, 10, 1))

    told = story(approved, on=ANSWERED)

    assert told[-2] == ("next", "The site’s next renewal", date(2026, 10, 1))


def test_an_event_of_the_year_before_the_claim_is_none_of_its_story(approved) -> None:
    make.event(site=approved.site, on=date(2025, 12, 31))

    told = story(approved, on=ANSWERED)

    assert told == [*APPROVED, ("now", "Waiting for the site’s next upgrade or renewal", None)]
