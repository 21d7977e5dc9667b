"""What the page costs that a client opens from the mail, beside a view that answers with a word."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import reverse

from claims.actions.submit import submit
from claims.links import new_link
from partners.models import Account, Contributor, Site
from portal.bench.billing.world import DAY, LONG_AGO, make_world
from portal.bench.first_byte import milliseconds
from portal.bench.statements import statements
from portal.lib import clock
from portal.models import User

TIMES = 300


def bench_approval(accounts: int = 50) -> dict[str, Any]:
    """Open the approval page of an open request, as often as an empty view and in turns with it."""
    make_world(accounts=accounts)
    with clock.frozen(DAY):
        client = _opened(at=clock.now())
        page, empty = reverse("claims:approval"), reverse("health")
        sent = statements(lambda: client.get(page))
        of_page, of_empty = milliseconds(client, [page, empty], times=TIMES)
    return {
        "queries": sent,
        "bytes": len(client.get(page).content),
        "milliseconds": round(of_page, 2),
        "milliseconds_of_an_empty_view": round(of_empty, 2),
        "times_an_empty_view": round(of_page / of_empty, 2),
    }


def _opened(*, at: datetime) -> Client:
    """The browser of a client who has followed the link."""
    account = Account.objects.get(pk=1)
    site = Site.objects.exclude(account=account).earliest("pk")
    Contributor.objects.create(account=account, site=site, from_on=LONG_AGO)
    claim = submit(account, address=site.address, by=User.objects.get(), at=at)
    link = new_link(claim.request, mail=claim.request.mail)
    client = Client(HTTP_HOST="localhost")
    client.get(link.removeprefix(settings.SITE_URL))
    return client
