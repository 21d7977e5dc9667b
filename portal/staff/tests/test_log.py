"""The history log: every tracked change, who may read it, and how little it asks."""

from datetime import timedelta

import pghistory
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from partners.models import Programme
from partners.models.listings import RemovalReason
from portal.lib import clock
from portal.models import User
from portal.staff import log_pages
from portal.staff.log import Wanted, page, tracked_models
from portal.staff.tests import populate
from portal.staff.tests.populate import browser, staff
from portal.testing import builders

pytestmark = pytest.mark.django_db

LOG = "/admin/portal/historyentry/"


def rename(person: User, name: str, *, by: User | None = None, url: str = "/somewhere/") -> None:
    person.name = name
    if by is None:
        person.save()
        return
    with pghistory.context(user=by.pk, url=url):
        person.save()


def shown(client, **asked) -> list:
    return client.get(LOG, asked).context["entries"]


def test_a_change_says_who_where_what_before_and_after():
    dana = staff()
    bob = User.objects.create_user("bob@alder-ash.example", name="Bob")
    client = browser(dana)

    client.post(f"/admin/portal/user/{bob.pk}/change/", {"name": "Robert", "is_active": "on"})

    newest = shown(client, row=bob.pk, model="portal.user")[0]
    assert (newest.who, newest.where) == ("Dana", f"/admin/portal/user/{bob.pk}/change/")
    assert (newest.kind, newest.name, newest.what) == ("User", "Robert", "changed")
    assert [(f.name, f.before, f.after) for f in newest.fields] == [("Name", "Bob", "Robert")]


def test_what_the_portal_does_by_itself_says_so():
    User.objects.create_user("bob@alder-ash.example", name="Bob")

    entry = shown(browser(staff()), model="portal.user")[1]

    assert (entry.what, entry.who, entry.where) == ("added", "the portal itself", "")


def test_the_reason_of_a_decision_stands_with_what_it_changed():
    listing, client = builders.listed(), browser(staff())
    address = f"/admin/partners/listing/removal/?row={listing.pk}"

    client.post(address, {"reason": RemovalReason.UNREACHABLE, "note": "Three complaints."})

    entry = shown(client, model="partners.listing")[0]
    assert entry.why == f"{RemovalReason.UNREACHABLE.label} – Three complaints."


@pytest.mark.parametrize("role", ["support", "programme manager", "finance"])
def test_only_administrators_read_the_log(role):
    for address in (LOG, f"{LOG}csv/"):
        assert browser(staff(role)).get(address).status_code == 403
        assert browser(staff()).get(address).status_code == 200


@pytest.mark.parametrize(("role", "is_led_there"), [("administrator", True), ("support", False)])
def test_a_persons_page_leads_to_what_they_have_changed(role, is_led_there):
    bob = User.objects.create_user("bob+shop@alder-ash.example", name="Bob")

    response = browser(staff(role)).get(f"/admin/portal/user/{bob.pk}/change/")

    address = f"{LOG}?person=bob%2Bshop%40alder-ash.example"
    assert (address in response.content.decode()) is is_led_there


def test_the_filters_leave_out_everything_else():
    dana, erin = staff(), staff(name="Erin")
    bob = User.objects.create_user("bob@alder-ash.example", name="Bob")
    rename(bob, "By Dana", by=dana, url="/admin/portal/user/")
    rename(bob, "By Erin", by=erin, url="/people/email/")
    client = browser(dana)

    assert [e.name for e in shown(client, person=erin.email)] == ["By Erin"]
    assert [e.name for e in shown(client, where="ADMIN/portal")] == ["By Dana"]
    assert {e.row for e in shown(client, row=bob.pk, model="portal.user")} == {bob.pk}
    assert shown(client, model="partners.programme") == []


def test_days_are_included_from_the_first_to_the_last():
    rename(User.objects.create_user("bob@alder-ash.example"), "Bob")
    client = browser(staff())
    on = clock.date_of(page(Wanted(), size=1)[0].place.at)
    before, after = on - timedelta(days=1), on + timedelta(days=1)

    assert shown(client, first_on=on, last_on=on)
    assert not shown(client, last_on=before)
    assert not shown(client, first_on=after)


def test_an_address_nobody_has_is_refused_with_what_to_do():
    response = browser(staff()).get(LOG, {"person": "nobody@alder-ash.example"})

    assert "Check its spelling" in response.content.decode()
    assert response.context["entries"] == []


def test_pages_follow_each_other_without_a_gap_or_a_change_told_twice(monkeypatch):
    populate.programme()
    populate.everything(range(2))
    monkeypatch.setattr(log_pages, "PAGE_SIZE", 7)
    client, told, query = browser(staff()), [], ""

    while True:
        context = client.get(f"{LOG}?{query}").context
        told += [(e.at, e.kind, e.row, e.what, e.fields) for e in context["entries"]]
        query = context["older"]
        if not query:
            break

    everything = page(Wanted(), size=10_000)
    assert len(told) == len(everything) > 7
    assert [at for at, *_ in told] == [change.place.at for change in everything]


@pytest.mark.parametrize("query", ["at=x&of=y&no=z", "at=2026-13-40T99:00Z&of=portal.user&no=1"])
def test_an_address_that_says_no_place_shows_the_newest(query):
    assert browser(staff()).get(f"{LOG}?{query}").context["is_first"]


def test_every_tracked_model_is_in_the_log_and_can_be_looked_for():
    populate.programme()
    client = browser(staff())

    for label in tracked_models():
        assert client.get(LOG, {"model": label}).status_code == 200, label
    assert shown(client, model="partners.programme", row=Programme.objects.get().pk)


def test_the_log_asks_as_much_for_many_changes_as_for_few():
    bob = User.objects.create_user("bob@alder-ash.example")
    rename(bob, "Bob", by=bob)
    client = browser(staff())
    client.get(LOG)
    with CaptureQueriesContext(connection) as few:
        client.get(LOG)

    for number in range(60):
        rename(bob, f"Bob {number}", by=bob)

    with CaptureQueriesContext(connection) as many:
        client.get(LOG)
    assert len(many) == len(few)


def test_the_download_holds_what_was_asked_for_and_no_more_than_it_may(monkeypatch):
    dana = staff()
    bob = User.objects.create_user("bob@alder-ash.example", name="Bob")
    for number in range(6):
        rename(bob, f"=Bob {number}", by=dana)
    monkeypatch.setattr(log_pages, "EXPORTED_AT_ONCE", 2)
    monkeypatch.setattr(log_pages, "EXPORTED_AT_MOST", 5)

    response = browser(dana).get(f"{LOG}csv/", {"person": dana.email})

    lines = b"".join(response.streaming_content).decode().splitlines()
    assert len(lines) == 1 + 5
    assert "Name: =Bob 4 → =Bob 5" in lines[1]
    assert "'=Bob 5" in lines[1]
