"""The pages as they come: every one renders, says how it is to be kept, and changes nothing."""

import html
import re
from urllib.parse import quote

import pytest
from django.conf import settings as project_settings
from django.core import signing
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse

from claims.actions.answer import Said, answer
from claims.links import new_link
from claims.models import Claim, ClaimState, DeclineReason, Verdict
from claims.views.client import MAX_TOKEN_LENGTH
from partners.models import Account
from portal.lib import clock
from portal.mail.actions.hand_over import send_due
from portal.mail.models import Message
from portal.testing import builders
from portal.testing.addresses import Address, account_addresses
from portal.testing.approval import filled_in
from portal.testing.builders import TODAY, noon
from portal.testing.snapshot import changed, snapshot
from portal.testing.worlds import World, empty_account, full_account

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("pages")]

TO_POST_TO = {
    "partners:departure",
    "partners:role",
    "partners:removal",
    "partners:invitation_sending",
    "partners:invitation_revocation",
    "partners:logo_removal",
    "partners:application",
    "partners:application_withdrawal",
    "partners:enrolment",
    "claims:withdrawal",
    "billing:cancellation",
    "billing:cancellation_withdrawal",
    "billing:plan_change_withdrawal",
    "billing:card_default",
    "billing:charged_to",
    "billing:redemption",
}
PAGES = [address for address in account_addresses() if address.name not in TO_POST_TO]
# A year without invoices has nothing to download.
OF_THE_ACCOUNT_ALONE = [
    page
    for page in PAGES
    if page.arguments == {"account_ref"} and page.name != "billing:invoices_zip"
]
LANGUAGES = [code for code, _ in project_settings.LANGUAGES]


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


@pytest.fixture(scope="module")
def full(module_rows) -> World:
    return full_account(owner="Alice")


@pytest.fixture(scope="module")
def empty(module_rows, full) -> Account:
    return empty_account(owner="Charlie")


def signed_in(name: str) -> Client:
    client = Client()
    client.force_login(builders.person(name=name))
    return client


# --- Every page of an account --------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page_of_a_full_account_renders(full, page: Address, language):
    path = reverse(page.name, kwargs=full.arguments(page.arguments, page.route))

    assert_is_whole(signed_in("Alice").get(path, headers={"accept-language": language}), language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", OF_THE_ACCOUNT_ALONE, ids=lambda page: page.name)
def test_page_of_an_empty_account_renders(empty, page: Address, language):
    path = reverse(page.name, args=[empty.ref])

    response = signed_in("Charlie").get(path, headers={"accept-language": language})

    assert_is_whole(response, language)


def assert_is_whole(response: HttpResponseBase, language: str) -> None:
    """A page with its frame, in its language, with nothing of the template left in it."""
    assert response.status_code == 200
    if response["Content-Type"] in {"application/pdf", "application/zip"}:
        assert response.getvalue()[:2] in {b"%P", b"PK"}
        return
    text = response.getvalue().decode()
    if response["Content-Type"].startswith("text/csv"):
        assert text.startswith("\ufeff")
        return
    assert f'<html lang="{language}">' in text
    assert text.count("<h1") == 1
    assert re.search(r"<title>\s*\S.*</title>", text)
    assert not re.search(r"{{|{%|{#|#}|None</|&lt;bound method|object at 0x", text)
    assert_ids_are_unique(text)


def assert_ids_are_unique(text: str) -> None:
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert sorted(ids) == sorted(set(ids))


@pytest.mark.parametrize(
    ("reason", "is_told"),
    [(DeclineReason.WRONG_SITE, True), (DeclineReason.ABUSE, False), (DeclineReason.OTHER, False)],
)
def test_partner_reads_why_a_claim_was_declined_but_not_what_is_meant_for_us(full, reason, is_told):
    claim = builders.claim_submitted(account=full.account)
    said = Said(verdict=Verdict.DECLINE, name="Carol", reason=reason, comment="Between us")
    answer(claim.request, said, at=noon(TODAY))

    page = signed_in("Alice").get(reverse("claims:claim", args=[full.account.ref, claim.ref]))

    text = page.content.decode()
    assert (str(reason.label) in html.unescape(text)) is is_told
    assert "Between us" not in text


def test_british_readers_get_british_dates(full):
    path, alice = reverse("billing:invoices", args=[full.account.ref]), signed_in("Alice")

    british = alice.get(path, headers={"accept-language": "en-gb"}).content.decode()
    american = alice.get(path, headers={"accept-language": "en"}).content.decode()

    assert re.search(r"\d{1,2} \w+ 202\d", british)
    assert re.search(r"\w+ \d{1,2}, 202\d", american)


def test_page_of_an_account_runs_under_a_strict_policy(full):
    response = signed_in("Alice").get(reverse("home:home", args=[full.account.ref]))

    assert_policy_is_strict(response)
    assert not re.search(r'\s(?:style|on\w+)="', response.content.decode())


# --- Public pages --------------------------------------------------------------------------------


@pytest.fixture
def claim() -> Claim:
    return builders.claim_submitted()


@pytest.fixture
def link(claim) -> str:
    """The path of the link the client has in the mail."""
    sent = new_link(claim.request, mail=Message.objects.latest("pk"))
    return sent.removeprefix(project_settings.SITE_URL)


@pytest.fixture
def carol(link) -> Client:
    """The client, who has opened the link."""
    client = Client()
    assert client.get(link).status_code == 302
    return client


def approval() -> str:
    return reverse("claims:approval")


def assert_policy_is_strict(response: HttpResponse) -> None:
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"


def assert_is_private(response: HttpResponse) -> None:
    assert_policy_is_strict(response)
    assert "no-store" in response["Cache-Control"]
    assert "noindex" in response["X-Robots-Tag"]


@pytest.mark.parametrize(
    "name", ["start", "health", "account_login", "account_signup", "account_reset_password"]
)
def test_public_page_runs_under_a_strict_policy(name):
    assert_policy_is_strict(Client().get(reverse(name)))


def test_verification_page_runs_under_a_strict_policy(full):
    response = Client().get(reverse("partners:verify", args=[full.account.ref]))

    assert response.status_code == 200
    assert_policy_is_strict(response)


def test_approval_is_kept_by_nobody_and_found_by_nobody(carol, claim, link):
    for response in (
        Client().get(link),
        carol.get(approval()),
        carol.post(approval(), {"verdict": "approve"}),
        carol.post(approval(), filled_in(claim, verdict="approve", name="Carol")),
        carol.get(approval()),
        Client().get(approval()),
        Client().get(reverse("claims:approval_link", args=["unknown"])),
    ):
        assert_is_private(response)


def test_approval_page_takes_nothing_from_elsewhere_and_runs_no_script(carol):
    page = carol.get(approval()).content.decode()

    assert "<script" not in page
    assert not re.search(r"""(?:src|href)="(?:https?:)?//""", page)
    assert not re.search(r'\s(?:style|on\w+)="', page)


# --- Opening the link changes nothing ------------------------------------------------------------

READERS_AND_ROBOTS = [
    {},
    {"Purpose": "prefetch", "Sec-Purpose": "prefetch;prerender"},
    {"X-Moz": "prefetch"},
    {"User-Agent": "Mozilla/5.0 (compatible; Microsoft Office/16.0; SafeLinks URL scanner)"},
    {"User-Agent": "BarracudaCentral/1.0 LinkProtect"},
    {"User-Agent": "GoogleImageProxy"},
    {"User-Agent": "facebookexternalhit/1.1"},
    {"User-Agent": ""},
]


def test_link_can_be_opened_by_anyone_as_often_as_they_like(link):
    before = snapshot()

    visitors = [Client(headers=headers) for headers in READERS_AND_ROBOTS]
    for visitor in visitors * 7:
        assert visitor.head(link).status_code == visitor.get(link).status_code == 302
        assert visitor.get(approval()).status_code == 200
    for visitor in visitors:
        assert visitor.head(approval()).status_code == 200
        assert visitor.get(approval() + "?change").status_code == 200

    assert changed(before) == []


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_link_itself_takes_no_answer(link, claim, method):
    before = snapshot()

    response = getattr(Client(), method)(link, {"verdict": "decline", "name": "A scanner"})

    assert response.status_code == 405
    assert changed(before) == []


def test_robot_that_presses_every_button_changes_nothing(carol, claim):
    """It submits the form as it stands, and once with each choice: it has no name to give."""
    before = snapshot()

    for chosen in ({}, {"verdict": "approve"}, {"verdict": "decline", "reason": "abuse"}):
        for name in ("", " ", "\t"):
            sent = filled_in(claim, **chosen, name=name, comment="")
            response = carol.post(approval(), sent)
            assert response.status_code == 200

    assert changed(before) == []


def test_nothing_is_chosen_and_no_name_is_filled_in_beforehand(carol):
    page = carol.get(approval()).content.decode()

    assert " checked" not in page
    assert re.search(r'<input[^>]*name="name"', page)
    assert not re.search(r'<input[^>]*name="name"[^>]*value=', page)


# --- Answers that are not complete ---------------------------------------------------------------


def test_answer_without_a_choice_is_refused_and_keeps_what_was_typed(carol, claim):
    before = snapshot()

    page = carol.post(approval(), filled_in(claim, name="Carol Baker", comment="They did well"))

    text = page.content.decode()
    assert page.status_code == 200
    assert 'role="alert"' in text
    assert "verdict" in page.context["form"].errors
    assert 'value="Carol Baker"' in text
    assert "They did well" in text
    assert changed(before) == []


def test_answer_without_a_name_is_refused_and_keeps_what_was_chosen(carol, claim):
    before = snapshot()
    typed = {"verdict": "decline", "reason": DeclineReason.WRONG_SITE, "comment": "Not mine"}

    page = carol.post(approval(), filled_in(claim, **typed))

    text = page.content.decode()
    assert page.context["form"].errors.keys() == {"name"}
    assert re.search(r'value="decline"[^>]*checked', text)
    assert re.search(r'value="wrong_site"[^>]*selected', text)
    assert "Not mine" in text
    assert changed(before) == []


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"verdict": "decline", "name": "Carol"}, "reason"),
        ({"verdict": "maybe", "name": "Carol"}, "verdict"),
        ({"verdict": "decline", "reason": "because", "name": "Carol"}, "reason"),
        ({"verdict": "approve", "name": "C"}, "name"),
        ({"verdict": "approve", "name": "Carol\x00"}, "name"),
        ({"verdict": "approve", "name": "C" * 121}, "name"),
        ({"verdict": "approve", "name": "Carol", "comment": "x" * 1001}, "comment"),
    ],
)
def test_answer_that_cannot_be_is_refused(carol, claim, typed, wrong):
    page = carol.post(approval(), filled_in(claim, **typed))

    assert page.status_code == 200
    assert wrong in page.context["form"].errors
    assert not claim.answers.exists()


def test_name_with_markup_is_shown_as_it_was_typed(carol, claim):
    typed = filled_in(claim, name="<img src=x onerror=alert(1)>")

    page = carol.post(approval(), typed).content.decode()

    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_complete_answer_is_kept_under_its_name(carol, claim):
    response = carol.post(approval(), filled_in(claim, verdict="approve", name=" Carol  Baker "))

    assert response.status_code == 302
    claim.refresh_from_db()
    assert claim.state == ClaimState.APPROVED
    assert claim.answers.get().answered_by == "Carol Baker"
    assert "You confirmed" in carol.get(approval()).content.decode()


def test_complete_answer_needs_the_forms_token(link, claim):
    strict = Client(enforce_csrf_checks=True)
    strict.get(link)

    response = strict.post(approval(), filled_in(claim, verdict="approve", name="Carol"))

    assert response.status_code == 403
    assert not claim.answers.exists()


@pytest.mark.parametrize("verdict", Verdict)
def test_answered_link_shows_the_answer_and_changes_nothing(carol, claim, verdict):
    builders.answered(claim=claim, verdict=verdict)
    before = snapshot()

    page = carol.get(approval())

    assert page.context["answer"].verdict == verdict
    assert "Carol" in page.content.decode()
    assert changed(before) == []


# --- Links that are none -------------------------------------------------------------------------


def test_links_that_are_none_are_all_alike(link):
    token = link.split("/")[-2]
    flipped = token[:-1] + ("A" if token[-1] != "A" else "B")
    tokens = [
        "unknown",
        flipped,
        token[:-1],
        token[1:],
        token + "A",
        token.swapcase(),
        "%00",
        token + "%00",
        "x" * MAX_TOKEN_LENGTH,
        "x" * 10_000,
        "%F0%9F%A5%90",
        "%FF",
        "'%20OR%201=1--",
        token.encode("utf-16").hex(),
        quote(token.encode("utf-16")),
        "".join(f"%{byte:02X}" for byte in token.encode("utf-8-sig")),
        f"{token[:20]}/{token[20:]}",
        f"{token}%2F..",
        f" {token}",
        f"{token}%0A",
    ]

    answers = [Client().get(f"/approval/{wrong}/") for wrong in tokens]

    for page in answers:
        del page["Expires"]  # the second in which it was asked
    alike = {(page.status_code, page.content, *sorted(page.items())) for page in answers}
    assert len(alike) == 1
    assert answers[0].status_code == 404
    assert all(not page.cookies for page in answers)


def test_every_flipped_bit_of_a_token_makes_it_unknown(link):
    token = link.split("/")[-2].encode()
    unknown = Client().get("/approval/unknown/").content
    flipped = [
        bytes([*token[:place], token[place] ^ 1 << bit, *token[place + 1 :]])
        for place in range(len(token))
        for bit in range(8)
    ]

    pages = {Client().get(f"/approval/{quote(one)}/").content for one in flipped}

    assert pages == {unknown}


@pytest.mark.parametrize("length", range(1, 43))
def test_part_of_a_token_is_unknown(link, length):
    part = link.split("/")[-2][:length]

    assert Client().get(f"/approval/{part}/").status_code == 404


def test_page_without_a_link_is_like_a_link_that_is_none():
    unknown, bare = Client().get("/approval/unknown/"), Client().get(approval())

    assert (unknown.status_code, unknown.content) == (bare.status_code, bare.content)


@pytest.mark.parametrize("kept", ["", "x", "\x00", "x" * 10_000, "a:b:c"])
def test_cookie_that_is_not_ours_opens_nothing(link, kept):
    forger = Client()
    forger.cookies["approval"] = kept

    assert forger.get(approval()).status_code == 404


def test_cookie_signed_for_something_else_opens_nothing(link):
    forger = Client()
    forger.cookies["approval"] = signing.get_cookie_signer(salt="other").sign(link.split("/")[-2])

    assert forger.get(approval()).status_code == 404


def test_token_is_not_in_the_address_or_on_the_page_that_is_answered(carol, link):
    response = Client().get(link)

    token = link.split("/")[-2]
    assert response["Location"] == approval()
    assert token not in carol.get(approval()).content.decode()
    assert response.cookies["approval"]["httponly"]
    assert response.cookies["approval"]["path"] == approval()


# --- Links in mails are built from the settings --------------------------------------------------

SPOOFED = {
    "Host": "evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Server": "evil.example",
    "X-Original-Host": "evil.example",
    "Forwarded": "host=evil.example",
    "Referer": "https://evil.example/",
}


@pytest.fixture
def _any_host(settings):
    """As careless as a deployment can be."""
    settings.ALLOWED_HOSTS = ["*"]


def links_mailed() -> set[str]:
    """The host of every link in every mail there is, once they are sent."""
    send_due(at=noon(TODAY))
    mails = Message.objects.exclude(html="")
    assert mails.exists()
    found = {
        link for mail in mails for link in re.findall(r"https?://[^/\s\"<]+", mail.text + mail.html)
    }
    assert not any("evil" in mail.text + mail.html for mail in mails)
    return found


@pytest.mark.usefixtures("_any_host")
def test_request_mail_links_to_us_whatever_the_browser_says_it_visits(full):
    site = builders.clients_site()
    builders.contributor(account=full.account, site=site)
    alice = signed_in("Alice")
    path = reverse("claims:submission", args=[full.account.ref])

    response = alice.post(path, {"addresses": site.address}, headers=SPOOFED)

    assert response.status_code == 302
    assert links_mailed() == {project_settings.SITE_URL}
    mail = Message.objects.get(
        kind="claims/request", arguments__claim_id=Claim.objects.latest("pk").pk
    )
    assert f"{project_settings.SITE_URL}/approval/" in mail.text


@pytest.mark.usefixtures("_any_host")
def test_receipt_mail_links_to_us_whatever_the_browser_says_it_visits(carol, claim):
    sent = filled_in(claim, verdict="approve", name="Carol")

    response = carol.post(approval(), sent, headers=SPOOFED)

    assert response["Location"] == approval()
    assert links_mailed() == {project_settings.SITE_URL}


@pytest.mark.usefixtures("_any_host")
@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("account_reset_password", {"email": "alice@studio.example"}),
        ("account_reset_password", {"email": "nobody@elsewhere.example"}),
        (
            "account_signup",
            {"name": "Eve", "email": "eve@elsewhere.example", "password1": "long-enough-to-pass"},
        ),
    ],
)
def test_sign_in_mail_links_to_us_whatever_the_browser_says_it_visits(name, typed):
    builders.person(name="Alice")

    assert Client().post(reverse(name), typed, headers=SPOOFED).status_code == 302

    assert links_mailed() <= {project_settings.SITE_URL}


def test_host_that_is_not_ours_is_refused():
    assert Client().get("/", headers={"Host": "evil.example"}).status_code == 400
