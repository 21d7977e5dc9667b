"""The client's page: what a person may do with it, and what a program that fills forms may not."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from claims.actions.abuse import look_into
from claims.actions.answer import Said, answer
from claims.actions.follow_up import lapse_due
from claims.actions.reinstate import reinstate
from claims.actions.submit import withdraw
from claims.emails.claims import REASONS_TOLD
from claims.errors import AlreadyLookedIntoError
from claims.links import new_link
from claims.models import AbuseReport, Answer, Claim, ClaimState, DeclineReason, Verdict
from claims.names import reads_like_a_name
from partners.actions.points import attribute
from partners.models import ContributorApproval, PointsEntry
from portal.lib import clock
from portal.mail.models import Message
from portal.staff.tests.populate import browser, staff
from portal.testing import builders as make
from portal.testing.approval import filled_in
from portal.testing.assertions import NEVER_CHANGES, refused, set_columns
from portal.testing.builders import TODAY, noon
from portal.testing.races import at_once
from portal.testing.snapshot import changed, snapshot

pytestmark = pytest.mark.django_db

PAGE = "/approval/"
A_DAY = timedelta(days=1)
LAST_DAY = TODAY + 14 * A_DAY


@pytest.fixture
def claim() -> Claim:
    return make.claim_submitted()


@pytest.fixture
def carol(claim) -> Client:
    """The client, who has opened the link."""
    return opened(claim)


def opened(claim: Claim) -> Client:
    link = new_link(claim.request, mail=claim.request.mail)
    visitor = Client()
    visitor.get(link.removeprefix(settings.SITE_URL))
    return visitor


def send(visitor: Client, claim: Claim, *, on: date = TODAY, **typed):
    """Fill the page in as given, and send it."""
    with clock.frozen(on):
        said = {"verdict": "approve", "name": "Carol Baker"} | typed
        return visitor.post(PAGE, filled_in(claim, **said))


def read(visitor: Client, *, on: date = TODAY) -> str:
    with clock.frozen(on):
        return " ".join(visitor.get(PAGE).content.decode().split())


# --- Typed by a person ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["Carol Baker", "Bo", "李 雷", "Ó Néill", "Anne-Marie", "Name Namesson", "o'Neil"],
)
def test_a_name_of_any_alphabet_is_a_name(name):
    assert reads_like_a_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "C",
        "12345",
        "…",
        "a@b.example",
        "https://x.example",
        "www.x.example",
        "Your name",
        "TEST",
    ]
    + [" name ", "null", "1 a 2"],
)
def test_what_programs_put_into_a_field_is_no_name(name):
    assert not reads_like_a_name(name)


@pytest.mark.parametrize(
    "typed",
    [
        {"name": "carol@bakery.example"},
        {"name": "Your name"},
        {"name": "x" * 8, "comment": "x" * 8},
        {"website": "https://scanner.example"},
        {"website": "Carol Baker"},
        {"opened": ""},
        {"opened": "forged:1:2"},
    ],
)
def test_a_program_that_fills_the_form_changes_nothing_and_is_told_why(carol, claim, typed):
    before = snapshot()

    response = send(carol, claim, **typed)

    page = response.content.decode()
    assert response.status_code == 200
    assert 'role="alert"' in page
    assert "scanner.example" not in page
    assert changed(before) == []


@pytest.mark.parametrize(
    ("seconds", "is_taken"), [(0, False), (2.9, False), (3, True), (3600, True)]
)
def test_an_answer_takes_as_long_as_reading_does(carol, claim, seconds, is_taken):
    with clock.frozen(TODAY):
        said = filled_in(
            claim, after=timedelta(seconds=seconds), verdict="approve", name="Carol Baker"
        )
        response = carol.post(PAGE, said)

    assert claim.answers.exists() == is_taken
    assert ("faster than people read" in response.content.decode()) is not is_taken


def test_who_was_too_fast_sends_the_same_page_once_more(carol, claim):
    with clock.frozen(noon(TODAY)):
        said = filled_in(claim, after=timedelta(), verdict="approve", name="Carol Baker")
        page = carol.post(PAGE, said)
    with clock.frozen(noon(TODAY) + timedelta(seconds=3)):
        again = said | {"opened": page.context["form"].stamp}
        response = carol.post(PAGE, again)

    assert response.status_code == 302
    assert 'value="Carol Baker"' in page.content.decode()


def test_the_stamp_of_another_claim_is_none(carol, claim):
    other = make.claim_submitted(site=make.site(account=claim.client, address="other.example"))

    with clock.frozen(TODAY):
        carol.post(PAGE, filled_in(other, verdict="approve", name="Carol Baker"))

    assert not claim.answers.exists()


# --- What each link says -------------------------------------------------------------------------


def closed(claim: Claim, how: str) -> None:
    if how == "withdrawn":
        withdraw(claim, by=claim.submitted_by, at=noon(TODAY))
    if how == "lapsed":
        lapse_due(at=noon(TODAY + 30 * A_DAY))
    if how in {"final", "answered"}:
        make.answered(claim=claim)
    if how == "put right":
        make.answered(claim=claim, verdict=Verdict.DECLINE)
        reinstate(claim, by=staff(), reason="A slip", at=noon(TODAY))


@pytest.mark.parametrize(
    ("how", "on", "words"),
    [
        ("waiting", TODAY, "Did Studio work on"),
        ("answered", TODAY, "You can change this answer until"),
        ("answered", LAST_DAY, "You can change this answer until"),
        ("final", LAST_DAY + A_DAY, "is final now"),
        ("withdrawn", TODAY, "This request was withdrawn"),
        ("lapsed", TODAY + 30 * A_DAY, "This request has lapsed"),
        ("put right", TODAY, "This answer was put right by our team"),
    ],
)
def test_every_link_says_what_is_the_case_and_whom_to_ask(carol, claim, how, on, words):
    closed(claim, how)

    page = read(carol, on=on)

    assert words in page
    assert f"Ask {claim.submitted_by} of {claim.account.name}" in page
    assert f"mailto:{settings.SUPPORT_EMAIL}" in page


@pytest.mark.parametrize("how", ["withdrawn", "lapsed", "put right", "final"])
def test_an_answer_to_a_closed_request_changes_nothing(carol, claim, how):
    closed(claim, how)
    before = snapshot()

    send(carol, claim, verdict="decline", reason="other", on=LAST_DAY + 16 * A_DAY)

    assert changed(before) == []


def test_an_unknown_link_says_whom_to_ask():
    assert f"mailto:{settings.SUPPORT_EMAIL}" in Client().get("/approval/unknown/").content.decode()


# --- A change of mind ----------------------------------------------------------------------------


def test_before_its_points_landed_a_change_of_mind_keeps_them_from_landing(carol, claim):
    make.event(site=claim.site, on=TODAY - A_DAY)
    send(carol, claim)

    send(carol, claim, on=TODAY + A_DAY, verdict="decline", reason="wrong_site")
    attribute(on=date(TODAY.year, 12, 31))

    assert not PointsEntry.objects.filter(account=claim.account).exists()


@pytest.mark.parametrize(
    ("on", "kinds"), [(LAST_DAY, ["credit", "reversal"]), (LAST_DAY + A_DAY, ["credit"])]
)
def test_after_they_landed_it_reverses_them_and_after_fourteen_days_nothing_does(
    carol, claim, on, kinds
):
    make.event(site=claim.site, on=TODAY - 30 * A_DAY)
    send(carol, claim)
    attribute(on=TODAY)

    send(carol, claim, on=on, verdict="decline", reason="wrong_site")
    attribute(on=on)

    entries = PointsEntry.objects.filter(account=claim.account).order_by("id")
    assert [entry.kind for entry in entries] == kinds
    assert Message.objects.filter(kind="claims/answer_receipt").count() == len(kinds)


@pytest.mark.django_db(transaction=True)
def test_of_twenty_answers_at_once_one_is_in_force_and_the_points_are_its_own():
    claim = make.claim_submitted()
    yes = Said(verdict=Verdict.APPROVE, name="Carol")
    no = Said(verdict=Verdict.DECLINE, name="Carol", reason=DeclineReason.OTHER)
    calls = [
        lambda said=said: answer(claim.request, said, at=noon(TODAY)) for said in [yes, no] * 10
    ]

    results = at_once(*calls)

    claim.refresh_from_db()
    given = list(Answer.objects.order_by("ordinal"))
    assert all(isinstance(result, Answer) for result in results)
    assert [one.ordinal for one in given] == list(range(1, len(given) + 1))
    assert all(one.verdict != other.verdict for one, other in pairwise(given))
    is_yes = given[-1].verdict == Verdict.APPROVE
    assert claim.state == (ClaimState.APPROVED if is_yes else ClaimState.DECLINED)
    assert ContributorApproval.objects.filter(ended_on=None).count() == is_yes
    assert Message.objects.filter(kind="claims/answer_receipt").count() == len(given)


# --- Abuse ---------------------------------------------------------------------------------------


def report(visitor: Client, claim: Claim, **typed):
    return send(visitor, claim, verdict="decline", reason="abuse", **typed)


def test_a_report_of_abuse_reaches_staff_with_its_words_and_network(carol, claim):
    report(carol, claim, comment="I never met them")

    kept = AbuseReport.objects.get()
    assert (kept.claim, kept.reported_by) == (claim, "Carol Baker")
    assert (kept.words, kept.ip_address) == ("I never met them", "127.0.0.1")
    assert "Our team looks into what you reported" in read(carol)


def test_who_declined_already_may_still_report_and_the_answer_stays(carol, claim):
    send(carol, claim, verdict="decline", reason="other")

    for _ in range(2):
        report(carol, claim, comment="Now I see: a fraud")

    assert AbuseReport.objects.count() == 1
    assert claim.answers.count() == 1


def test_the_partner_cannot_tell_a_report_from_another_reason():
    pages = []
    for reason in (DeclineReason.OTHER, DeclineReason.ABUSE):
        claim = make.claim_submitted(account=make.account(name="Studio", owner="Alice"))
        send(opened(claim), claim, verdict="decline", reason=reason, comment="Mind the gap")
        alice = Client()
        alice.force_login(claim.submitted_by)
        page = alice.get(reverse("claims:claim", args=[claim.account.ref, claim.ref]))
        export = alice.get(reverse("claims:csv", args=[claim.account.ref])).getvalue().decode()
        pages.append((page.content.decode().count("<li"), export.count("abuse")))
        assert "Mind the gap" not in page.content.decode() + export
        assert "abuse" not in page.content.decode() + export

    assert pages[0] == pages[1]
    assert DeclineReason.ABUSE not in REASONS_TOLD


def test_a_report_waits_until_staff_have_looked_into_it(claim):
    make.abuse_reported(claim=claim)
    dana = browser(staff("support"))
    queue = "/admin/claims/abusereport/?finding=open"
    [row] = AbuseReport.objects.all()
    mails = Message.objects.count()

    before = dana.get(queue).content.decode()
    dana.post(f"/admin/claims/abusereport/finding/?row={row.pk}", {"note": "Called both."})

    assert "I never met them" in before
    assert "192.0.2.7" in before
    assert "I never met them" not in dana.get(queue).content.decode()
    assert (row.finding.note, row.finding.looked_into_by.name) == ("Called both.", "Dana")
    assert Message.objects.count() == mails


def test_a_report_is_looked_into_once(claim):
    make.abuse_reported(claim=claim)
    row = AbuseReport.objects.get()
    look_into(row, note="Nothing", by=staff(), at=noon(TODAY))

    with pytest.raises(AlreadyLookedIntoError):
        look_into(row, note="Something", by=staff(), at=noon(TODAY))


def test_reports_and_findings_stay_as_they_were_written(claim):
    make.abuse_reported(claim=claim)
    row = AbuseReport.objects.get()

    with refused(NEVER_CHANGES):
        set_columns(row, words="")
