"""Every decision of staff: who may, what is kept of it, and that it is done once."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client, RequestFactory

from portal.lib import clock
from portal.models import User
from portal.staff.log import tracked_models
from portal.staff.roles import ROLES
from portal.staff.site import admin_site
from portal.staff.tests.deeds import DEEDS, Deed, decisions
from portal.staff.tests.populate import browser, staff
from portal.staff.tests.traces import traces
from portal.testing import builders as make
from portal.testing.builders import TODAY, noon
from portal.testing.races import at_once
from portal.testing.snapshot import changed, snapshot

pytestmark = pytest.mark.django_db

AT = noon(TODAY)
HIDDEN = re.compile(r'name="(seen-\d+)" value="([^"]*)"')

every_deed = pytest.mark.parametrize("deed", DEEDS, ids=str)


@pytest.fixture(autouse=True)
def _today():
    make.programme()
    with clock.frozen(AT):
        yield


def who_may(deed: Deed, *, name: str = "Dana") -> User:
    return staff(next(role for role in ROLES if deed.decision.permission in ROLES[role]), name=name)


def filled_in(deed: Deed, row: Model, client: Client) -> tuple[str, dict[str, str]]:
    """The page's address and what is sent from it, once it was looked at."""
    address = f"{deed.page}?row={row.pk}"
    page = client.get(address)
    assert page.status_code == 200
    return address, {**deed.typed(row), **dict(HIDDEN.findall(page.text))}


def send(deed: Deed, row: Model, client: Client) -> Callable[[], Any]:
    address, typed = filled_in(deed, row, client)

    def post() -> Any:
        with clock.frozen(AT):
            return client.post(address, typed)

    return post


def test_every_decision_has_its_deed_here():
    assert [deed.of for deed in DEEDS] == list(dict.fromkeys(deed.of for deed in DEEDS))
    assert {deed.of for deed in DEEDS} == decisions().keys()


@every_deed
def test_looking_at_its_page_changes_nothing(deed):
    dana = who_may(deed)
    address, client = f"{deed.page}?row={deed.waiting(dana).pk}", browser(dana)
    before = snapshot()

    answers = [client.get(address), client.head(address), client.get(deed.page)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert changed(before) == []


@every_deed
def test_it_is_kept_who_did_it_and_why(deed):
    dana = who_may(deed)
    done = send(deed, deed.waiting(dana), browser(dana))
    before, known = snapshot(), traces(dana)

    answer = done()

    left = [trace for trace in traces(dana) if trace not in known]
    assert answer.status_code == 302
    assert changed(before)
    assert left
    assert any(deed.why in trace for trace in left)


@every_deed
def test_a_second_click_changes_nothing_more(deed):
    dana = who_may(deed)
    click = send(deed, deed.waiting(dana), browser(dana))
    click()
    before = snapshot()

    again = click()

    assert again.status_code == 302
    assert changed(before) == []


@pytest.mark.parametrize(
    ("deed", "role"),
    [
        (deed, role)
        for deed in DEEDS
        for role in (*ROLES, "no role")
        if deed.decision.permission not in ROLES.get(role, ())
    ],
    ids=str,
)
def test_who_may_not_is_refused_and_nothing_changes(deed, role):
    row = deed.waiting(who_may(deed))
    client, address = browser(staff(role, name="Erin")), f"{deed.page}?row={row.pk}"
    before = snapshot()

    answers = [client.get(address), client.post(address, deed.typed(row))]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert changed(before) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deed", [deed for deed in DEEDS if not deed.is_own], ids=str)
def test_of_two_at_once_one_does_it(deed):
    dana, erin = who_may(deed), who_may(deed, name="Erin")
    row = deed.waiting(dana)
    clicks = [send(deed, row, browser(person)) for person in (dana, erin)]

    answers = at_once(*clicks)

    assert [answer.status_code for answer in answers] == [302, 302]
    assert sorted(bool(traces(person)) for person in (dana, erin)) == [False, True]


@pytest.mark.parametrize("admin", admin_site._registry.values(), ids=lambda one: str(one.opts))
def test_what_staff_may_edit_keeps_its_history(admin):
    request = RequestFactory().get("/admin/")
    request.user = staff(is_superuser=True)

    may_edit = admin.has_change_permission(request) or admin.has_delete_permission(request)

    assert not may_edit or admin.opts.label_lower in tracked_models()
