"""Each role sees and does what its row of the table says, and nothing else."""

import pytest
from django.contrib.auth.models import Group, Permission

from portal.models import User
from portal.staff.roles import ROLES, ensure_roles
from portal.staff.site import admin_site
from portal.staff.tests.populate import browser, staff

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_the_lists_it_may_see_and_no_other(role):
    client = browser(staff(role))

    for model in admin_site._registry:
        app, name = model._meta.app_label, model._meta.model_name
        may_see = f"{app}.view_{name}" in ROLES[role]
        status = client.get(f"/admin/{app}/{name}/").status_code
        assert status == (200 if may_see else 403), (role, app, name)


@pytest.mark.parametrize("role", ROLES)
def test_the_sidebar_leads_nowhere_the_role_may_not_go(role):
    client = browser(staff(role))

    for group in client.get("/admin/").context["sidebar_navigation"]:
        for item in group["items"]:
            assert client.get(item["link"]).status_code == 200, item["title"]


@pytest.mark.parametrize(
    ("role", "address", "status"),
    [
        ("support", "claims/abusereport/finding/", 200),
        ("programme manager", "claims/abusereport/finding/", 200),
        ("administrator", "claims/abusereport/finding/", 200),
        ("finance", "claims/abusereport/finding/", 403),
        ("finance", "claims/abusereport/", 403),
        ("support", "claims/claim/reinstatement/", 200),
        ("programme manager", "claims/claim/reinstatement/", 200),
        ("administrator", "claims/claim/reinstatement/", 200),
        ("finance", "claims/claim/reinstatement/", 403),
        ("support", "claims/claim/in-stead/", 200),
        ("programme manager", "claims/claim/in-stead/", 200),
        ("finance", "claims/claim/in-stead/", 403),
        ("support", "claims/claim/merger/", 200),
        ("programme manager", "claims/claim/merger/", 200),
        ("administrator", "claims/claim/merger/", 200),
        ("finance", "claims/claim/merger/", 403),
        ("finance", "billing/sale/add/", 200),
        ("support", "billing/sale/add/", 403),
        ("programme manager", "billing/sale/add/", 403),
        ("programme manager", "partners/programmeyear/add/", 200),
        ("finance", "partners/programmeyear/add/", 403),
        ("finance", "billing/nonprofitverification/add/", 200),
        ("support", "billing/nonprofitverification/add/", 403),
        ("finance", "billing/parkedaccount/taking-up/", 200),
        ("support", "billing/parkedaccount/taking-up/", 403),
        ("support", "billing/subscription/coming/", 200),
        ("programme manager", "billing/subscription/coming/", 403),
    ],
)
def test_what_a_role_may_do(role, address, status):
    assert browser(staff(role)).get(f"/admin/{address}").status_code == status


def test_the_groups_hold_what_the_table_says_after_migrating():
    for role, names in ROLES.items():
        held = Group.objects.get(name=role).permissions.values_list(
            "content_type__app_label", "codename"
        )
        assert {f"{app}.{codename}" for app, codename in held} == names


def test_making_the_roles_again_takes_back_what_was_added_by_hand():
    support = Group.objects.get(name="support")
    support.permissions.add(Permission.objects.get(codename="change_invoice"))

    ensure_roles()
    ensure_roles()

    assert not support.permissions.filter(codename="change_invoice").exists()
    assert Group.objects.count() == len(ROLES)


def test_an_administrator_gives_a_role_but_never_makes_a_superuser():
    erin = User.objects.create_user("erin@platform.example")
    finance = Group.objects.get(name="finance")

    browser(staff()).post(
        f"/admin/portal/user/{erin.pk}/change/",
        {
            "name": "Erin",
            "is_active": "on",
            "is_staff": "on",
            "is_superuser": "on",
            "groups": [finance.pk],
            "email": "other@platform.example",
        },
    )

    erin.refresh_from_db()
    assert erin.is_staff
    assert not erin.is_superuser
    assert erin.email == "erin@platform.example"
    assert list(erin.groups.all()) == [finance]


def test_an_administrator_cannot_change_a_superuser():
    root = User.objects.create_superuser("root@platform.example")

    response = browser(staff()).post(f"/admin/portal/user/{root.pk}/change/", {"name": "x"})

    assert response.status_code == 403


def test_support_cannot_change_people():
    alice = User.objects.create_user("alice@agency.example")

    response = browser(staff("support")).post(f"/admin/portal/user/{alice.pk}/change/", {})

    assert response.status_code == 403
