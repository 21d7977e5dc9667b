"""Signals say of a decline what makes it look wrong; people judge by them, nothing is decided."""

from datetime import date, timedelta

import pytest

from claims import rules
from claims.actions.answer import Said, answer
from claims.models import Answer, Claim, DeclineReason, Verdict
from claims.signals import with_signals
from portal.mail.models import MailState, Message
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 15)
A_SECOND = timedelta(seconds=1)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0"


def declined(
    *,
    claim: Claim | None = None,
    after: timedelta = timedelta(hours=1),
    ip: str | None = "192.0.2.7",
    browser: str = BROWSER,
    is_mailed: bool = True,
) -> Claim:
    """A claim mailed at noon and declined so long afterwards."""
    claim = claim or make.claim_submitted(on=TODAY)
    noon = make.noon(TODAY)
    if is_mailed:
        request = Message.objects.filter(pk=claim.request.mail_id)
        request.update(state=MailState.SENT, sent_at=noon)
    said = Said(
        verdict=Verdict.DECLINE,
        name="Carol",
        reason=DeclineReason.OTHER,
        ip_address=ip,
        user_agent=browser,
    )
    answer(claim.request, said, at=noon + after)
    return claim


def of_another_client(claim: Claim) -> Claim:
    """One more claim of the same agency, on a site of somebody else's."""
    florist = make.account(name="Florist", owner="Charlie")
    return make.claim_submitted(account=claim.account, site=make.site(account=florist), on=TODAY)


def signals(claim: Claim):
    return with_signals(Claim.objects.all()).get(pk=claim.pk)


@pytest.mark.parametrize(
    ("after", "is_fast"),
    [
        (timedelta(), True),
        (rules.SIGNALS.fast, True),
        (rules.SIGNALS.fast + A_SECOND, False),
    ],
)
def test_an_answer_within_seconds_of_the_mail_is_fast(after, is_fast) -> None:
    claim = declined(after=after)

    assert signals(claim).is_fast == is_fast


def test_an_answer_to_a_mail_that_never_left_is_not_fast() -> None:
    claim = declined(after=A_SECOND, is_mailed=False)

    assert not signals(claim).is_fast


@pytest.mark.parametrize(
    ("ip", "is_shared"),
    [("192.0.2.200", True), ("192.0.3.7", False), ("2001:db8::1", False), (None, False)],
)
def test_answers_of_two_clients_from_one_network_are_seen(ip, is_shared) -> None:
    claim = declined(ip="192.0.2.7")
    declined(claim=of_another_client(claim), ip=ip)

    assert signals(claim).is_network_shared == is_shared


def test_a_client_who_answers_twice_shares_the_network_with_nobody_else() -> None:
    claim = declined()
    declined(
        claim=make.claim_submitted(
            account=claim.account, site=make.site(account=claim.client), on=TODAY
        )
    )

    assert not signals(claim).is_network_shared


@pytest.mark.parametrize(
    ("more", "is_shared"), [(timedelta(), True), (A_SECOND, False)], ids=["a day", "more"]
)
def test_what_came_from_a_network_on_other_days_is_no_signal(more, is_shared) -> None:
    claim = declined(after=A_SECOND)
    later = A_SECOND + rules.SIGNALS.network_within + more
    declined(claim=of_another_client(claim), after=later)

    assert signals(claim).is_network_shared == is_shared


@pytest.mark.parametrize(
    ("browser", "is_scanner"),
    [(BROWSER, False), ("LinkScanner/2.0", True), ("HeadlessThing", True), ("", True)],
)
def test_what_is_no_browser_is_called_a_scanner(browser, is_scanner) -> None:
    claim = declined(browser=browser)

    assert signals(claim).is_scanner == is_scanner


def test_signals_are_of_the_answer_in_force() -> None:
    claim = declined(browser="LinkScanner/2.0", after=A_SECOND)
    for verdict, reason in ((Verdict.APPROVE, ""), (Verdict.DECLINE, DeclineReason.OTHER)):
        said = Said(verdict=verdict, name="Carol", reason=reason, user_agent=BROWSER)
        answer(claim.request, said, at=make.noon(TODAY) + timedelta(hours=2))

    found = signals(claim)

    assert (found.is_fast, found.is_scanner) == (False, False)
    assert found.answer_id == Answer.objects.get(claim=claim, ordinal=3).pk
