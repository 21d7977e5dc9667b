"""Staff find the right address of a client no mail has reached, and ask again."""

from datetime import date
from typing import Any

import pytest

from claims.models import AddressCorrection, Claim
from portal.lib import clock
from portal.staff.tests.populate import browser, staff
from portal.testing import builders as make

pytestmark = pytest.mark.django_db

QUEUE = "/admin/claims/claim/?unreached=yes"
GIVEN = {"address": "carol@home.example", "reason": "Carol rang us."}


@pytest.fixture
def claim() -> Claim:
    return make.claim_unreached()


def page_for(claim: Claim) -> str:
    return f"/admin/claims/claim/address/?row={claim.pk}"


def told(response: Any) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def test_the_queue_shows_whom_no_mail_reached_and_for_how_long(claim):
    make.claim_submitted(account=claim.account)

    with clock.frozen(date(2026, 6, 20)):
        page = browser(staff("support")).get(QUEUE)

    assert list(page.context["cl"].result_list) == [claim]
    assert "Clients not reached" in page.text
    assert "carol@bakery.example" in page.text
    assert "5 days" in page.text


def test_the_start_page_says_how_many_wait(claim):
    page = browser(staff("support")).get("/admin/")

    counts = {str(queue.title): backlog.count for queue, _url, backlog in page.context["queues"]}
    assert counts["Clients not reached"] == 1


def test_a_client_is_asked_again_at_the_right_address(claim):
    dana = staff("support")

    response = browser(dana).post(page_for(claim), GIVEN, follow=True)

    row = AddressCorrection.objects.get()
    assert (row.request.claim, row.corrected_by, row.is_on_record) == (claim, dana, False)
    assert "asked again at carol@home.example" in told(response)
    assert "carol@bakery.example → carol@home.example" in response.text
    assert "Address corrected by Dana" in response.text
    assert "came back" in response.text


def test_the_address_on_record_is_corrected_with_it(claim):
    browser(staff("support")).post(page_for(claim), {**GIVEN, "is_on_record": "on"})

    claim.client.refresh_from_db()
    assert claim.client.email == "carol@home.example"


def test_who_may_not_change_accounts_corrects_this_request_only(claim):
    manager = browser(staff("programme manager"))

    refused = manager.post(page_for(claim), {**GIVEN, "is_on_record": "on"}, follow=True)
    manager.post(page_for(claim), GIVEN)

    claim.client.refresh_from_db()
    assert "support’s to correct" in told(refused)
    assert claim.client.email == "carol@bakery.example"
    assert AddressCorrection.objects.count() == 1


@pytest.mark.parametrize("field", ["address", "reason"])
def test_without_address_or_reason_nobody_is_asked_and_what_was_typed_stays(claim, field):
    response = browser(staff("support")).post(page_for(claim), {**GIVEN, field: ""})

    assert response.context["form"].errors[field]
    assert not AddressCorrection.objects.exists()
    assert all(value in response.text for name, value in GIVEN.items() if name != field)


def test_nobody_is_asked_a_third_time(claim):
    client = browser(staff("support"))
    client.post(page_for(claim), GIVEN)

    response = client.post(page_for(claim), {**GIVEN, "address": "c@d.example"}, follow=True)

    assert "not asked a third time" in told(response)
    assert AddressCorrection.objects.count() == 1


def test_the_button_is_there_only_where_a_client_was_not_reached(claim):
    reached = make.claim_submitted(account=claim.account)
    client = browser(staff("support"))

    assert "Ask again" in client.get(f"/admin/claims/claim/{claim.pk}/change/").text
    assert "Ask again" not in client.get(f"/admin/claims/claim/{reached.pk}/change/").text


@pytest.mark.parametrize("role", ["finance"])
def test_who_may_not_put_claims_right_does_not_ask_again(claim, role):
    assert browser(staff(role)).post(page_for(claim), GIVEN).status_code == 403

    assert not AddressCorrection.objects.exists()


def test_looking_asks_nobody(claim):
    assert browser(staff("support")).get(page_for(claim)).status_code == 200

    assert not AddressCorrection.objects.exists()
