"""What each page asks of the database: as much for thirty rows as for two."""

from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims.links import new_link
from claims.models import Claim
from portal.lib import clock
from portal.mail.models import Message
from portal.testing import builders
from portal.testing.addresses import account_addresses
from portal.testing.builders import TODAY
from portal.testing.worlds import World, empty_account, full_account

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("query counts")]

FEW, MANY = 2, 30

# Every page inside an account with its queries; the session, the person, the rehearsed date, the seat
# and the account switcher are five of them. A page that is not here fails.
QUERIES = {
    "home:home": 0,
    "home:sites": 0,
    "home:sites_csv": 0,
    "partners:programme": 0,
    "partners:ledger_csv": 0,
    "partners:badge": 0,
    "partners:team": 0,
    "partners:marketplace": 0,
    "claims:list": 0,
    "claims:csv": 0,
    "claims:claim": 0,
    "claims:submission": 0,
    "billing:overview": 0,
    "billing:invoices": 0,
    "billing:invoices_csv": 0,
    "billing:invoice": 0,
    "billing:cards": 0,
    "billing:upgrade": 0,
}
FOLLOWED_BY_A_POST = {
    "partners:enrolment",
    "claims:withdrawal",
    "billing:cancellation",
    "billing:cancellation_withdrawal",
}

HOME_AT_MOST = 14
APPROVAL_AT_MOST = 6


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
    """How many queries a page takes, once what is kept for all requests is there."""
    with CaptureQueriesContext(connection, ) as asked:
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
    ("name", "search"), [("home:sites", "?state=credited"), ("claims:list", "?state=declined&q=a")]
)
def test_filtered_list_takes_as_many_queries_for_many_rows_as_for_few(few, many, name, search):
    paths = {w: reverse(name, args=[w.account.ref]) + search for w in (few, many)}

    counted = [queries_of(owner_of(world), path) for world, path in paths.items()]

    assert counted[0] == counted[1] <= QUERIES[name]


def test_choosing_an_account_takes_as_many_queries_for_many_as_for_few(few, many):
    for n, world in ((1, few), (20, many)):
        for _ in range(n):
            account = builders.account(name="One more", owner="Carol")
            builders.member(account=account, name=world.people["owner"].name)

    counted = [queries_of(owner_of(w), reverse("home:accounts")) for w in (few, many)]

    assert counted == [4, 4]


def test_home_is_cheap_full_or_empty(many):
    empty = empty_account(owner="Bob")
    bob = Client()
    bob.force_login(builders.person(name="Bob"))

    assert queries_of(bob, reverse("home:home", args=[empty.ref])) <= HOME_AT_MOST
    assert QUERIES["home:home"] <= HOME_AT_MOST


def test_approval_page_is_cheap(few):
    client, claim = Client(), Claim.objects.filter(pk=few.claim.pk).get()
    link = new_link(claim.request, mail=Message.objects.latest("pk"))
    client.get(link.partition("://")[2].partition("/")[1] + link.partition("://")[2].partition("/")[2])

    assert queries_of(client, reverse("claims:approval")) <= APPROVAL_AT_MOST
