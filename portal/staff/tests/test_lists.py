"""Every list of the admin: its cost, its search, and what can be done to its rows."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.models import Invoice, Subscription
from claims.models import Claim
from partners.models import Account, PointsEntry, Site
from portal.models import HistoryEntry
from portal.staff.admins import ReadOnlyAdmin
from portal.staff.site import admin_site
from portal.staff.start.tallies import tallies
from portal.staff.tests import populate
from portal.staff.tests.populate import browser, staff

pytestmark = pytest.mark.django_db

QUEUES = (
    "/admin/claims/claim/?state__exact=declined",
    "/admin/claims/claim/?unreached=yes",
    "/admin/mail/message/?life=came_back",
    "/admin/claims/claim/?state__exact=with_staff",
    "/admin/partners/adjustmentrequest/?decision=awaited",
    "/admin/partners/linequestion/?answer=open",
    "/admin/billing/refundrequest/?decision=awaited",
)
# Every fact has a page of its own; the history log stands for the rows of many tables.
READ_ONLY = [
    model
    for model, page in admin_site._registry.items()
    if isinstance(page, ReadOnlyAdmin) and model is not HistoryEntry
]


def list_address(model) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def lists() -> list[str]:
    return [*(list_address(model) for model in admin_site._registry), *QUEUES, "/admin/"]


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client.get(address)
    assert response.status_code == 200, address
    return len(captured)


def test_no_list_asks_more_for_fifty_rows_than_for_three():
    client = browser(staff(is_superuser=True))
    populate.programme()
    populate.everything(range(3))
    for address in lists():
        client.get(address)  # what is asked once a process
    few = {address: queries(client, address) for address in lists()}

    populate.everything(range(3, 50))

    many = {address: queries(client, address) for address in lists()}
    assert many == few
    of_the_start_page = many.pop("/admin/")
    assert max(many.values()) <= 12
    # One for each queue and tally; of the rest, what is coming takes six.
    assert of_the_start_page - len(admin_site.queues) - len(tallies) <= 13


def test_every_list_can_be_searched_for_an_account():
    populate.programme()
    populate.everything(range(2))
    made = Claim.objects.select_related("account").earliest("pk")
    client = browser(staff())

    for model in (Account, Site, Claim, PointsEntry, Subscription, Invoice):
        page = client.get(list_address(model), {"q": made.account.ref})
        found = page.context["cl"].result_list
        assert 0 < len(found) < model.objects.count(), model


@pytest.mark.parametrize(
    "typed",
    ["Agency 1", "agency 1", "OFFICE1@agency.example", "shop1.example", "alice1@agency.example"],
)
def test_a_claim_is_found_by_agency_site_and_address(typed):
    populate.programme()
    for number in (1, 2):
        populate.declined(number)

    page = browser(staff()).get("/admin/claims/claim/", {"q": typed})

    assert [claim.site.address for claim in page.context["cl"].result_list] == ["shop1.example.org"]


def test_what_is_not_there_is_not_found():
    populate.programme()
    populate.declined()

    page = browser(staff()).get("/admin/claims/claim/", {"q": "100%"})

    assert not page.context["cl"].result_list


@pytest.mark.parametrize("model", READ_ONLY, ids=lambda model: model.__name__)
def test_facts_cannot_be_added_changed_or_deleted_by_anyone(model):
    client = browser(staff(is_superuser=True))
    populate.programme()
    populate.everything(range(1))
    row = model.objects.first()
    base = list_address(model)

    assert client.get(f"{base}{row.pk}/change/").status_code == 200
    for address in ("add/", f"{row.pk}/change/", f"{row.pk}/delete/"):
        assert client.post(base + address, {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    client.post(base, chosen)
    assert model.objects.filter(pk=row.pk).exists()
