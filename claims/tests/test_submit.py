"""Submitting a claim, its refusals, and taking it back."""

from datetime import date, timedelta

import pytest

from claims import rules
from claims.actions.submit import submit, withdraw
from claims.errors import (
    AlreadyClaimedError,
    NotAContributorError,
    NotAnAddressError,
    NotJoinedError,
    NotOpenError,
    OwnSiteError,
    TooManyClaimsError,
)
from claims.models import ApprovalRequest, Claim, ClaimState, Verdict
from partners.models import Account, Site
from portal.lib import clock
from portal.mail.models import MailState, Message
from portal.testing import builders as make
from portal.testing.races import at_once

pytestmark = pytest.mark.django_db

TODAY = make.TODAY
A_DAY = timedelta(days=1)


@pytest.fixture
def studio() -> Account:
    return make.enrolled()


@pytest.fixture
def site(studio) -> Site:
    """Carol's, and Alice's studio works on it."""
    site = make.site(account=make.bakery(), address="bakery.example")
    make.contributor(account=studio, site=site)
    return site


def submitted(account: Account, address: str = "bakery.example", *, on: date = TODAY) -> Claim:
    with clock.frozen(on):
        return submit(account, address=address, by=make.person(), at=make.noon(on))


# --- Submitted -----------------------------------------------------------------------------------


def test_a_claim_names_the_site_its_client_and_the_year(studio, site) -> None:
    claim = submitted(studio)

    assert (claim.account, claim.site, claim.client) == (studio, site, site.account)
    assert (claim.programme_year, claim.submitted_on) == (2026, TODAY)
    assert (claim.state, claim.submitted_by) == (ClaimState.AWAITING, make.person())


def test_the_address_on_record_is_asked_for_approval(studio, site) -> None:
    claim = submitted(studio)

    mail = Message.objects.get()
    assert (mail.kind, mail.to) == ("claims/request", site.account.email)
    assert (claim.request.mail, claim.request.sent_to) == (mail, site.account.email)


def test_a_request_is_followed_up_after_a_week_and_lapses_after_a_month(studio, site) -> None:
    request = submitted(studio).request

    assert request.sent_on == TODAY
    assert request.follow_up_due_on == date(2026, 6, 22)
    assert request.lapses_on == date(2026, 7, 15)


@pytest.mark.parametrize(
    "typed", ["https://www.Bakery.example/", " bakery.example ", "http://bakery.example?utm=1"]
)
def test_a_site_is_found_however_its_address_is_typed(studio, site, typed) -> None:
    assert submitted(studio, typed).site == site


def test_the_claim_belongs_to_the_business_day_it_was_made_on(studio, site) -> None:
    with clock.frozen(TODAY):
        claim = submit(
            studio,
            address=site.address,
            by=make.person(),
            at=clock.start_of(date(2027, 1, 1)) - timedelta(minutes=1),
        )

    assert (claim.submitted_on, claim.programme_year) == (date(2026, 12, 31), 2026)


# --- Refused -------------------------------------------------------------------------------------


def test_an_account_outside_the_programme_cannot_claim(site) -> None:
    outsider = make.account(owner="Charlie")
    make.contributor(account=outsider, site=site)

    with pytest.raises(NotJoinedError):
        submitted(outsider)


def test_an_unknown_site_and_one_not_worked_on_are_refused_alike(studio) -> None:
    make.site(account=make.bakery(), address="known.example")

    with pytest.raises(NotAContributorError) as known:
        submitted(studio, "known.example")
    with pytest.raises(NotAContributorError) as unknown:
        submitted(studio, "unknown.example")

    assert str(known.value) == str(unknown.value)
    assert not Message.objects.exists()


def test_what_is_no_address_is_said_to_be_none(studio) -> None:
    with pytest.raises(NotAnAddressError):
        submitted(studio, "no address at all")

    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("from_on", "to_on", "may"),
    [
        (TODAY, None, True),
        (TODAY + A_DAY, None, False),
        (date(2025, 1, 1), TODAY, True),
        (date(2025, 1, 1), TODAY - A_DAY, False),
    ],
)
def test_a_site_is_claimed_by_who_contributes_on_that_day(studio, from_on, to_on, may) -> None:
    site = make.clients_site()
    make.contributor(account=studio, site=site, from_on=from_on, to_on=to_on)

    if may:
        assert submitted(studio, site.address).site == site
    else:
        with pytest.raises(NotAContributorError):
            submitted(studio, site.address)


def test_a_site_of_ones_own_account_is_not_claimed(studio) -> None:
    own = make.site(account=studio)

    with pytest.raises(OwnSiteError):
        submitted(studio, own.address)


@pytest.mark.parametrize("email", ["bob@studio.example", "BOB@Studio.example"])
def test_a_claim_whose_approver_is_on_ones_own_team_goes_to_our_team(studio, site, email) -> None:
    make.member(account=studio, name="Bob")
    Account.objects.filter(pk=site.account_id).update(email=email)

    claim = submitted(studio)

    assert claim.state == ClaimState.WITH_STAFF
    assert not ApprovalRequest.objects.exists()
    assert not Message.objects.exists()


def test_a_claim_whose_client_is_reached_at_ones_own_address_goes_to_our_team(studio, site) -> None:
    Account.objects.filter(pk=studio.pk).update(email="hello@studio.example")
    Account.objects.filter(pk=site.account_id).update(email="Hello@studio.example")
    studio.refresh_from_db()

    assert submitted(studio).state == ClaimState.WITH_STAFF


def test_a_claim_with_our_team_is_not_submitted_again_but_can_be_withdrawn(studio, site) -> None:
    Account.objects.filter(pk=site.account_id).update(email=studio.email)
    claim = submitted(studio)

    with pytest.raises(AlreadyClaimedError):
        submitted(studio)
    withdraw(claim, by=make.person(), at=make.noon(TODAY))

    claim.refresh_from_db()
    assert claim.state == ClaimState.WITHDRAWN


def test_an_open_claim_is_not_submitted_again(studio, site) -> None:
    submitted(studio)

    with pytest.raises(AlreadyClaimedError):
        submitted(studio, on=TODAY + A_DAY)

    assert Message.objects.filter(kind="claims/request").count() == 1


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_decided_claim_is_not_submitted_again_in_its_year(studio, site, verdict) -> None:
    make.answered(claim=submitted(studio), verdict=verdict)

    with pytest.raises(AlreadyClaimedError):
        submitted(studio, on=date(2026, 12, 31))


def test_a_declined_claim_can_be_submitted_again_the_next_year(studio, site) -> None:
    make.answered(claim=submitted(studio), verdict=Verdict.DECLINE)

    assert submitted(studio, on=date(2027, 1, 1)).programme_year == 2027


def test_an_approval_holds_in_the_next_year_so_there_is_nothing_to_claim(studio, site) -> None:
    make.answered(claim=submitted(studio))

    with pytest.raises(AlreadyClaimedError):
        submitted(studio, on=date(2027, 1, 1))


def test_several_accounts_may_claim_one_site(studio, site) -> None:
    charlies = make.enrolled(account=make.account(owner="Charlie"))
    make.contributor(account=charlies, site=site)
    submitted(studio)

    assert submitted(charlies).account == charlies


def test_a_days_lines_are_limited_and_the_next_day_is_another(studio, site, monkeypatch) -> None:
    monkeypatch.setattr(rules, "LINES_A_DAY", 1)
    another = make.site(account=site.account)
    make.contributor(account=studio, site=another)
    submitted(studio)

    with pytest.raises(TooManyClaimsError):
        submitted(studio, another.address)
    assert submitted(studio, another.address, on=TODAY + A_DAY).site == another


def test_what_is_refused_leaves_nothing(studio) -> None:
    with pytest.raises(NotAContributorError):
        submitted(studio, "unknown.example")

    assert not Claim.objects.exists()
    assert not ApprovalRequest.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_submissions_at_once_are_one_claim() -> None:
    studio, site = make.enrolled(), make.clients_site()
    make.contributor(account=studio, site=site)
    alice = make.person()

    def claim() -> Claim:
        return submit(studio, address=site.address, by=alice, at=make.noon(TODAY))

    results = at_once(claim, claim)

    assert {type(result) for result in results} == {Claim, AlreadyClaimedError}
    assert Message.objects.count() == 1


# --- Taken back ----------------------------------------------------------------------------------


def test_a_withdrawn_claim_is_closed_and_not_followed_up(studio, site) -> None:
    claim = submitted(studio)

    withdraw(claim, by=make.person(), at=make.noon(TODAY + A_DAY))

    claim.refresh_from_db()
    claim.request.refresh_from_db()
    assert (claim.state, claim.state_since) == (ClaimState.WITHDRAWN, make.noon(TODAY + A_DAY))
    assert claim.request.follow_up_due_on is None
    assert claim.withdrawal.withdrawn_by == make.person()


def test_a_request_still_in_the_queue_is_withheld_on_withdrawal(studio, site) -> None:
    claim = submitted(studio)

    withdraw(claim, by=make.person(), at=make.noon(TODAY))

    assert Message.objects.get().state == MailState.WITHHELD


@pytest.mark.parametrize("verdict", list(Verdict))
def test_an_answered_claim_cannot_be_withdrawn(studio, site, verdict) -> None:
    claim = submitted(studio)
    make.answered(claim=claim, verdict=verdict)

    with pytest.raises(NotOpenError):
        withdraw(claim, by=make.person(), at=make.noon(TODAY))


def test_a_claim_is_withdrawn_once(studio, site) -> None:
    claim = submitted(studio)
    withdraw(claim, by=make.person(), at=make.noon(TODAY))

    with pytest.raises(NotOpenError):
        withdraw(claim, by=make.person(), at=make.noon(TODAY))


def test_the_request_of_a_withdrawn_claim_is_not_sent_again_this_year(studio, site) -> None:
    withdraw(submitted(studio), by=make.person(), at=make.noon(TODAY))

    with pytest.raises(AlreadyClaimedError):
        submitted(studio, on=date(2026, 12, 31))
    assert submitted(studio, on=date(2027, 1, 1)).state == ClaimState.AWAITING


def test_a_page_of_a_site_is_enough_to_claim_the_site(studio, site) -> None:
    claim = submitted(studio, f"https://www.{site.address}/shop/bread?from=mail")

    assert claim.site == site
