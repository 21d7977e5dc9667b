"""Staff look through declined claims and put wrong ones right."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connection

from claims.actions.submit import withdraw
from claims.models import Claim, ClaimState, Reinstatement
from partners.models import ContributorApproval
from portal.lib import clock
from portal.mail.models import Message
from portal.staff.tests import populate
from portal.staff.tests.populate import browser, staff
from portal.testing.builders import event

QUEUE = "/admin/claims/claim/?state__exact=declined"


@pytest.fixture
def made(db):
    populate.programme()
    return populate.declined()


def page_for(*claims: Claim) -> str:
    rows = "&".join(f"row={claim.pk}" for claim in claims)
    return f"/admin/claims/claim/reinstatement/?{rows}"


def told(response) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def test_the_queue_shows_who_declined_when_why_and_how_fast(made):
    page = browser(staff("support")).get(QUEUE).content.decode()

    assert "Declined claims to put right" in page
    for words in ("shop1.example.org", "Agency 1", "Client 1", "Carol", "I don’t know them"):
        assert words in page
    assert "4 seconds" in page


def test_a_row_of_the_queue_says_what_looks_wrong_its_age_and_the_next_step(made):
    with clock.frozen(made.claim.state_since + timedelta(days=3)):
        page = browser(staff("support")).get(QUEUE).content.decode()

    for words in (
        "answered within seconds",
        "3\xa0days",
        "The client can change it until June 29, 2026",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("days", "words"), [(14, "The client can change it"), (15, "Final for the client")]
)
def test_the_next_step_says_whether_the_client_can_still_change_it(made, days, words):
    with clock.frozen(made.claim.state_since + timedelta(days=days)):
        page = browser(staff("support")).get(QUEUE).content.decode()

    assert words in page


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("signal=is_fast", True),
        ("signal=is_network_shared", False),
        ("reason=unknown_partner", True),
        ("reason=abuse", False),
    ],
)
def test_the_queue_is_filtered_by_signal_and_reason(made, asked, found):
    page = browser(staff("support")).get(f"{QUEUE}&{asked}")

    assert page.context["cl"].result_list.exists() == found


def test_a_signal_asked_for_outside_the_queue_is_left_aside(made):
    page = browser(staff("support")).get("/admin/claims/claim/?signal=is_fast", follow=True)

    assert page.status_code == 200


def test_the_page_that_asks_says_which_points_follow_for_each_claim(made):
    second = populate.declined(2)
    event(site=made.site, on=date(2026, 5, 1))

    with clock.frozen(populate.TODAY):
        page = browser(staff("support")).get(page_for(made.claim, second.claim))

    words = page.content.decode()
    assert "Upgrade or renewal of May 1, 2026: 100 points for 2026, on June 15, 2026." in words
    assert "No upgrade or renewal so far" in words


def test_what_is_settled_already_has_no_points_to_tell_of(made):
    event(site=made.site, on=date(2026, 5, 1))
    client = browser(staff("support"))
    client.post(page_for(made.claim), {"reason": "Carol rang us."})

    page = client.get(page_for(made.claim)).content.decode()

    assert "Upgrade or renewal of" not in page


def test_the_queue_holds_only_what_is_declined_now(made):
    client, other = browser(staff()), populate.declined(2)
    client.post(page_for(made.claim), {"reason": "Carol rang us."})

    rows = client.get(QUEUE).context["cl"].result_list

    assert [claim.pk for claim in rows] == [other.claim.pk]


def test_the_start_page_says_how_many_wait(made):
    page = browser(staff("support")).get("/admin/")

    queue, _url, backlog = page.context["queues"][0]
    assert (str(queue.title), backlog.count) == ("Declined claims to put right", 1)


def test_a_decline_is_put_right_with_a_reason(made):
    dana = staff("support")

    response = browser(dana).post(
        page_for(made.claim), {"reason": "Carol rang: a slip."}, follow=True
    )

    made.claim.refresh_from_db()
    reinstated = Reinstatement.objects.get(claim=made.claim)
    assert made.claim.state == ClaimState.APPROVED
    assert (reinstated.reinstated_by, reinstated.reason) == (dana, "Carol rang: a slip.")
    assert ContributorApproval.objects.filter(account=made.agency, ended_on=None).exists()
    assert Message.objects.filter(key__contains=":reinstated:").count() == 2
    assert "shop1.example.org for Agency 1: put right." in told(response)
    assert "Put right by Dana" in response.content.decode()


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301])
def test_without_a_fitting_reason_nothing_is_put_right_and_what_was_typed_stays(made, reason):
    response = browser(staff()).post(page_for(made.claim), {"reason": reason})

    made.claim.refresh_from_db()
    assert made.claim.state == ClaimState.DECLINED
    assert response.status_code == 200
    assert response.context["form"].errors["reason"]
    assert reason in response.content.decode()


def test_asking_changes_nothing(made):
    browser(staff()).get(page_for(made.claim))

    assert not Reinstatement.objects.exists()


def test_several_are_put_right_at_once_and_each_is_reported(made):
    second, withdrawn = populate.declined(2), populate.declined(3)
    client = browser(staff())
    client.post(page_for(withdrawn.claim), {"reason": "Earlier."})

    response = client.post(
        page_for(made.claim, second.claim, withdrawn.claim), {"reason": "All slips."}, follow=True
    )

    assert Claim.objects.filter(state=ClaimState.DECLINED).count() == 0
    words = told(response)
    assert "shop1.example.org for Agency 1: put right." in words
    assert "shop2.example.org for Agency 2: put right." in words
    assert "shop3.example.org for Agency 3: put right already, by Dana" in words


def test_what_was_never_declined_is_said_plainly_and_left_alone(made):
    claim = populate.declined(2).claim
    Claim.objects.filter(pk=claim.pk).update(state=ClaimState.LAPSED)

    response = browser(staff()).post(page_for(claim), {"reason": "?"}, follow=True)

    claim.refresh_from_db()
    assert claim.state == ClaimState.LAPSED
    assert "it is not declined but: no answer" in told(response)


def test_the_lists_action_leads_to_the_page_that_asks(made):
    chosen = {"action": "reinstate_claims", "_selected_action": [made.claim.pk]}

    page = browser(staff()).post(QUEUE, chosen, follow=True)

    assert "Why was the decline wrong?" in page.content.decode()
    assert "shop1.example.org" in page.content.decode()


def test_the_claims_own_page_has_the_button_only_while_it_is_declined(made):
    client = browser(staff())
    page = f"/admin/claims/claim/{made.claim.pk}/change/"
    button = f"/admin/claims/claim/{made.claim.pk}/reinstate_this/"

    assert button in client.get(page).content.decode()
    assert client.get(button)["Location"] == page_for(made.claim)
    client.post(page_for(made.claim), {"reason": "A slip."})

    assert button not in client.get(page).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_double_click_puts_it_right_once():
    populate.programme()
    made, dana = populate.declined(), staff()
    start = threading.Barrier(2)
    statuses: list[int] = []

    def click() -> None:
        start.wait()
        try:
            statuses.append(browser(dana).post(page_for(made.claim), {"reason": "A."}).status_code)
        finally:
            connection.close()

    clicks = [threading.Thread(target=click) for _ in range(2)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()

    assert statuses == [302, 302]
    assert Reinstatement.objects.count() == 1
    assert Message.objects.filter(key__contains=":reinstated:").count() == 2


def test_finance_neither_sees_claims_nor_puts_them_right(made):
    client = browser(staff("finance"))

    assert client.get(QUEUE).status_code == 403
    assert client.post(page_for(made.claim), {"reason": "A."}).status_code == 403
    assert not Reinstatement.objects.exists()


def test_a_claims_page_tells_everything_that_happened_with_its_mails(made):
    request_mail = made.claim.request.mail
    client = browser(staff())
    client.post(page_for(made.claim), {"reason": "Carol rang."})

    page = client.get(f"/admin/claims/claim/{made.claim.pk}/change/").content.decode()

    assert f"/admin/mail/message/{request_mail.pk}/change/" in page
    order = ["Submitted by Alice 1", "Request mailed to", "Declined by Carol", "Put right by Dana"]
    places = [page.index(words) for words in order]
    assert places == sorted(places)
    assert "Carol rang." in page


def test_a_waiting_claim_tells_what_comes_next(made):
    other = populate.declined(2)
    Claim.objects.filter(pk=other.claim.pk).update(state=ClaimState.AWAITING)

    page = browser(staff()).get(f"/admin/claims/claim/{other.claim.pk}/change/").content.decode()

    assert "Lapses on July 15, 2026" in page


def test_a_withdrawn_claim_says_who_took_it_back(made):
    Claim.objects.filter(pk=made.claim.pk).update(state=ClaimState.AWAITING)
    withdraw(made.claim, by=made.alice, at=clock.now())

    page = browser(staff()).get(f"/admin/claims/claim/{made.claim.pk}/change/").content.decode()

    assert "Taken back by Alice 1" in page
