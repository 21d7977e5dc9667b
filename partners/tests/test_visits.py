"""Staff see an account's pages as its owner does: for a reason, for a while, and only to read."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from partners.access import read_only
from partners.actions.visits import begin_visit, end_visit
from partners.errors import OnVisitAlreadyError
from partners.models import Account, StaffVisit
from partners.roles import LOOKING_ON
from partners.rules import STAFF_VISIT
from portal.lib import clock
from portal.staff.roles import ROLES
from portal.staff.tests.populate import browser, staff
from portal.testing import builders as make
from portal.testing.addresses import account_addresses
from portal.testing.builders import TODAY, noon
from portal.testing.worlds import World, full_account

AT = noon(TODAY)
A_SECOND = timedelta(seconds=1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _noon():
    with clock.frozen(AT):
        yield


@pytest.fixture
def studio() -> Account:
    make.programme()
    return make.studio()


@pytest.fixture
def support():
    return staff("support")


@pytest.fixture
def looking_on(studio, support) -> Client:
    """Somebody of support, on a visit to the studio."""
    begin_visit(studio, reason="They asked us to", by=support, at=AT)
    return browser(support)


def home(account: Account) -> str:
    return reverse("home:home", args=[account.ref])


# --- Beginning -----------------------------------------------------------------------------------


def look_on(client: Client, account: Account, **typed: str):
    page = f"{reverse('admin:partners_account_visit')}?row={account.pk}"
    return client.post(page, typed)


def test_a_visit_begins_with_a_reason_and_leads_to_the_accounts_home(studio, support):
    response = look_on(browser(support), studio, reason="They asked us to")

    visit = StaffVisit.objects.get()
    assert (response.status_code, response["Location"]) == (302, home(studio))
    assert (visit.by, visit.account, visit.reason) == (support, studio, "They asked us to")
    assert (visit.began_at, visit.ends_at) == (AT, AT + STAFF_VISIT)


def test_without_a_reason_there_is_none(studio, support):
    response = look_on(browser(support), studio, reason=" ")

    assert response.status_code == 200
    assert not StaffVisit.objects.exists()


def test_asking_for_the_page_begins_nothing(studio, support):
    browser(support).get(f"{reverse('admin:partners_account_visit')}?row={studio.pk}")

    assert not StaffVisit.objects.exists()


@pytest.mark.parametrize("role", ROLES)
def test_who_may_look_on(studio, role):
    response = look_on(browser(staff(role)), studio, reason="Curious")

    may = role in {"support", "administrator"}
    assert response.status_code == (302 if may else 403)
    assert StaffVisit.objects.exists() is may


def test_another_visit_ends_the_one_before(studio, support):
    bakery = make.bakery()
    first = begin_visit(studio, reason="One", by=support, at=AT)
    begin_visit(bakery, reason="Two", by=support, at=AT + A_SECOND)

    first.refresh_from_db()
    assert first.ended_at == AT + A_SECOND
    assert browser(support).get(home(studio)).status_code == 404


def test_looking_on_twice_is_one_visit(studio, support):
    begin_visit(studio, reason="One", by=support, at=AT)

    with pytest.raises(OnVisitAlreadyError):
        begin_visit(studio, reason="Two", by=support, at=AT + STAFF_VISIT - A_SECOND)

    assert begin_visit(studio, reason="Two", by=support, at=AT + STAFF_VISIT)


def test_a_second_click_leads_to_the_visit_that_is_going_on(studio, support):
    client = browser(support)
    page = f"/admin/partners/account/visit/?row={studio.pk}"
    client.post(page, {"reason": "They asked us to"})

    answer = client.post(page, {"reason": "They asked us to"})

    assert answer["Location"] == home(studio)
    assert StaffVisit.objects.count() == 1


# --- Looking on ----------------------------------------------------------------------------------


def test_every_page_says_that_somebody_of_staff_looks_on(studio, looking_on):
    text = looking_on.get(home(studio)).content.decode()

    assert "Nothing can be changed from here, and this visit is recorded." in text
    assert "Join now" not in text


def test_nothing_to_do_is_offered_beside_the_team(studio, looking_on):
    make.member(account=studio)

    text = looking_on.get(reverse("partners:team", args=[studio.ref])).content.decode()

    assert "Remove" not in text
    assert "Change" not in text.partition("<main")[2].partition("</main")[0]


def test_other_accounts_are_not_there(looking_on):
    assert looking_on.get(home(make.bakery())).status_code == 404


def test_without_a_visit_the_account_is_not_there(studio, support):
    assert browser(support).get(home(studio)).status_code == 404


def test_a_visit_is_nobody_elses(studio, looking_on):
    assert browser(staff("administrator")).get(home(studio)).status_code == 404


@pytest.mark.parametrize(
    ("after", "status"),
    [(STAFF_VISIT - A_SECOND, 200), (STAFF_VISIT, 404), (STAFF_VISIT + A_SECOND, 404)],
)
def test_it_ends_in_time(studio, looking_on, after, status):
    with clock.frozen(AT + after):
        assert looking_on.get(home(studio)).status_code == status


def test_it_ends_when_its_visitor_leaves(studio, looking_on, support):
    visit = StaffVisit.objects.get()

    looking_on.post(f"{reverse('admin:partners_staffvisit_ending')}?row={visit.pk}")

    visit.refresh_from_db()
    assert visit.ended_at == AT
    assert looking_on.get(home(studio)).status_code == 404


def test_leaving_twice_changes_nothing(studio, support):
    begin_visit(studio, reason="They asked us to", by=support, at=AT)

    assert [end_visit(support, at=AT), end_visit(support, at=AT + A_SECOND)] == [True, False]


def test_who_loses_the_permission_is_out_with_the_next_request(studio, looking_on, support):
    support.groups.clear()

    assert looking_on.get(home(studio)).status_code == 404


def test_who_is_not_of_staff_any_more_is_out_with_the_next_request(studio, looking_on, support):
    support.is_staff = False
    support.save()

    assert looking_on.get(home(studio)).status_code == 404


def test_without_a_second_factor_there_is_no_visit(studio, looking_on, support):
    support.authenticator_set.all().delete()

    assert looking_on.get(home(studio)).status_code == 404


# --- Read-only, however one tries ----------------------------------------------------------------


@pytest.fixture
def world() -> World:
    with clock.frozen(TODAY):
        return full_account()


def test_everything_is_read_as_the_owner_does_and_nothing_is_changed(world, support):
    begin_visit(world.account, reason="They asked us to", by=support, at=AT)
    client = browser(support)

    for address in account_addresses():
        path = reverse(address.name, kwargs=world.arguments(address.arguments, address.route))
        seen, done = client.get(path).status_code, client.post(path).status_code
        expected = {200, 302} if address.permission in LOOKING_ON else {403}
        assert seen in expected | {405}, (address.name, seen)
        assert done in {403, 405}, (address.name, done)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_no_method_changes_anything(studio, looking_on, method):
    path = reverse("partners:enrolment", args=[studio.ref])

    assert getattr(looking_on, method)(path).status_code in {403, 405}
    assert not hasattr(Account.objects.get(), "enrolment")


def test_the_database_itself_refuses_what_a_page_might_write(studio):
    with pytest.raises(DatabaseError, match="read-only transaction"), read_only():
        studio.save()


# --- What is kept --------------------------------------------------------------------------------


def test_a_visit_keeps_who_where_when_and_why(studio, support):
    visit = begin_visit(studio, reason="They asked us to", by=support, at=AT)

    with pytest.raises(DatabaseError, match="fixed_fields"), transaction.atomic():
        StaffVisit.objects.filter(pk=visit.pk).update(reason="Nothing")
    with pytest.raises(DatabaseError, match="delete"), transaction.atomic():
        visit.delete()
