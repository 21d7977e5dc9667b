"""What each page asks of the database: as much for thirty rows as for two."""

from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.rules import Kind
from claims.actions.submit import withdraw
from claims.links import new_link
from claims.models import Verdict
from partners.models import Account
from portal.lib import clock
from portal.mail.models import Message
from portal.testing import builders
from portal.testing.addresses import account_addresses
from portal.testing.builders import TODAY, noon
from portal.testing.worlds import World, empty_account, full_account

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("query counts")]

FEW, MANY = 2, 30

# Every page inside an account with its queries. Four of them are the rehearsed date (which
# production never asks for), the session, the person and their seats. A page not here fails.
QUERIES = {
    "home:home": 12,
    "home:sites": 10,
    "home:sites_csv": 10,
    "home:site": 12,
    "home:forecast": 10,
    "home:forecast_csv": 9,
    "partners:points": 7,
    "partners:programme": 8,
    "partners:ledger_csv": 6,
    "partners:badge": 6,
    "partners:line_question": 6,
    "partners:questions": 6,
    "partners:team": 8,
    "partners:activity": 6,
    "partners:ownership": 6,
    "partners:new_invitation": 4,
    "partners:notifications": 5,
    "partners:marketplace": 9,
    "partners:profile": 6,
    "partners:profile_preview": 6,
    "partners:logo": 6,
    "partners:quotes": 6,
    "partners:quotes_csv": 5,
    "claims:list": 9,
    "claims:csv": 7,
    "claims:claim": 11,
    "claims:submission": 4,
    "claims:answers": 7,
    "claims:answers_csv": 6,
    "billing:overview": 16,
    "billing:invoices": 8,
    "billing:invoices_csv": 6,
    "billing:invoices_zip": 10,
    "billing:lines_csv": 5,
    "billing:invoice": 8,
    "billing:invoice_pdf": 7,
    "billing:credit_note": 7,
    "billing:credit_note_pdf": 6,
    "billing:invoice_address": 4,
    "billing:cards": 7,
    "billing:card_return": 4,
    "billing:card_removal": 13,
    "billing:timeline": 9,
    "billing:timeline_csv": 9,
    "billing:subscription": 12,
    "billing:plan_change": 9,
    "billing:revival": 7,
    "billing:shop": 5,
    "billing:department": 10,
    "billing:purchase": 11,
    "billing:upgrade": 11,
    "billing:site_shop": 6,
    "billing:site_department": 11,
    "billing:site_purchase": 14,
    "billing:coupons": 6,
    "billing:coupon_batch": 7,
    "billing:coupon_batch_csv": 6,
    "billing:coupon_purchase": 8,
    "billing:coupon_order": 8,
    "billing:coupon": 6,
}
FOLLOWED_BY_A_POST = {
    "partners:departure",
    "partners:role",
    "partners:removal",
    "partners:invitation_sending",
    "partners:invitation_revocation",
    "partners:logo_removal",
    "partners:application",
    "partners:application_withdrawal",
    "partners:enrolment",
    "claims:withdrawal",
    "billing:cancellation",
    "billing:cancellation_withdrawal",
    "billing:plan_change_withdrawal",
    "billing:card_default",
    "billing:charged_to",
    "billing:redemption",
}

REHEARSED = 1
HOME_AT_MOST = 11
NEW_HOME_AT_MOST = 18  # it explains each of its first sites
APPROVAL_AT_MOST = 4


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


@pytest.fixture(scope="module")
def few(module_rows) -> World:
    return full_account(owner="Alice", rows=FEW)


@pytest.fixture(scope="module")
def many(module_rows) -> World:
    return full_account(owner="Charlie", rows=MANY)


def queries_of(client: Client, path: str) -> int:
    """How many queries a page takes, read to its end."""
    with CaptureQueriesContext(
        connection,
    ) as asked:
        response = client.get(path)
        _ = response.getvalue()
    assert response.status_code == 200, path
    return len(asked)


def owner_of(world: World) -> Client:
    client = Client()
    client.force_login(world.people["owner"])
    return client


def test_every_page_of_an_account_is_in_the_table():
    assert {a.name for a in account_addresses()} == QUERIES.keys() | FOLLOWED_BY_A_POST


@pytest.mark.parametrize("address", account_addresses(), ids=lambda address: address.name)
def test_page_takes_as_many_queries_for_many_rows_as_for_few(few, many, address):
    if address.name in FOLLOWED_BY_A_POST:
        assert owner_of(few).get(path_of(address, few)).status_code == 405
        return

    counted = [queries_of(owner_of(world), path_of(address, world)) for world in (few, many)]

    assert counted == [QUERIES[address.name]] * 2


def path_of(address: Any, world: World) -> str:
    return reverse(address.name, kwargs=world.arguments(address.arguments, address.route))


@pytest.mark.parametrize(
    ("name", "search"), [("home:sites", "?answer=earned"), ("claims:list", "?state=declined&q=a")]
)
def test_filtered_list_takes_as_many_queries_for_many_rows_as_for_few(few, many, name, search):
    counted = [
        queries_of(owner_of(world), reverse(name, args=[world.account.ref]) + search)
        for world in (few, many)
    ]

    assert counted[0] == counted[1] <= QUERIES[name]


@pytest.mark.parametrize("kind", Kind)
def test_every_shelf_takes_as_many_queries_for_many_sites_as_for_few(few, many, kind):
    counted = [
        queries_of(owner_of(world), reverse("billing:department", args=[world.account.ref, kind]))
        for world in (few, many)
    ]

    assert counted[0] == counted[1] <= QUERIES["billing:department"]


def test_choosing_an_account_takes_as_many_queries_for_many_as_for_few(few, many):
    for n, world in ((1, few), (20, many)):
        for _ in range(n):
            account = builders.account(name="One more", owner="Carol")
            builders.member(account=account, name=world.people["owner"].name)

    counted = [queries_of(owner_of(w), reverse("home:accounts")) for w in (few, many)]

    assert counted[0] == counted[1] == 5


def home_of(name: str, account: Account) -> int:
    client = Client()
    client.force_login(builders.person(name=name))
    return queries_of(client, reverse("home:home", args=[account.ref])) - REHEARSED


def test_home_is_cheap_full_or_empty(many):
    empty = empty_account(owner="Bob")

    assert home_of("Charlie", many.account) <= HOME_AT_MOST
    assert home_of("Bob", empty) <= NEW_HOME_AT_MOST


def test_home_of_a_new_account_costs_the_same_however_many_sites_it_brings():
    one, twenty = (empty_account(owner=name) for name in ("Bob", "Carol"))
    for n in range(21):
        builders.site(account=twenty if n else one)

    counted = [home_of("Bob", one), home_of("Carol", twenty)]

    assert counted[0] == counted[1] <= NEW_HOME_AT_MOST


@pytest.mark.parametrize("search", ["", "?change"])
@pytest.mark.parametrize("state", ["waiting", "answered", "changed", "withdrawn"])
def test_approval_page_is_cheap(few, state, search):
    claim = builders.claim_submitted(account=few.account)
    if state == "withdrawn":
        withdraw(claim, by=few.people["owner"], at=noon(TODAY))
    if state in {"answered", "changed"}:
        builders.answered(claim=claim, verdict=Verdict.DECLINE)
    if state == "changed":
        builders.answered(claim=claim)
    link, client = new_link(claim.request, mail=Message.objects.latest("pk")), Client()
    client.get(link.removeprefix(settings.SITE_URL))

    assert queries_of(client, reverse("claims:approval") + search) <= APPROVAL_AT_MOST
