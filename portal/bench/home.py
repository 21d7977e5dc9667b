"""What the page costs that everybody opens first, for an account with many sites."""

import time
from statistics import median
from typing import Any

from django.test import Client
from django.urls import reverse

from partners.actions.moves import move_sites
from partners.actions.points import attribute, schedule
from partners.models import Account, Membership, Site
from partners.roles import Role
from portal.bench.billing.world import DAY, LONG_AGO, make_world
from portal.bench.statements import statements
from portal.lib import clock
from portal.models import User

SITES = 400
TIMES = 40


class NoPageError(Exception):
    """There was no page to measure."""


def bench_home(accounts: int = SITES) -> dict[str, Any]:
    """Open the home page of an account that was given the sites of all the others.

    Beside it, a view that answers with a word, through the same middleware.
    """
    make_world(accounts=accounts)
    account = Account.objects.get(pk=1)
    others = Site.objects.exclude(account=account).values_list("pk", flat=True)
    move_sites(dict.fromkeys(others, account.pk), on=LONG_AGO)
    person = User.objects.get()
    Membership.objects.create(account=account, user=person, role=Role.OWNER)
    schedule(parameters={}, on=DAY)
    attribute(on=DAY)
    client = Client(HTTP_HOST="localhost")
    client.force_login(person)
    with clock.frozen(DAY):
        return _figures(client, reverse("home:home", args=[account.ref]), sites=accounts)


def _figures(client: Client, page: str, *, sites: int) -> dict[str, Any]:
    _open(client, page)  # templates are read once
    sent = statements(lambda: _open(client, page))
    of_page, of_empty = (_seconds(client, one) for one in (page, reverse("health")))
    return {
        "sites": sites,
        "queries": sent,
        "milliseconds": round(1000 * of_page, 1),
        "milliseconds_of_an_empty_view": round(1000 * of_empty, 1),
        "times_an_empty_view": round(of_page / of_empty, 1),
    }


def _seconds(client: Client, page: str) -> float:
    """Of the usual request."""
    taken = []
    for _ in range(TIMES):
        began = time.monotonic()
        _open(client, page)
        taken.append(time.monotonic() - began)
    return median(taken)


def _open(client: Client, page: str) -> None:
    answer = client.get(page)
    if answer.status_code != 200:  # noqa: PLR2004
        raise NoPageError(f"{page}: {answer.status_code}")
