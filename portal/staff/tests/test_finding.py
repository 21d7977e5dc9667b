"""Finding anything: what is found by what, who finds it, and what it costs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import Invoice
from portal.models import User
from portal.staff import bounds
from portal.staff.site import admin_site
from portal.staff.tests import populate
from portal.staff.tests.populate import browser, staff

pytestmark = pytest.mark.django_db


def found(client, term: str) -> dict[str, list[str]]:
    """What the page shows, by kind."""
    groups = client.get("/admin/find/", {"q": term}).context["groups"]
    return {str(group.kind.title): [words for _, words, _ in group.rows] for group in groups}


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("Agency 1", "Accounts"),
        ("  agency 1 ", "Accounts"),
        ("office1@AGENCY.example", "Accounts"),
        ("alice1@agency.example", "People"),
        ("https://www.shop1.example.org/", "Sites"),
        ("shop1.exa", "Sites"),
        ("shop1.example.org", "Claims"),
    ],
)
def test_each_kind_is_found_by_what_people_know_of_it(typed, kind):
    populate.programme()
    for number in (1, 2):
        populate.declined(number)

    groups = found(browser(staff()), typed)

    assert len(groups[kind]) == 1


def test_a_claim_and_its_mail_are_found_by_the_address_asked():
    populate.programme()
    made = populate.declined(1)
    populate.declined(2)

    groups = found(browser(staff()), made.claim.request.sent_to)

    assert groups["Claims"] == ["shop1.example.org"]
    assert "Please confirm" in groups["Mail"]


@pytest.mark.parametrize("thing", ["account", "site", "claim", "alice"])
def test_everything_is_found_by_its_reference(thing):
    populate.programme()
    made = populate.declined(1)
    populate.declined(2)

    groups = found(browser(staff()), getattr(made, thing, made.agency).ref)

    assert [len(rows) for rows in groups.values()] == [1]


def test_an_invoice_is_found_by_its_number():
    populate.programme()
    populate.everything(range(1))
    number = Invoice.objects.earliest("pk").number

    groups = found(browser(staff()), number.lower())

    assert groups == {"Invoices": [number]}


@pytest.mark.parametrize("typed", ["100%", "_gency 1", "gency 1", "nobody"])
def test_what_nothing_begins_with_is_not_found(typed):
    populate.programme()
    populate.declined(1)

    page = browser(staff()).get("/admin/find/", {"q": typed})

    assert not page.context["groups"]
    assert "Nothing begins with that" in page.content.decode()


def test_only_ten_are_shown_with_the_way_to_all_of_them():
    populate.programme()
    User.objects.bulk_create(
        User(email=f"p{number}@agency.example", name=f"Quill {number}") for number in range(12)
    )

    page = browser(staff()).get("/admin/find/", {"q": "quill"})

    [group] = page.context["groups"]
    assert (len(group.rows), str(group.count)) == (10, "12")
    assert group.url == "/admin/portal/user/?q=quill"
    assert "All 12…" in page.content.decode()


def test_counting_stops():
    assert str(bounds.Bounded(bounds.COUNTED - 1)) == "999"
    assert str(bounds.Bounded(bounds.COUNTED)) == "1,000 or more"


@pytest.mark.parametrize(
    ("role", "unseen"),
    [("finance", {"Claims"}), ("programme manager", {"Invoices"}), ("administrator", set())],
)
def test_nobody_finds_what_their_role_may_not_view(role, unseen):
    populate.programme()
    populate.everything(range(1))
    client = browser(staff(role))
    invoice = Invoice.objects.earliest("pk")

    seen = {*found(client, "shop0.example.org"), *found(client, invoice.number)}

    assert {"Sites", "Claims", "Invoices"} - seen == unseen


def test_finding_asks_the_same_for_many_as_for_one():
    populate.programme()
    populate.everything(range(1))
    client = browser(staff())
    found(client, "agency")  # what is asked once a process
    with CaptureQueriesContext(connection) as few:
        found(client, "agency")

    populate.everything(range(1, 13))

    with CaptureQueriesContext(connection) as many:
        found(client, "agency")
    assert len(many) == len(few) <= 2 * len(admin_site.findable) + 8


def test_the_field_stands_on_every_page_of_the_admin():
    client = browser(staff())

    pages = [client.get(address).content.decode() for address in ("/admin/", "/admin/portal/user/")]

    assert all('action="/admin/find/"' in page for page in pages)
