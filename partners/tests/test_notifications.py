"""What people choose to be told, on their page or from a mail; and a link that does just that."""

import pytest
from django.core import mail, signing
from django.test import Client
from django.urls import reverse

from partners.actions.notifications import choose
from partners.actions.tell_ranks import tell_ranks
from partners.audience import audience, choices_of
from partners.models import Account, Choice, Membership, NotificationChoice
from partners.notifications import every_kind, named, register, unsubscribe_token
from partners.roles import Can, Role
from partners.tests.telling import wants
from portal.lib import clock
from portal.mail import letters
from portal.mail.actions.hand_over import send_due
from portal.mail.letters import SecretLink
from portal.mail.models import Message
from portal.models import User
from portal.testing import builders as make
from portal.testing.builders import TODAY, noon
from portal.testing.races import at_once

pytestmark = pytest.mark.django_db

# A client who is asked about a claim is no partner who is notified.
TO_CLIENTS = {
    "claims/request",
    "claims/follow_up",
    "claims/answer_receipt",
    "claims/reinstated_client",
}
CHOSEN = [kind for kind in every_kind() if kind.is_chosen]


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


@pytest.fixture
def studio() -> Account:
    return make.studio()


@pytest.fixture
def alice() -> User:
    return make.person(name="Alice")


def kept() -> list[tuple[str, str]]:
    return list(NotificationChoice.objects.order_by("kind").values_list("kind", "choice"))


# --- The table of kinds --------------------------------------------------------------------------


@pytest.mark.parametrize("letter", list(letters.kinds()))
def test_every_letter_belongs_to_one_kind_or_goes_to_a_client(letter):
    kinds = [
        kind.key
        for kind in every_kind()
        if any(
            letter == own or (own.endswith("/") and letter.startswith(own)) for own in kind.letters
        )
    ]

    assert len(kinds) == (letter not in TO_CLIENTS)


@pytest.mark.parametrize("letter", list(letters.kinds()))
def test_what_can_be_turned_off_says_how_and_nothing_else_does(letter):
    is_chosen = any(letter in kind.letters for kind in CHOSEN)

    sample = letters.sample(letter, language="en")

    assert bool(sample.unsubscribe_url) is is_chosen
    assert ("/notifications/" in sample.text) is is_chosen
    assert ("/notifications/" in sample.html) is is_chosen


def test_what_always_comes_says_why():
    always = {kind.key for kind in every_kind() if not kind.is_chosen}

    assert always == {
        "team",
        "ledger",
        "badge",
        "marketplace",
        "quotes",
        "sign_in",
        "payments",
        "prices",
    }
    assert all(kind.why_always for kind in every_kind() if not kind.is_chosen)
    assert all(kind.choices[0] is not Choice.OFF for kind in CHOSEN)


def test_two_kinds_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two kinds"):
        register(named("points"))


# --- Choosing ------------------------------------------------------------------------------------


def test_who_has_chosen_nothing_gets_the_defaults_and_has_no_row(studio, alice):
    assert choices_of(alice, studio) == {kind.key: kind.default for kind in every_kind()}
    assert kept() == []


def test_only_what_differs_from_the_default_leaves_a_row(studio, alice):
    choose(alice, studio, {"points": Choice.WEEKLY, "rank": Choice.ON}, at=noon(TODAY))

    assert kept() == [("points", "weekly")]


def test_back_at_the_default_the_row_is_gone(studio):
    wants("points", Choice.OFF, account=studio)
    wants("points", Choice.WEEKLY, account=studio)
    wants("rank", Choice.OFF, account=studio)

    wants("points", Choice.DAILY, account=studio)

    assert kept() == [("rank", "off")]


@pytest.mark.django_db(transaction=True)
def test_two_choices_at_once_leave_one():
    studio, alice = make.studio(), make.person(name="Alice")

    at_once(
        lambda: choose(alice, studio, {"points": Choice.WEEKLY}, at=noon(TODAY)),
        lambda: choose(alice, studio, {"points": Choice.OFF}, at=noon(TODAY)),
    )

    assert len(kept()) == 1


def test_a_choice_is_for_one_account_and_one_person(studio, alice):
    other = make.account(name="Second studio", owner="Alice")
    make.member(account=studio, name="Bob")
    wants("rank", Choice.OFF, account=studio)

    told = [(seat.account.name, seat.user.name) for seat in audience("rank", [studio.pk, other.pk])]

    assert told == [("Studio", "Bob"), ("Second studio", "Alice")]


def test_who_left_and_came_back_is_as_unsubscribed_as_before(studio):
    make.member(account=studio, name="Bob")
    wants("rank", Choice.OFF, account=studio, name="Bob")
    Membership.objects.filter(user=make.person(name="Bob")).delete()

    make.member(account=studio, name="Bob")

    assert [seat.user.name for seat in audience("rank", [studio.pk])] == ["Alice"]


@pytest.mark.parametrize(
    ("key", "roles"),
    [
        ("points", set(Role)),
        ("claims", {Role.OWNER, Role.ADMIN, Role.MEMBER}),
        ("cards", {Role.OWNER, Role.ADMIN, Role.BILLING}),
    ],
)
def test_a_kind_goes_to_the_roles_that_may_see_what_it_is_about(studio, key, roles):
    for role in (Role.ADMIN, Role.MEMBER, Role.BILLING):
        make.member(account=studio, name=role.value, role=role)

    assert {seat.role for seat in audience(key, [studio.pk])} == roles


# --- The page ------------------------------------------------------------------------------------


def page_of(account: Account) -> str:
    return reverse("partners:notifications", args=[account.ref])


def signed_in(name: str = "Alice") -> Client:
    client = Client()
    client.force_login(make.person(name=name))
    return client


def test_the_page_has_a_switch_for_what_is_chosen_and_a_reason_for_the_rest(studio):
    page = signed_in().get(page_of(studio))

    assert list(page.context["form"].fields) == [kind.key for kind in CHOSEN]
    for kind in every_kind():
        assert str(kind.name) in page.content.decode()
        assert str(kind.why_always) in page.content.decode()


def test_a_role_sees_the_kinds_it_gets_and_no_others(studio):
    make.member(account=studio, name="Bob", role=Role.MEMBER)

    page = signed_in("Bob").get(page_of(studio))

    gets = [kind.key for kind in CHOSEN if kind.permission in {Can.SEE, Can.SUBMIT_CLAIMS}]
    assert list(page.context["form"].fields) == gets
    assert str(named("payments").why_always) not in page.content.decode()


def test_what_is_chosen_on_the_page_is_kept_and_said(studio, alice):
    chosen = {"points": "weekly", "rank": "on", "cards": "on", "renewals": "on"}

    page = signed_in().post(page_of(studio), chosen, follow=True)

    assert kept() == [("claims", "off"), ("points", "weekly")]
    assert "Saved." in page.content.decode()
    assert page.context["form"]["points"].value() == "weekly"


@pytest.mark.parametrize("typed", [{}, {"points": "hourly"}, {"points": "on"}])
def test_a_frequency_that_is_none_is_refused_and_nothing_is_kept(studio, typed):
    page = signed_in().post(page_of(studio), typed)

    assert page.status_code == 200
    assert page.context["form"].errors
    assert kept() == []


def test_the_page_is_in_the_persons_menu(studio):
    team = signed_in().get(reverse("partners:team", args=[studio.ref]))

    assert page_of(studio) in team.content.decode()


# --- Unsubscribing from a mail -------------------------------------------------------------------


def link(account: Account, *, kind: str = "points", name: str = "Alice") -> str:
    token = unsubscribe_token(kind, user=make.person(name=name), account=account)
    return reverse("partners:unsubscription", args=[token])


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_the_link_changes_nothing_and_shows_one_button(studio, method):
    page = getattr(Client(), method)(link(studio))

    assert page.status_code == 200
    assert kept() == []
    if method == "get":
        assert page.content.decode().count("<button") == 1


def test_a_mail_program_unsubscribes_by_its_own_button_without_login_or_forms_token(studio):
    strict = Client(enforce_csrf_checks=True)

    done = strict.post(link(studio), {"List-Unsubscribe": "One-Click"})

    assert done.status_code == 200
    assert kept() == [("points", "off")]


def test_posting_twice_is_posting_once(studio):
    for _n in range(2):
        Client().post(link(studio))

    assert kept() == [("points", "off")]


@pytest.mark.parametrize("before", [Choice.DAILY, Choice.WEEKLY])
def test_undo_brings_back_what_was_chosen_before(studio, alice, before):
    wants("points", before, account=studio)
    page = Client().post(link(studio))

    Client().post(link(studio), {"restore": page.context["restore"]})

    assert choices_of(alice, studio)["points"] == before


def test_it_turns_off_this_kind_for_this_person_and_nothing_else(studio, alice):
    make.member(account=studio, name="Bob")

    Client().post(link(studio, kind="rank"))

    assert [seat.user.name for seat in audience("rank", [studio.pk])] == ["Bob"]
    assert choices_of(alice, studio)["points"] == Choice.DAILY


def test_a_restoring_that_is_none_of_the_kinds_choices_turns_it_off(studio):
    Client().post(link(studio, kind="rank"), {"restore": "weekly"})

    assert kept() == [("rank", "off")]


def test_the_page_is_kept_by_nobody_and_found_by_nobody(studio):
    page = Client().get(link(studio))

    assert "no-store" in page["Cache-Control"]
    assert page["X-Robots-Tag"] == "noindex, nofollow"


def _tampered(token: str) -> list[str]:
    user, account, kind, signature = token.split(".")
    other = make.person(name="Bob").ref
    return [
        f"{other}.{account}.{kind}.{signature}",
        f"{user}.{account}.rank.{signature}",
        f"{user}.{account}.{kind}",
        f"{user}.{account}.{kind}.{signature[:-1]}",
        f"{user}.{account}.{kind}." + "A" * 5000,
        signing.Signer(salt="another", sep=".").sign(f"{user}.{account}.{kind}"),
        "x\x00",
    ]


@pytest.mark.parametrize("n", range(7))
def test_a_link_somebody_has_altered_is_not_found_and_changes_nothing(studio, alice, n):
    token = _tampered(unsubscribe_token("points", user=alice, account=studio))[n]
    address = reverse("partners:unsubscription", args=[token])

    answers = [Client().get(address).status_code, Client().post(address).status_code]

    assert answers == [404, 404]
    assert kept() == []


@pytest.mark.parametrize("kind", ["payments", "sign_in", "no_such_kind"])
def test_what_always_comes_has_no_link_even_if_it_is_signed(studio, kind):
    assert Client().post(link(studio, kind=kind)).status_code == 404


def test_the_link_of_a_person_who_is_gone_is_not_found(studio):
    make.member(account=studio, name="Bob")
    address = link(studio, name="Bob")
    make.person(name="Bob").delete()

    assert Client().post(address).status_code == 404


# --- The mail itself -----------------------------------------------------------------------------


@pytest.fixture
def smtp(settings):
    """Mail goes to Django's outbox, as it would to a server."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def sent(account: Account) -> mail.EmailMessage:
    """A mail that can be turned off, as a server gets it."""
    make.enrolled(account=account)
    account.standings.create(programme_year_id=TODAY.year, points=1000)
    tell_ranks(on=TODAY)
    send_due(at=noon(TODAY))
    return mail.outbox[0]


def test_the_headers_are_those_of_rfc_8058(studio, alice, smtp, settings):
    settings.SITE_URL = "https://portal.example"

    headers = sent(studio).message()

    token = unsubscribe_token("rank", user=alice, account=studio)
    assert headers["List-Unsubscribe"] == f"<https://portal.example/notifications/{token}/>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_the_address_is_whole_on_the_wire_however_long_it_is(studio, smtp, settings):
    settings.SITE_URL = "https://a-rather-long-name-of-a-partner-portal.example"

    raw = sent(studio).message().as_bytes().decode()

    [line] = [line for line in raw.splitlines() if line.startswith(" <https://a-rather-long")]
    assert line.endswith("/>")


def test_following_the_header_unsubscribes(studio, alice, smtp, settings):
    header = sent(studio).message()["List-Unsubscribe"]

    Client().post(header.strip("<>").removeprefix(settings.SITE_URL))

    assert choices_of(alice, studio)["rank"] == Choice.OFF


def test_a_mail_that_always_comes_has_no_such_header(studio, smtp):
    make.subscription_bought(account=studio)

    send_due(at=noon(TODAY))

    headers = mail.outbox[0].message()
    assert Message.objects.get().kind == "billing/receipt"
    assert "List-Unsubscribe" not in headers
    assert "List-Unsubscribe-Post" not in headers


def test_the_link_is_sent_and_not_kept_outside_rehearsal(studio, smtp, settings):
    settings.REHEARSAL = False

    body = sent(studio).body

    message = Message.objects.get(kind="partners/rank_changed")
    links = [word for word in body.split() if "/notifications/" in word]
    assert len(links) == 2
    assert message.text.count("/notifications/") == 1
    assert "[link removed]" in message.text


def test_the_footer_says_why_it_came_and_leads_to_the_page(studio, smtp):
    body = " ".join(sent(studio).body.split())

    assert "because you have “Rank changed” switched on for Studio" in body
    assert page_of(studio) in body


def test_a_token_is_a_secret_link():
    sample = letters._letters["partners/rank_changed"].sample()

    assert isinstance(sample["unsubscribe_url"], SecretLink)
