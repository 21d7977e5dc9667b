"""Who may open which address, by which method: every address, every person, every method.

The tables are the whole portal. An address that is in none of them fails, and so does one that is
gone; what they say is compared with what the view declares and with what it answers.
"""

import importlib.util
from types import ModuleType

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from partners.models import Membership
from partners.roles import ROLES_THAT_CAN, Can, Role
from portal.lib import clock
from portal.testing import builders
from portal.testing.addresses import Address, account_addresses, every_address
from portal.testing.builders import TODAY
from portal.testing.worlds import World, full_account

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("permissions")]

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SEEN = frozenset({"GET", "HEAD"})
FORM = SEEN | {"POST"}
ACT = frozenset({"POST"})

# --- The tables ----------------------------------------------------------------------------------

IN_ACCOUNT = {
    "home:home": (Can.SEE, SEEN),
    "home:sites": (Can.SEE, SEEN),
    "home:sites_csv": (Can.SEE, SEEN),
    "home:site": (Can.SEE, SEEN),
    "home:forecast": (Can.SEE, SEEN),
    "home:forecast_csv": (Can.SEE, SEEN),
    "partners:points": (Can.SEE, SEEN),
    "partners:programme": (Can.SEE, SEEN),
    "partners:ledger_csv": (Can.SEE, SEEN),
    "partners:line_question": (Can.SEE, FORM),
    "partners:questions": (Can.SEE, SEEN),
    "partners:badge": (Can.SEE, SEEN),
    "partners:team": (Can.SEE, SEEN),
    "partners:activity": (Can.SEE_ACTIVITY, SEEN),
    "partners:departure": (Can.SEE, ACT),
    "partners:ownership": (Can.TRANSFER, FORM),
    "partners:role": (Can.MANAGE_TEAM, ACT),
    "partners:removal": (Can.MANAGE_TEAM, ACT),
    "partners:new_invitation": (Can.MANAGE_TEAM, FORM),
    "partners:invitation_sending": (Can.MANAGE_TEAM, ACT),
    "partners:invitation_revocation": (Can.MANAGE_TEAM, ACT),
    "partners:notifications": (Can.SEE, FORM),
    "partners:marketplace": (Can.SEE, SEEN),
    "partners:profile": (Can.MANAGE_LISTING, FORM),
    "partners:profile_preview": (Can.SEE, SEEN),
    "partners:logo": (Can.MANAGE_LISTING, FORM),
    "partners:logo_removal": (Can.MANAGE_LISTING, ACT),
    "partners:application": (Can.MANAGE_LISTING, ACT),
    "partners:application_withdrawal": (Can.MANAGE_LISTING, ACT),
    "partners:quotes": (Can.SEE_QUOTES, SEEN),
    "partners:quotes_csv": (Can.SEE_QUOTES, SEEN),
    "partners:enrolment": (Can.JOIN, ACT),
    "claims:list": (Can.SEE, SEEN),
    "claims:csv": (Can.SEE, SEEN),
    "claims:claim": (Can.SEE, SEEN),
    "claims:submission": (Can.SUBMIT_CLAIMS, FORM),
    "claims:answers": (Can.SUBMIT_CLAIMS, SEEN),
    "claims:answers_csv": (Can.SUBMIT_CLAIMS, SEEN),
    "claims:withdrawal": (Can.SUBMIT_CLAIMS, ACT),
    "billing:overview": (Can.SEE_BILLING, SEEN),
    "billing:invoices": (Can.SEE_BILLING, SEEN),
    "billing:invoices_csv": (Can.SEE_BILLING, SEEN),
    "billing:invoices_zip": (Can.SEE_BILLING, SEEN),
    "billing:lines_csv": (Can.SEE_BILLING, SEEN),
    "billing:credit_note": (Can.SEE_BILLING, SEEN),
    "billing:credit_note_pdf": (Can.SEE_BILLING, SEEN),
    "billing:invoice": (Can.SEE_BILLING, SEEN),
    "billing:invoice_pdf": (Can.SEE_BILLING, SEEN),
    "billing:invoice_address": (Can.PAY, FORM),
    "billing:cards": (Can.PAY, FORM),
    "billing:card_return": (Can.PAY, FORM),
    "billing:card_default": (Can.PAY, ACT),
    "billing:card_removal": (Can.PAY, FORM),
    "billing:charged_to": (Can.PAY, ACT),
    "billing:timeline": (Can.SEE_BILLING, SEEN),
    "billing:timeline_csv": (Can.SEE_BILLING, SEEN),
    "billing:subscription": (Can.SEE_BILLING, SEEN),
    "billing:plan_change": (Can.PAY, FORM),
    "billing:plan_change_withdrawal": (Can.PAY, ACT),
    "billing:revival": (Can.PAY, FORM),
    "billing:shop": (Can.PAY, SEEN),
    "billing:department": (Can.PAY, SEEN),
    "billing:purchase": (Can.PAY, FORM),
    "billing:upgrade": (Can.PAY, SEEN),
    "billing:site_shop": (Can.PAY, SEEN),
    "billing:site_department": (Can.PAY, SEEN),
    "billing:site_purchase": (Can.PAY, FORM),
    "billing:coupons": (Can.SEE_BILLING, SEEN),
    "billing:coupon_batch": (Can.SEE_BILLING, SEEN),
    "billing:coupon_batch_csv": (Can.SEE_BILLING, SEEN),
    "billing:coupon_purchase": (Can.PAY, SEEN),
    "billing:coupon_order": (Can.PAY, FORM),
    "billing:coupon": (Can.PAY, FORM),
    "billing:redemption": (Can.PAY, ACT),
    "billing:cancellation": (Can.PAY, ACT),
    "billing:cancellation_withdrawal": (Can.PAY, ACT),
}

# Whoever is signed in, in whatever account.
SIGNED_IN = {
    "home:accounts": SEEN,
    "home:new_account": FORM,
}

# Everyone. What is not there, or not theirs to answer, is 404 all the same.
PUBLIC = {
    "start": SEEN,
    "health": SEEN,
    "set_language": frozenset(METHODS),  # Django's own: only a POST sets it, the rest redirect
    "partners:badge_svg": SEEN,
    "partners:badge_png": SEEN,
    "partners:verify": SEEN,
    "partners:invitation": FORM,
    "partners:unsubscription": FORM,  # whoever has the link of a mail
    "partners:directory": SEEN,
    "partners:sitemap": SEEN,
    "partners:partner": SEEN,
    "partners:quote": FORM,
    "partners:logo_image": SEEN,  # of an account that is listed; of others, their own and staff's
    "claims:approval": FORM,
    "claims:approval_link": SEEN,
    "billing:webhook": ACT,  # of a gateway that is not in use, not there
    "mail:provider_events": ACT,  # of a provider that is not in use, not there
}

# Everyone, in a rehearsal only.
REHEARSAL = {
    "rehearsal:mailbox": SEEN,
    "rehearsal:message": SEEN,
    "rehearsal:message_html": SEEN,
    "rehearsal:clock": FORM,
    "rehearsal:codes": SEEN,
}

# allauth's: how people come in, and what only they see of their sign-in.
SIGNING_IN = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_email_verification_sent",
    "account_reset_password",
    "account_confirm_login_code",
    "account_confirm_email",
    "account_reset_password_from_key_done",
    "account_reset_password_from_key",
    "account_reset_password_done",
    "mfa_authenticate",
    "mfa_login_webauthn",
}
OWN_SIGN_IN = {
    "account_reauthenticate",
    "account_email",
    "account_change_password",
    "account_set_password",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_view_recovery_codes",
    "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_reauthenticate_webauthn",
    "mfa_remove_webauthn",
    "mfa_edit_webauthn",
}

STAFF = "admin:"  # a namespace of its own; its inside is tested with the staff pages

TABLES = (IN_ACCOUNT, SIGNED_IN, PUBLIC, REHEARSAL, SIGNING_IN, OWN_SIGN_IN)
MAY_BE_CALLED_BY = {name: methods for name, (_, methods) in IN_ACCOUNT.items()} | SIGNED_IN


def addresses(names: object) -> list[Address]:
    return [address for address in every_address() if address.name in names]  # type: ignore[operator]


# --- The tables are the portal -------------------------------------------------------------------


def test_every_address_is_in_one_table_and_every_entry_is_an_address():
    real = [a.name for a in every_address() if not a.name.startswith(STAFF)]

    listed = [name for table in TABLES for name in table]

    assert sorted(real) == sorted(listed)


@pytest.mark.parametrize("address", account_addresses(), ids=lambda address: address.name)
def test_view_declares_what_the_table_says(address):
    assert address.permission == IN_ACCOUNT[address.name][0]
    assert address.asks_to_sign_in


def test_pages_with_a_permission_are_those_under_an_account():
    under_an_account = {a.name for a in every_address() if a.route.startswith("a/")}

    assert under_an_account == {a.name for a in account_addresses()} == IN_ACCOUNT.keys()


def test_only_public_pages_do_without_signing_in():
    free = {a.name for a in every_address() if not a.asks_to_sign_in}

    assert free == PUBLIC.keys() | REHEARSAL.keys() | SIGNING_IN | {"admin:login"}


def test_production_has_no_rehearsal_pages(settings):
    settings.REHEARSAL = False

    routes = [str(pattern.pattern) for pattern in _read_anew("portal.urls").urlpatterns]

    assert "rehearsal/" not in routes
    assert "health/" in routes


def _read_anew(name: str) -> ModuleType:
    """A module as these settings make it, beside the one that is in use."""
    spec = importlib.util.find_spec(name)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- The answers ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(module_rows) -> World:
    made = full_account()
    made.people["a stranger"] = full_account(owner="Charlie", rows=1).people["owner"]
    made.people["staff without a seat"] = builders.person(name="Dana")
    return made


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


def signed_in(world: World, who: str) -> Client:
    client = Client()
    if who != "anonymous":
        client.force_login(world.people[who])
    return client


def path_of(address: Address, world: World) -> str:
    return reverse(address.name, kwargs=world.arguments(address.arguments, address.route))


def outcome(client: Client, method: str, path: str) -> str:
    """What came of a request, in a word; whatever it changed is put back."""
    with transaction.atomic():
        response = client.generic(method, path, content_type="application/x-www-form-urlencoded")
        _ = response.getvalue()
        transaction.set_rollback(True)
    if response.status_code == 302 and response["Location"].startswith(reverse("account_login")):
        return "sign in"
    words = {200: "ok", 302: "ok", 403: "forbidden", 404: "not found", 405: "no such method"}
    return words.get(response.status_code, str(response.status_code))


def expected(name: str, method: str, who: str) -> str:
    """What the tables say."""
    if who == "anonymous":
        return "sign in"
    if method not in MAY_BE_CALLED_BY[name]:
        return "no such method"
    if name in SIGNED_IN:
        return "ok"
    if who not in {role.value for role in Role}:
        return "not found"
    return "ok" if Role(who) in ROLES_THAT_CAN[IN_ACCOUNT[name][0]] else "forbidden"


@pytest.mark.parametrize(
    "who", ["anonymous", "a stranger", "staff without a seat", *(role.value for role in Role)]
)
def test_everyone_gets_exactly_what_the_table_gives_them(world, who):
    client = signed_in(world, who)
    cells = [(address, method) for address in addresses(MAY_BE_CALLED_BY) for method in METHODS]

    answers = {
        (address.name, method): outcome(client, method, path_of(address, world))
        for address, method in cells
    }

    assert answers == {cell: _corrected(expected(*cell, who), cell, who) for cell in answers}


def _corrected(told: str, cell: tuple[str, str], who: str) -> str:
    """The owner's claim cannot be withdrawn by a member: it is not theirs, and so not there."""
    is_not_theirs = cell == ("claims:withdrawal", "POST") and who == Role.MEMBER
    return "not found" if is_not_theirs else told


@pytest.mark.parametrize("who", ["anonymous", "a stranger", "owner", "staff without a seat"])
def test_public_pages_answer_everyone_alike(world, who):
    client, tables = signed_in(world, who), PUBLIC | REHEARSAL
    not_there = {"claims:approval", "claims:approval_link", "rehearsal:message", "billing:webhook"}
    not_there |= {"rehearsal:message_html", "partners:unsubscription", "mail:provider_events"}

    for address in addresses(tables):
        for method in METHODS:
            allowed = "not found" if address.name in not_there else "ok"
            told = allowed if method in tables[address.name] else "no such method"
            assert (address.name, method, outcome(client, method, path_of(address, world))) == (
                address.name,
                method,
                told,
            )


@pytest.mark.parametrize("who", ["anonymous", "owner"])
def test_own_sign_in_is_shown_to_nobody_else_and_nothing_breaks(world, who):
    client = signed_in(world, who)
    known = {"key": "abc", "uidb36": "1", "pk": 1}

    for address in addresses(SIGNING_IN | OWN_SIGN_IN):
        path = reverse(address.name, kwargs={name: known[name] for name in address.arguments})
        for method in METHODS:
            answer = outcome(client, method, path)
            assert not answer.startswith("5"), (address.name, method)
            if address.name in OWN_SIGN_IN and who == "anonymous":
                assert answer == "sign in", (address.name, method)


# --- Strangers, and things of others -------------------------------------------------------------


@pytest.mark.parametrize("who", ["owner", "a stranger", "staff without a seat"])
def test_account_that_does_not_exist_is_not_found(world, who):
    client = signed_in(world, who)

    for address in addresses(IN_ACCOUNT):
        known = world.arguments(address.arguments, address.route) | {"account_ref": "nosuchone"}
        method = "GET" if "GET" in MAY_BE_CALLED_BY[address.name] else "POST"
        assert outcome(client, method, reverse(address.name, kwargs=known)) == "not found"


def test_things_of_another_account_are_not_found_in_ones_own(world):
    mine = Membership.objects.get(user=world.people["a stranger"]).account
    client = signed_in(world, "a stranger")
    with_a_thing = [a for a in addresses(IN_ACCOUNT) if a.arguments & {"ref", "site_ref"}]

    for address in with_a_thing:
        known = world.arguments(address.arguments, address.route) | {"account_ref": mine.ref}
        for method in MAY_BE_CALLED_BY[address.name]:
            path = reverse(address.name, kwargs=known)
            assert (path, outcome(client, method, path)) == (path, "not found")
    assert len(with_a_thing) >= 6


@pytest.mark.parametrize(
    "path",
    ["/a/x%00/", "/a/x%00/sites/", "/verify/x%00/", "/badges/x%00/light.svg", "/approval/x%00/"]
    + ["/rehearsal/mailbox/x%00/", f"/a/{'x' * 10_000}/", "/a/%C3%A9/", "/a/%FF/"],
)
def test_address_that_no_reference_looks_like_is_not_found(world, path):
    assert outcome(signed_in(world, "owner"), "GET", path) == "not found"


# --- Seats that end or change --------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
def test_removed_member_is_out_with_the_next_request(world, role):
    client, home = signed_in(world, role.value), reverse("home:home", args=[world.account.ref])
    assert outcome(client, "GET", home) == "ok"
    builders.member(account=world.account, name="Heir", role=Role.OWNER)

    Membership.objects.filter(user=world.people[role.value], account=world.account).delete()

    assert outcome(client, "GET", home) == "not found"


def test_role_that_is_taken_away_ends_with_the_next_request(world):
    client, billing = signed_in(world, "admin"), reverse("billing:cards", args=[world.account.ref])
    assert outcome(client, "GET", billing) == "ok"

    Membership.objects.filter(user=world.people["admin"]).update(role=Role.MEMBER)

    assert outcome(client, "GET", billing) == "forbidden"


def test_person_whose_login_was_closed_is_asked_to_sign_in(world):
    client, home = signed_in(world, "owner"), reverse("home:home", args=[world.account.ref])

    type(world.people["owner"]).objects.filter(pk=world.people["owner"].pk).update(is_active=False)

    assert outcome(client, "GET", home) == "sign in"


# --- The admin -----------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["anonymous", "owner", "staff without a seat"])
def test_admin_is_closed_to_all_but_staff_with_a_second_factor(world, who):
    client = signed_in(world, who)

    for address in every_address():
        if address.name.startswith(STAFF) and address.name != "admin:logout":
            path = "/" + _plain(address.route)
            for method in ("GET", "POST"):
                response = client.generic(method, path)
                assert response.status_code in {302, 403, 404}, (method, path)
                if response.status_code == 302:
                    assert _leads_out(response["Location"]), (method, path)


def _plain(route: str) -> str:
    """An address of the admin with something in the place of each argument."""
    parts = route.removesuffix("$").split("/")
    return "/".join("1" if "<" in part else part for part in parts)


def _leads_out(location: str) -> bool:
    return location.startswith((reverse("account_login"), reverse("mfa_index"), "/admin/login/"))


# --- Forms ---------------------------------------------------------------------------------------


def test_nothing_is_posted_without_the_forms_token(world):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(world.people["owner"])
    posted = [a for a in addresses(MAY_BE_CALLED_BY) if "POST" in MAY_BE_CALLED_BY[a.name]]

    refused = {a.name: outcome(strict, "POST", path_of(a, world)) for a in posted}

    assert refused == dict.fromkeys(refused, "forbidden")
