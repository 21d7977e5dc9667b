"""Sites: earned, coming or why not; and one site with every event it was judged by."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from billing.actions.cancel import cancel
from claims.models import Verdict
from partners.actions.points import attribute
from partners.explanations import Reason
from partners.models import Account, Site
from portal.home.views.sites import WHY
from portal.lib import clock
from portal.testing import builders as make
from portal.testing.builders import TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


@pytest.fixture
def studio() -> Account:
    """One site earned, one on its way, one expected, one with nothing."""
    account = make.enrolled(on=date(2025, 1, 2))
    make.credited(site=make.site(account=account, address="earned.example"), on=date(2026, 3, 1))
    make.event(site=make.site(account=account, address="on-its-way.example"), on=TODAY)
    make.subscription_bought(
        site=make.site(account=account, address="expected.example"), on=date(2025, 10, 1)
    )
    attribute(on=TODAY)
    make.site(account=account, address="bare.example")
    return account


def alice() -> Client:
    client = Client()
    client.force_login(make.person(name="Alice"))
    return client


def sites(account: Account, search: str = ""):
    return alice().get(reverse("home:sites", args=[account.ref]) + search)


def site_page(account: Account, site: Site):
    return alice().get(reverse("home:site", args=[account.ref, site.ref]))


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize(
    ("search", "shown"),
    [
        ("", ["bare.example", "earned.example", "expected.example", "on-its-way.example"]),
        ("?answer=earned", ["earned.example"]),
        ("?answer=coming", ["on-its-way.example", "expected.example"]),
        ("?answer=why-not", ["bare.example"]),
        ("?answer=coming&q=way", ["on-its-way.example"]),
        ("?reason=no_premium_plan", ["bare.example"]),
        ("?answer=earned&reason=no_premium_plan", []),
    ],
)
def test_sites_are_shown_by_their_answer_the_soonest_first(studio, search, shown):
    response = sites(studio, search)

    assert [one.site.address for one in response.context["sites"]] == shown


def test_each_answer_says_how_many_sites_have_it(studio):
    tabs = sites(studio, "?answer=earned").context["tabs"]

    assert [(tab.key, tab.count, tab.is_chosen) for tab in tabs] == [
        ("", 4, False),
        ("earned", 1, True),
        ("coming", 2, False),
        ("why-not", 1, False),
    ]


@pytest.mark.parametrize("search", ["?answer=nonsense", "?reason=nonsense"])
def test_a_search_that_makes_no_sense_shows_everything(studio, search):
    assert len(sites(studio, search).context["sites"]) == 4


def test_every_reason_can_be_searched_for():
    assert WHY.keys() == set(Reason)


def test_the_csv_has_the_sites_that_were_searched_for(studio):
    path = reverse("home:sites_csv", args=[studio.ref])

    text = alice().get(f"{path}?answer=earned").getvalue().decode()

    assert [line.split(",")[0] for line in text.splitlines()[1:]] == ["earned.example"]


# --- One site ------------------------------------------------------------------------------------


def test_a_site_has_its_answer_its_events_and_its_lines(studio):
    response = site_page(studio, Site.objects.get(address="earned.example"))

    text = text_of(response)
    assert "100 points for 2026, credited on March 15, 2026" in text
    assert "It earned 100 points for 2026 on March 15, 2026." in text
    assert len(response.context["entries"]) == 1


def test_of_a_monthly_plan_one_event_earns_and_the_others_say_why_not(studio):
    site = make.site(account=studio)
    for month in (2, 3, 4):
        make.event(site=site, on=date(2026, month, 1))
    attribute(on=TODAY)

    events = site_page(studio, site).context["events"]

    assert [one.label for one in events] == ["Already earned", "Already earned", "Earned"]
    assert "a site earns once a year" in events[0].sentence


def test_a_refunded_event_says_so(studio):
    site = Site.objects.get(address="earned.example")
    make.refunded(entry=studio.entries.get(site=site))

    [event] = site_page(studio, site).context["events"]

    assert (event.label, event.tone) == ("Refunded", "mute")


def test_an_event_of_before_last_january_is_not_among_them(studio):
    site = make.site(account=studio)
    make.event(site=site, on=date(2024, 12, 31))
    make.event(site=site, on=date(2025, 1, 1))

    assert len(site_page(studio, site).context["events"]) == 1


def test_a_claimed_site_leads_to_its_claim_and_keeps_the_clients_events_to_itself(studio):
    claim = make.claim_submitted(account=studio)
    make.event(site=claim.site, on=date(2026, 3, 1))

    response = site_page(studio, claim.site)

    assert claim.ref in text_of(response)
    assert response.context["events"] == []


def test_once_the_client_has_approved_the_events_are_there(studio):
    claim = make.claim_submitted(account=studio)
    make.event(site=claim.site, on=date(2026, 3, 1))
    make.answered(claim=claim, verdict=Verdict.APPROVE)

    [event] = site_page(studio, claim.site).context["events"]

    assert event.label == "On its way"


def test_a_site_neither_owned_nor_claimed_is_not_found(studio):
    assert site_page(studio, make.clients_site()).status_code == 404


def test_a_plan_that_ends_says_when(studio):
    site = make.site(account=studio)
    subscription = make.subscription_bought(site=site, on=date(2025, 10, 1))
    attribute(on=date(2025, 12, 1))
    cancel(subscription, by=make.person(name="Alice"), at=clock.now())

    assert "ends on Oct. 1, 2026 and does not renew" in text_of(site_page(studio, site))
