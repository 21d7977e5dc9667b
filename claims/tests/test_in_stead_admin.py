"""Staff answer in the client's stead: a queue with age and next step, a choice and a reason."""

import pytest

from claims.models import Claim, ClaimState, StaffAnswer
from claims.tests.test_in_stead import with_our_team
from portal.lib import clock
from portal.staff.tests.populate import browser, staff
from portal.testing.builders import TODAY, noon

pytestmark = pytest.mark.django_db

QUEUE = "/admin/claims/claim/?state__exact=with_staff"


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


@pytest.fixture
def claim() -> Claim:
    return with_our_team()


def page_for(claim: Claim) -> str:
    return f"/admin/claims/claim/in-stead/?row={claim.pk}"


def test_the_queue_says_how_long_each_waits_and_what_to_do(claim) -> None:
    with clock.frozen(noon(TODAY.replace(day=18))):
        page = browser(staff("support")).get(QUEUE).content.decode()

    for words in ("bakery.example", "3\xa0days", "Approve or refuse, with a reason"):
        assert words in page


@pytest.mark.parametrize(
    ("verdict", "state"), [("approve", ClaimState.APPROVED), ("decline", ClaimState.REFUSED)]
)
def test_it_is_answered_with_a_reason_and_leaves_the_queue(claim, verdict, state) -> None:
    dana = staff("support")
    client = browser(dana)

    client.post(page_for(claim), {"verdict": verdict, "reason": "Rang them."})

    claim.refresh_from_db()
    given = StaffAnswer.objects.get(claim=claim)
    assert (claim.state, given.answered_by, given.reason) == (state, dana, "Rang them.")
    assert not client.get(QUEUE).context["cl"].result_list


@pytest.mark.parametrize("typed", [{"reason": "Rang them."}, {"verdict": "approve"}])
def test_without_a_choice_or_a_reason_nothing_is_answered(claim, typed) -> None:
    response = browser(staff("support")).post(page_for(claim), typed)

    claim.refresh_from_db()
    assert (response.status_code, claim.state) == (200, ClaimState.WITH_STAFF)


def test_who_comes_second_is_told_and_changes_nothing(claim) -> None:
    client = browser(staff("support"))
    client.post(page_for(claim), {"verdict": "decline", "reason": "Rang them."})

    response = client.post(page_for(claim), {"verdict": "approve", "reason": "No."}, follow=True)

    claim.refresh_from_db()
    assert claim.state == ClaimState.REFUSED
    assert "answered already" in " ".join(str(one) for one in response.context["messages"])


def test_a_claims_own_page_has_the_button_only_while_it_is_with_our_team(claim) -> None:
    client = browser(staff("support"))
    page = f"/admin/claims/claim/{claim.pk}/change/"
    before = client.get(page).content.decode()

    client.post(page_for(claim), {"verdict": "decline", "reason": "Rang them."})

    assert "answer_this" in before
    assert "answer_this" not in client.get(page).content.decode()


def test_finance_does_not_answer_claims(claim) -> None:
    typed = {"verdict": "approve", "reason": "Why not."}

    assert browser(staff("finance")).post(page_for(claim), typed).status_code == 403

    assert not StaffAnswer.objects.exists()
