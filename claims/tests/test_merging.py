"""Staff close a claim as a duplicate of another: once, with a reason, and what follows of it."""

from datetime import date, timedelta

import pytest
from django.conf import settings
from django.test import Client

from claims.actions.answer import Said, answer
from claims.actions.end_moved import end_moved
from claims.actions.follow_up import follow_up_due, lapse_due
from claims.actions.merge import merge
from claims.actions.submit import withdraw
from claims.errors import (
    MergedAlreadyError,
    NotAnswerableError,
    NothingInCommonError,
    NothingToMergeError,
    SameClaimError,
    StandsNoMoreError,
)
from claims.links import new_link
from claims.models import Claim, ClaimState, Merger, Verdict
from claims.next_steps import next_steps
from claims.queries import claims_of
from claims.timeline import timeline
from partners.actions.points import attribute
from partners.models import ContributorApproval, PointsEntry, Site
from partners.tests.telling import told, words
from portal.home.points import explain_sites
from portal.lib import clock
from portal.mail.models import MailState
from portal.staff.tests.populate import browser, staff
from portal.testing import builders as make
from portal.testing.assertions import NEVER_CHANGES, insert_like, refused, set_columns
from portal.testing.builders import TODAY, noon
from portal.testing.races import at_once

pytestmark = pytest.mark.django_db

A_DAY = timedelta(days=1)
MERGED = TODAY + 20 * A_DAY
REASON = "The same site under its other address."


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


@pytest.fixture
def claim() -> Claim:
    """The duplicate: of Alice's studio, on a site of Carol's."""
    return make.claim_submitted()


@pytest.fixture
def standing(claim) -> Claim:
    """The studio's claim on another site of Carol's."""
    return make.claim_submitted(account=claim.account, site=make.site(account=claim.client))


def second_studio(claim: Claim, *, with_alice: bool = True) -> Claim:
    """A claim on the same site by Charlie's account, in which Alice sits as well."""
    other = make.enrolled(account=make.account(name="Second studio", owner="Charlie"))
    if with_alice:
        make.member(account=other, name="Alice")
    return make.claim_submitted(account=other, site=claim.site)


def merged(claim: Claim, *, into: Claim, on: date = TODAY) -> Merger:
    dana = make.person(name="Dana")
    merger = merge(claim, into=into, reason=REASON, by=dana, at=noon(on))
    claim.refresh_from_db()
    return merger


def points_of(claim: Claim) -> int:
    entries = PointsEntry.objects.filter(account=claim.account, site=claim.site)
    return sum(entries.values_list("points", flat=True))


def credited(claim: Claim) -> Claim:
    """Approved, with an upgrade whose points have landed before the day of merging."""
    make.event(site=claim.site, on=TODAY)
    make.answered(claim=claim)
    attribute(on=MERGED)
    assert points_of(claim) == 100
    return claim


# --- What becomes of the duplicate ---------------------------------------------------------------


def test_a_duplicate_says_what_it_was_merged_into_by_whom_and_why(claim, standing) -> None:
    merger = merged(claim, into=standing)

    assert (claim.state, claim.state_since) == (ClaimState.MERGED, noon(TODAY))
    assert (merger.into, merger.reason) == (standing, REASON)
    assert (merger.merged_by.name, merger.merged_at) == ("Dana", noon(TODAY))
    standing.refresh_from_db()
    assert standing.state == ClaimState.AWAITING


def test_a_duplicate_is_asked_about_followed_up_and_lapsed_no_more(claim, standing) -> None:
    merged(claim, into=standing)

    follow_up_due(on=TODAY + 7 * A_DAY)
    lapse_due(at=noon(TODAY + 30 * A_DAY))

    claim.refresh_from_db()
    claim.request.mail.refresh_from_db()
    assert claim.state == ClaimState.MERGED
    assert claim.request.mail.state == MailState.WITHHELD
    assert claim.request.follow_up_mail is None
    standing.request.refresh_from_db()
    assert standing.request.follow_up_mail


def test_a_duplicates_link_answers_nothing_and_says_that_it_is_not_needed(claim, standing) -> None:
    merged(claim, into=standing)
    carol = Client()
    link = new_link(claim.request, mail=claim.request.mail)

    page = carol.get(link.removeprefix(settings.SITE_URL), follow=True).content.decode()

    assert "This request is not needed any more" in page
    with pytest.raises(NotAnswerableError):
        answer(claim.request, Said(verdict=Verdict.APPROVE, name="Carol"), at=noon(TODAY))


def test_a_duplicate_of_an_account_with_a_person_in_common_is_merged(claim) -> None:
    other = second_studio(claim)

    merged(claim, into=other)

    assert claim.state == ClaimState.MERGED


@pytest.mark.parametrize("verdict", list(Verdict))
def test_an_answered_claim_is_merged_too(claim, standing, verdict) -> None:
    make.answered(claim=claim, verdict=verdict)

    merged(claim, into=standing)

    assert claim.state == ClaimState.MERGED


def test_a_claim_with_our_team_is_merged_too(claim, standing) -> None:
    Claim.objects.filter(pk=claim.pk).update(state=ClaimState.WITH_STAFF)

    merged(claim, into=standing)

    assert claim.state == ClaimState.MERGED


# --- Points --------------------------------------------------------------------------------------


def test_what_a_duplicate_on_another_site_brought_is_reversed(claim, standing) -> None:
    credited(claim)

    merged(claim, into=standing, on=MERGED)

    approval = ContributorApproval.objects.get(account=claim.account, site=claim.site)
    assert (points_of(claim), approval.ended_on) == (0, MERGED)


def test_what_a_duplicate_of_another_account_brought_is_reversed_and_the_others_stay(claim) -> None:
    other = second_studio(claim)
    make.answered(claim=other)
    credited(claim)

    merged(claim, into=other, on=MERGED)

    assert (points_of(claim), points_of(other)) == (0, 100)


def test_a_duplicate_of_another_year_on_the_same_site_keeps_its_points(claim) -> None:
    make.answered(claim=claim, verdict=Verdict.DECLINE)
    next_year = TODAY.replace(year=TODAY.year + 1)
    newer = make.claim_submitted(account=claim.account, site=claim.site, on=next_year)
    make.event(site=claim.site, on=next_year)
    make.answered(claim=newer, on=next_year)
    attribute(on=next_year + 20 * A_DAY)

    merged(newer, into=claim, on=next_year + 20 * A_DAY)

    assert points_of(newer) == 100
    assert ContributorApproval.objects.filter(account=claim.account, ended_on=None).exists()


def test_points_that_another_approved_claim_carries_stay(claim, standing) -> None:
    credited(claim)
    year = claim.programme_year - 1
    insert_like(claim, programme_year=year, state=ClaimState.APPROVED)

    merged(claim, into=standing, on=MERGED)

    assert points_of(claim) == 100


def test_a_claim_that_brought_nothing_ends_no_approval_of_another(claim, standing) -> None:
    make.answered(claim=standing)

    merged(claim, into=standing)

    assert ContributorApproval.objects.get(site=standing.site).ended_on is None


# --- Refused -------------------------------------------------------------------------------------


def test_a_claim_is_not_merged_into_itself(claim) -> None:
    with pytest.raises(SameClaimError):
        merged(claim, into=claim)


def test_a_claim_is_merged_once(claim, standing) -> None:
    merged(claim, into=standing)

    with pytest.raises(MergedAlreadyError):
        merged(claim, into=standing)

    assert Merger.objects.count() == 1
    assert told("claims/merged") == ["alice@studio.example"]


def test_a_claim_is_not_merged_into_one_that_is_merged_itself(claim, standing) -> None:
    merged(claim, into=standing)

    with pytest.raises(StandsNoMoreError):
        merged(standing, into=claim)


def test_claims_of_accounts_with_nobody_in_common_are_not_merged(claim) -> None:
    other = second_studio(claim, with_alice=False)

    with pytest.raises(NothingInCommonError):
        merged(claim, into=other)


def end(claim: Claim, how: str) -> None:
    match how:
        case "withdrawn":
            withdraw(claim, by=claim.submitted_by, at=noon(TODAY))
        case "lapsed":
            Claim.objects.filter(pk=claim.pk).update(state=ClaimState.LAPSED)
        case "moved":
            make.moved(site=claim.site, to=make.account(name="New owner", owner="Charlie"))
            end_moved(at=noon(TODAY))


@pytest.mark.parametrize("how", ["withdrawn", "lapsed", "moved"])
def test_what_ended_by_itself_is_neither_merged_nor_merged_into(claim, standing, how) -> None:
    end(claim, how)

    with pytest.raises(NothingToMergeError):
        merged(claim, into=standing)
    with pytest.raises(StandsNoMoreError):
        merged(standing, into=claim)


@pytest.mark.django_db(transaction=True)
def test_two_of_the_staff_at_once_merge_once_and_in_no_circle() -> None:
    one = make.claim_submitted()
    other = make.claim_submitted(account=one.account, site=make.site(account=one.client))
    dana = make.person(name="Dana")

    def merging(claim: Claim, into: Claim) -> Merger:
        return merge(claim, into=into, reason=REASON, by=dana, at=noon(TODAY))

    results = at_once(lambda: merging(one, other), lambda: merging(other, one))

    assert {type(result) for result in results} == {Merger, StandsNoMoreError}


# --- What people read ----------------------------------------------------------------------------


def test_who_submitted_it_reads_the_reason_and_what_stands(claim, standing) -> None:
    merged(claim, into=standing)

    mail = words("claims/merged")
    assert f"Why: {REASON}" in mail
    assert standing.site.address in mail


def test_who_submitted_it_does_not_read_which_claim_of_another_account_stands(claim) -> None:
    merged(claim, into=second_studio(claim))

    assert "yours as well" not in words("claims/merged")


def test_the_site_says_that_its_claim_was_merged(claim, standing) -> None:
    merged(claim, into=standing)

    [told_of] = explain_sites(claim.account, [claim.site], on=TODAY)

    assert told_of.sentence == "Our team merged your claim into another one on June 15, 2026."


def test_the_claim_that_stands_settles_what_its_own_site_earns(claim) -> None:
    make.answered(claim=claim, verdict=Verdict.DECLINE)
    next_year = TODAY.replace(year=TODAY.year + 1)
    newer = make.claim_submitted(account=claim.account, site=claim.site, on=next_year)
    merged(newer, into=claim, on=next_year)

    [told_of] = explain_sites(claim.account, [Site.objects.get(pk=claim.site_id)], on=TODAY)

    assert told_of.reason == "claim_declined"


def test_the_partner_reads_why_and_that_nothing_comes_next(claim, standing) -> None:
    merged(claim, into=standing)

    step = next_steps(claim.account, list(claims_of(claim.account)), on=TODAY)[claim.pk]
    last = timeline(claim, on=TODAY)[-1]

    assert step.text == "Nothing: another claim stands in its place"
    assert (last.label, last.note) == ("Merged into another claim by our team", REASON)


# --- Staff ---------------------------------------------------------------------------------------


def page_for(claim: Claim) -> str:
    return f"/admin/claims/claim/merger/?row={claim.pk}"


def test_staff_merge_by_the_reference_and_both_claims_tell_of_it(claim, standing) -> None:
    client = browser(staff("support"))
    button = "Merge into another"
    pages = [f"/admin/claims/claim/{one.pk}/change/" for one in (claim, standing)]
    before = client.get(pages[0]).content.decode()

    client.post(page_for(claim), {"standing": f" {standing.ref.upper()} ", "reason": REASON})

    claim.refresh_from_db()
    assert claim.merger.into == standing
    of_claim, of_standing = (client.get(page).content.decode() for page in pages)
    assert "Merged into another claim by" in of_claim
    assert "A duplicate was merged into this claim by" in of_standing
    assert button in before
    assert button not in of_claim


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"standing": "nosuchclaim", "reason": REASON}, "No claim has this reference"),
        ({"reason": REASON}, "required"),
        ({"standing": "{standing}"}, "required"),
    ],
)
def test_without_a_claim_that_stands_or_a_reason_nothing_is_merged(
    claim, standing, typed, said
) -> None:
    sent = {name: value.format(standing=standing.ref) for name, value in typed.items()}

    response = browser(staff("support")).post(page_for(claim), sent)

    assert said in response.content.decode()
    assert not Merger.objects.exists()


def test_staff_are_told_kindly_why_a_claim_is_not_merged(claim) -> None:
    sent = {"standing": claim.ref, "reason": REASON}

    response = browser(staff("support")).post(page_for(claim), sent, follow=True)

    assert "the reference of the claim itself" in response.content.decode()


@pytest.mark.parametrize(
    ("role", "status"),
    [("support", 200), ("programme manager", 200), ("administrator", 200), ("finance", 403)],
)
def test_who_may_merge(claim, role, status) -> None:
    assert browser(staff(role)).get(page_for(claim)).status_code == status


# --- What the database refuses -------------------------------------------------------------------


def test_a_merger_is_written_once_has_a_reason_and_is_of_two_claims(claim, standing) -> None:
    merger = merged(claim, into=standing)

    with refused(NEVER_CHANGES):
        set_columns(merger, reason="Another")
    with refused("merger_has_a_reason"):
        insert_like(merger, claim_id=standing.pk, into_id=claim.pk, reason="")
    with refused("merger_is_of_two_claims"):
        insert_like(merger, claim_id=standing.pk)
