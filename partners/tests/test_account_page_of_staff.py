"""An account's page in the admin: the latest of everything it has, for those who may view it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.models import Claim
from partners.models import Account, Site
from portal.lib import clock
from portal.staff.parts import LATEST
from portal.staff.tests import populate
from portal.staff.tests.populate import TODAY, browser, staff

pytestmark = pytest.mark.django_db


def agency() -> Account:
    populate.programme()
    populate.everything(range(1))
    return Claim.objects.get().account


def sections(client, account: Account) -> dict[str, dict]:
    with clock.frozen(TODAY):
        page = client.get(f"/admin/partners/account/{account.pk}/change/")
    return {str(section.title): section.context for section in page.context["sections"]}


def test_everything_of_an_account_is_on_its_page():
    account = agency()

    shown = sections(browser(staff()), account)

    kinds = ["Sites", "Points of this year", "Subscriptions", "Invoices", "Claims it made", "Mail"]
    assert all(shown[kind]["rows"] for kind in kinds)
    assert "points in 2026" in shown["Points of this year"]["summary"]
    assert "renews on" in shown["Subscriptions"]["rows"][0][1]
    assert shown["Claims it made"]["summary"] == "declined: 1"


@pytest.mark.parametrize(
    ("role", "unseen"),
    [
        ("finance", {"Claims it made", "Marketplace"}),
        ("programme manager", {"Subscriptions", "Invoices"}),
        ("support", set()),
    ],
)
def test_a_section_is_shown_only_to_who_may_view_its_kind(role, unseen):
    account = agency()

    shown = sections(browser(staff(role)), account)

    kinds = {"Claims it made", "Marketplace", "Subscriptions", "Invoices", "Sites", "Mail"}
    assert kinds - shown.keys() == unseen


def test_the_lists_behind_it_show_what_is_the_accounts():
    account = agency()
    client = browser(staff())

    for title, part in sections(client, account).items():
        if "url" in part and part["rows"]:
            page = client.get(part["url"])
            assert page.status_code == 200, title
            assert len(page.context["cl"].result_list) >= len(part["rows"]), title


def test_the_page_asks_the_same_for_many_as_for_few():
    account, client = agency(), browser(staff())
    sections(client, account)  # what is asked once a process
    with CaptureQueriesContext(connection) as few:
        sections(client, account)

    Site.objects.bulk_create(
        Site(account=account, address=f"more{number}.example.org") for number in range(30)
    )

    with CaptureQueriesContext(connection) as many:
        shown = sections(client, account)
    assert len(many) == len(few)
    assert len(shown["Sites"]["rows"]) == LATEST
    assert str(shown["Sites"]["count"]) == "32"
