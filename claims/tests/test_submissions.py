"""Many sites at once: each line's answer, what it counts for, and what it costs."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims import rules
from claims.actions.submit import submit_all, withdraw
from claims.errors import NotJoinedError, TooManyClaimsError
from claims.models import Claim, ClaimState, Outcome, Submission, SubmittedLine, Verdict
from claims.pasted import Line, read_pasted
from partners.models import Account, Activity
from portal.lib import clock
from portal.mail.models import Message
from portal.testing import builders as make
from portal.testing.races import at_once

pytestmark = pytest.mark.django_db

TODAY = make.TODAY
A_DAY = timedelta(days=1)
ONE_OF_EACH = """
accepted.example
own-team.example
own.example
claimed.example
strangers.example
nowhere.example
nonsense
"""


@pytest.fixture
def studio() -> Account:
    """It works on a site of Carol's, on one whose approver is Bob of its team, and on more."""
    studio = make.enrolled()
    bakery = make.bakery()
    make.member(account=studio, name="Bob")
    bobs = make.account(name="Bob’s", owner="Charlie", email="bob@studio.example")
    make.site(account=studio, address="own.example")
    make.site(account=bakery, address="strangers.example")
    for holder, address in ((bakery, "accepted"), (bobs, "own-team"), (bakery, "claimed")):
        site = make.site(account=holder, address=f"{address}.example")
        make.contributor(account=studio, site=site)
    make.claim_submitted(account=studio, site=site, on=TODAY - A_DAY)
    return studio


def sent(account: Account, text: str, *, on=TODAY) -> Submission:
    with clock.frozen(on):
        return submit_all(account, read_pasted(text), by=make.person(), at=make.noon(on))


def outcomes(submission: Submission) -> dict[str, str]:
    return {line.typed: line.outcome for line in submission.lines.all()}


# --- The answers ---------------------------------------------------------------------------------


def test_each_line_has_its_own_answer_in_the_order_they_were_sent(studio) -> None:
    answered = outcomes(sent(studio, ONE_OF_EACH))

    assert list(answered.items()) == [
        ("accepted.example", Outcome.ACCEPTED),
        ("own-team.example", Outcome.WITH_STAFF),
        ("own.example", Outcome.OWN_SITE),
        ("claimed.example", Outcome.ALREADY_CLAIMED),
        ("strangers.example", Outcome.NOT_FOUND),
        ("nowhere.example", Outcome.NOT_FOUND),
        ("nonsense", Outcome.NOT_AN_ADDRESS),
    ]


def test_one_mail_goes_out_for_what_was_accepted_and_none_for_the_rest(studio) -> None:
    Message.objects.filter(kind="claims/request").update(state="withheld")

    sent(studio, ONE_OF_EACH)

    [mail] = Message.objects.filter(state="queued")
    assert (mail.kind, mail.to) == ("claims/request", "carol@bakery.example")


def test_a_line_leads_to_its_claim_and_to_the_one_there_was(studio) -> None:
    sent(studio, ONE_OF_EACH)

    lines = SubmittedLine.objects.filter(submission=Submission.objects.first())
    claims = {line.typed: line.claim for line in lines if line.claim}

    assert {typed: claim.site.address for typed, claim in claims.items()} == {
        address: address for address in ("accepted.example", "own-team.example", "claimed.example")
    }


def test_what_was_claimed_is_in_the_accounts_activity_and_what_was_refused_is_not(studio) -> None:
    sent(studio, ONE_OF_EACH)

    told = Activity.objects.filter(kind="claim_submitted", at=make.noon(TODAY))
    assert {one.details["site"] for one in told} == {"accepted.example", "own-team.example"}


@pytest.mark.parametrize(
    "text",
    [
        "accepted.example\naccepted.example",
        "accepted.example https://www.Accepted.example/",
        "accepted.example?a=1\nACCEPTED.example",
    ],
)
def test_a_site_named_twice_is_answered_once(studio, text) -> None:
    assert list(outcomes(sent(studio, text)).values()) == [Outcome.ACCEPTED]


def test_two_pages_of_one_site_are_one_claim(studio) -> None:
    answered = sent(studio, "accepted.example/a\naccepted.example/b")

    assert list(outcomes(answered).values()) == [Outcome.ACCEPTED, Outcome.ALREADY_CLAIMED]
    assert len({line.claim_id for line in answered.lines.all()}) == 1


def test_a_page_of_somebody_elses_site_below_ones_clients_is_not_that_clients(studio) -> None:
    make.site(account=make.account(owner="Charlie"), address="accepted.example/other")

    assert outcomes(sent(studio, "accepted.example/other/page")) == {
        "accepted.example/other/page": Outcome.NOT_FOUND
    }


def test_a_line_keeps_where_it_stood(studio) -> None:
    submission = submit_all(studio, [Line("nonsense", 7, 2)], by=make.person(), at=make.noon(TODAY))

    line = submission.lines.get()
    assert (line.row, line.column, line.typed) == (7, 2, "nonsense")


def test_an_account_outside_the_programme_submits_nothing() -> None:
    outsider = make.studio()

    with pytest.raises(NotJoinedError):
        sent(outsider, "bakery.example")

    assert not Submission.objects.exists()


# --- A day's number ------------------------------------------------------------------------------


def test_refused_lines_count_for_the_day_too(studio, monkeypatch) -> None:
    monkeypatch.setattr(rules, "LINES_A_DAY", 3)  # one was claimed the day before
    sent(studio, "nowhere.example\nnonsense")

    answered = outcomes(sent(studio, "other.example\naccepted.example"))

    assert answered == {"other.example": Outcome.NOT_FOUND, "accepted.example": Outcome.TOO_MANY}
    assert outcomes(sent(studio, "accepted.example", on=TODAY + A_DAY)) == {
        "accepted.example": Outcome.ACCEPTED
    }


def test_lines_put_off_to_another_day_do_not_count(studio, monkeypatch) -> None:
    monkeypatch.setattr(rules, "LINES_A_DAY", 1)
    sent(studio, "nowhere.example\nother.example\naccepted.example")

    monkeypatch.setattr(rules, "LINES_A_DAY", 2)

    assert outcomes(sent(studio, "accepted.example")) == {"accepted.example": Outcome.ACCEPTED}


def test_with_nothing_left_of_the_day_nothing_is_answered_or_kept(studio, monkeypatch) -> None:
    monkeypatch.setattr(rules, "LINES_A_DAY", 1)
    sent(studio, "nowhere.example")

    with pytest.raises(TooManyClaimsError):
        sent(studio, "accepted.example")

    assert Submission.objects.filter(submitted_on=TODAY).count() == 1


def test_another_accounts_lines_do_not_count(studio, monkeypatch) -> None:
    monkeypatch.setattr(rules, "LINES_A_DAY", 1)
    charlies = make.enrolled(account=make.account(owner="Charlie"))
    sent(charlies, "nowhere.example")

    assert outcomes(sent(studio, "accepted.example")) == {"accepted.example": Outcome.ACCEPTED}


# --- Again, and at once --------------------------------------------------------------------------


def test_sending_the_same_again_claims_nothing_twice(studio) -> None:
    sent(studio, ONE_OF_EACH)

    again = outcomes(sent(studio, ONE_OF_EACH))

    assert again["accepted.example"] == again["own-team.example"] == Outcome.ALREADY_CLAIMED
    assert Claim.objects.filter(submitted_on=TODAY).count() == 2


def test_a_withdrawn_or_declined_claim_is_claimed_already_until_the_year_is_over(studio) -> None:
    make.answered(claim=Claim.objects.get(), verdict=Verdict.DECLINE, on=TODAY)
    sent(studio, "accepted.example")
    withdraw(Claim.objects.latest("pk"), by=make.person(), at=make.noon(TODAY))

    answered = outcomes(sent(studio, "accepted.example claimed.example"))

    assert set(answered.values()) == {Outcome.ALREADY_CLAIMED}


@pytest.mark.django_db(transaction=True)
def test_the_same_lines_sent_twice_at_once_are_one_claim_each() -> None:
    studio, alice, lines = make.enrolled(), make.person(), []
    bakery = make.bakery()
    for n in range(5):
        site = make.site(account=bakery)
        make.contributor(account=studio, site=site)
        lines.append(Line(site.address, n))

    def send() -> Submission:
        return submit_all(studio, lines, by=alice, at=make.noon(TODAY))

    results = at_once(send, send)

    assert all(isinstance(result, Submission) for result in results), results
    assert Claim.objects.filter(state=ClaimState.AWAITING).count() == 5
    assert Message.objects.filter(kind="claims/request").count() == 5


# --- What it costs -------------------------------------------------------------------------------


def queries_to_send(account: Account, lines: list[Line]) -> int:
    by = make.person()
    with CaptureQueriesContext(connection) as asked:
        submit_all(account, lines, by=by, at=make.noon(TODAY))
    return len(asked)


def claimable(account: Account, client: Account, count: int) -> list[Line]:
    sites = [make.site(account=client) for _ in range(count)]
    for site in sites:
        make.contributor(account=account, site=site)
    return [Line(site.address) for site in sites]


def test_two_hundred_lines_take_as_many_queries_as_two(studio) -> None:
    bakery = Account.objects.get(name="Bakery")
    few, many = (claimable(studio, bakery, count) for count in (2, rules.SITES_A_SUBMISSION))

    assert queries_to_send(studio, few) == queries_to_send(studio, many) <= 20


def test_an_unknown_site_and_one_not_worked_on_take_the_same_queries(studio) -> None:
    unknown = queries_to_send(studio, [Line("nowhere.example")])

    known = queries_to_send(studio, [Line("strangers.example")])

    assert known == unknown
