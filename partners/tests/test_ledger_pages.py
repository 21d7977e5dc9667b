"""The ledger as its partner reads, searches and takes it along."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from partners.actions.approvals import end_approval
from partners.actions.points import attribute, void_event
from partners.ledger import LedgerLine
from partners.models import Account, PointsEntry
from partners.models.points import EntryKind, VoidReason
from partners.queries import ledger
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
    return make.enrolled(on=date(2025, 1, 2))


def lines(account: Account) -> list[LedgerLine]:
    """Oldest first."""
    return [LedgerLine(entry) for entry in reversed(ledger(account))]


def alice() -> Client:
    client = Client()
    client.force_login(make.person(name="Alice"))
    return client


def page(account: Account, search: str = "") -> str:
    return alice().get(reverse("partners:points", args=[account.ref]) + search).content.decode()


# --- Words ---------------------------------------------------------------------------------------


def test_a_credit_says_what_happened_by_which_value_and_that_it_counts(studio):
    make.credited(site=make.site(account=studio), on=date(2026, 3, 1))

    [line] = lines(studio)

    assert line.what_for == "Renewed on March 1, 2026"
    assert line.by_rule == "100 points for a site of your own in 2026"
    assert line.state == "Counts"


def test_a_clients_site_is_told_from_ones_own(studio):
    site = make.clients_site()
    make.event(site=site, on=date(2026, 3, 1))
    make.approved(account=studio, site=site, on=date(2026, 4, 1))
    attribute(on=date(2026, 4, 1))

    [line] = lines(studio)

    assert line.by_rule == "100 points for a client’s site in 2026"


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (VoidReason.REFUND, "What was paid for March 1, 2026 was refunded"),
        (VoidReason.CHARGEBACK, "The bank took back what was paid for March 1, 2026"),
    ],
)
def test_a_reversal_says_why_and_which_line_it_takes_back(studio, reason, words):
    entry = make.credited(site=make.site(account=studio), on=date(2026, 3, 1))
    make.refunded(entry=entry, on=date(2026, 5, 1), reason=reason)

    credit, reversal = lines(studio)

    assert reversal.what_for == words
    assert reversal.state == "Takes back the line of March 15, 2026"
    assert credit.state == "Taken back on May 1, 2026"


def test_an_approval_taken_back_is_told_apart_from_a_refund_that_came_after(studio):
    site = make.clients_site()
    event = make.event(site=site, on=date(2026, 3, 1))
    make.approved(account=studio, site=site, on=date(2026, 4, 1))
    attribute(on=date(2026, 4, 1))
    end_approval(account=studio, site=site, on=date(2026, 5, 1))
    void_event(event, reason=VoidReason.REFUND, on=date(2026, 5, 2))

    *_, reversal = lines(studio)

    assert reversal.what_for == "The client’s approval was taken back"


# --- The page ------------------------------------------------------------------------------------


@pytest.fixture
def two_lines(studio) -> list[PointsEntry]:
    """A credit of each year; that of this year is taken back."""
    old = make.credited(site=make.site(account=studio, address="old.example"), on=date(2025, 3, 1))
    new = make.credited(site=make.site(account=studio, address="new.example"), on=date(2026, 3, 1))
    make.refunded(entry=new, on=date(2026, 5, 1))
    return [old, new]


@pytest.mark.parametrize(
    ("search", "shown"),
    [
        ("", ["new.example", "new.example", "old.example"]),
        ("?q=old", ["old.example"]),
        ("?q=OLD", ["old.example"]),
        ("?year=2026", ["new.example", "new.example"]),
        ("?year=2025", ["old.example"]),
        ("?lines=gained", ["new.example", "old.example"]),
        ("?lines=lost", ["new.example"]),
        ("?year=2025&lines=lost", []),
    ],
)
def test_the_ledger_is_narrowed_down(studio, two_lines, search, shown):
    response = alice().get(reverse("partners:points", args=[studio.ref]) + search)

    assert [line.entry.site.address for line in response.context["entries"]] == shown


@pytest.mark.parametrize("search", ["?year=1066", "?year=abc", "?lines=nonsense", "?page=abc"])
def test_a_search_that_makes_no_sense_shows_everything(studio, two_lines, search):
    response = alice().get(reverse("partners:points", args=[studio.ref]) + search)

    assert len(response.context["entries"]) == 3


def test_lines_of_another_account_are_not_in_it(studio, two_lines):
    other = make.bakery()
    make.enrolled(account=other)
    make.credited(site=make.site(account=other, address="loaf.example"), on=date(2026, 3, 1))

    assert "loaf.example" not in page(studio)


def test_an_empty_ledger_says_when_points_arrive(studio):
    assert "The first arrive after the waiting period" in page(studio)


def test_a_search_without_a_line_says_so(studio, two_lines):
    assert "No line fits" in page(studio, "?q=nowhere")


def test_the_csv_has_the_lines_that_were_searched_for(studio, two_lines):
    path = reverse("partners:ledger_csv", args=[studio.ref])

    text = alice().get(f"{path}?year=2025").getvalue().decode()

    header, line = text.removeprefix("\ufeff").splitlines()
    assert header.split(",")[:3] == ["credited_on", "event_on", "site"]
    assert line.split(",")[:3] == ["2025-03-15", "2025-03-01", "old.example"]


def test_an_adjustment_reads_as_its_note(studio):
    PointsEntry.objects.create(
        account=studio,
        programme_year_id=2026,
        kind=EntryKind.ADJUSTMENT,
        points=50,
        credited_on=TODAY,
        note="Put right by hand",
        entered_by=make.person(name="Dana"),
    )

    [line] = lines(studio)

    assert (line.what_for, line.by_rule, line.state) == ("Put right by hand", "", "Counts")
