"""The partner's pages: submitting, the answers, the list, a claim."""

from datetime import date, timedelta

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from claims import rules
from claims.actions.follow_up import follow_up_due
from claims.models import Claim, ClaimState, Outcome, Submission, Verdict
from claims.views.partner import OF_STATE
from claims.views.submission import TOLD
from partners.models import Account, Site
from partners.roles import Role
from portal.lib import clock
from portal.mail.actions.hand_over import send_due
from portal.mail.models import Message
from portal.testing import builders as make
from portal.testing.builders import TODAY, noon

pytestmark = pytest.mark.django_db

WEEK_LATER = TODAY + timedelta(days=7)


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield


@pytest.fixture
def studio() -> Account:
    """It works on three sites of Carol's."""
    studio, bakery = make.enrolled(), make.bakery()
    for name in ("bakery", "cafe", "shop"):
        site = make.site(account=bakery, address=f"{name}.example")
        make.contributor(account=studio, site=site)
    return studio


def as_(name: str = "Alice") -> Client:
    client = Client()
    client.force_login(make.person(name=name))
    return client


def send(account: Account, addresses: str = "", sheet: bytes | None = None, *, follow=True):
    given: dict[str, object] = {"addresses": addresses}
    if sheet is not None:
        given |= {"sheet": SimpleUploadedFile("sites.csv", sheet)}
    return as_().post(reverse("claims:submission", args=[account.ref]), given, follow=follow)


def listed(account: Account, search: str = "") -> list[str]:
    response = as_().get(reverse("claims:list", args=[account.ref]) + search)
    return [row.claim.site.address for row in response.context["claims"]]


def page_of(claim: Claim, *, name: str = "Alice") -> str:
    response = as_(name).get(reverse("claims:claim", args=[claim.account.ref, claim.ref]))
    return " ".join(response.content.decode().split())


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


# --- Submitting ----------------------------------------------------------------------------------


def test_one_accepted_site_leads_to_its_claim(studio) -> None:
    response = send(studio, "bakery.example")

    assert response.context["claim"] == Claim.objects.get()
    assert "We have asked the site’s owner to approve" in text_of(response)


def test_many_lead_to_a_page_of_answers_that_can_be_read_again(studio) -> None:
    response = send(studio, "bakery.example cafe.example nowhere.example")

    assert response.request["PATH_INFO"] == reverse(
        "claims:answers", args=[studio.ref, Submission.objects.get().ref]
    )
    assert [(label, n) for label, n in response.context["counts"]] == [
        ("sent", 2),
        ("not found", 1),
    ]


def test_what_can_be_mended_stays_in_the_form_and_the_rest_does_not(studio) -> None:
    make.site(account=studio, address="own.example")

    response = send(studio, "bakery.example\nown.example\nnowhere.example\nno address")

    assert response.context["form"].initial["addresses"] == "nowhere.example\nno address"


def test_a_file_and_typed_lines_are_answered_together_with_their_places(studio) -> None:
    response = send(studio, "bakery.example", b"Client,Site\nCarol,cafe.example\nCarol,\n")

    places = [(line.line.typed, line.place) for line in response.context["lines"]]
    assert places == [
        ("bakery.example", "line 1"),
        ("cafe.example", "line 2, column 2"),
        ("", "line 3, column 2"),
    ]


@pytest.mark.parametrize(
    ("sheet", "words"),
    [
        (b"PK\x03\x04", "Save it as CSV"),
        (b"", "This file is empty"),
        (b"name\nCarol\n", "no column of site addresses"),
        (b"a" * (rules.SHEET_BYTES + 1), "This file is too big"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_keeps_what_was_typed(studio, sheet, words) -> None:
    response = send(studio, "bakery.example", sheet)

    assert words in text_of(response)
    assert "bakery.example</textarea>" in text_of(response)
    assert not Submission.objects.exists()


@pytest.mark.parametrize(("more", "is_sent"), [(0, True), (1, False)])
def test_so_many_sites_at_once_and_no_more(studio, more, is_sent) -> None:
    lines = "\n".join(f"site-{n}.example" for n in range(rules.SITES_A_SUBMISSION + more))

    response = send(studio, lines)

    assert Submission.objects.exists() == is_sent
    assert ("At most 200 sites at once, please; there are 201" in text_of(response)) != is_sent


def test_nothing_at_all_asks_for_something(studio) -> None:
    assert "Type the address of a site, or choose a file" in text_of(send(studio))


def test_a_day_that_is_used_up_keeps_what_was_typed(studio, monkeypatch) -> None:
    monkeypatch.setattr(rules, "LINES_A_DAY", 1)
    send(studio, "nowhere.example")

    response = send(studio, "bakery.example")

    assert "enough for one day" in text_of(response)
    assert "bakery.example</textarea>" in text_of(response)


def test_an_address_can_be_filled_in_by_a_link_and_is_not_sent_by_it(studio) -> None:
    path = reverse("claims:submission", args=[studio.ref])

    response = as_().get(f"{path}?sites=bakery.example")

    assert "bakery.example</textarea>" in text_of(response)
    assert not Submission.objects.exists()


def test_every_answer_has_its_words() -> None:
    assert TOLD.keys() == set(Outcome)
    assert OF_STATE.keys() == set(ClaimState)


def test_answers_as_csv_have_line_column_and_meaning(studio) -> None:
    send(studio, sheet=b"Client,Site\nCarol,bakery.example\nCarol,=nowhere\n")
    path = reverse("claims:answers_csv", args=[studio.ref, Submission.objects.get().ref])

    lines = as_().get(path).getvalue().decode("utf-8-sig").splitlines()

    assert lines[0] == "line,column,typed,answer,meaning"
    assert lines[1] == "2,2,bakery.example,accepted,We have asked its owner."
    assert lines[2].startswith("3,2,'=nowhere,not_an_address,")


def test_anothers_answers_are_not_there(studio) -> None:
    send(studio, "nowhere.example")
    charlies = make.account(owner="Charlie")

    for name in ("claims:answers", "claims:answers_csv"):
        path = reverse(name, args=[charlies.ref, Submission.objects.get().ref])
        assert as_("Charlie").get(path).status_code == 404


# --- The list ------------------------------------------------------------------------------------


@pytest.fixture
def claims(studio) -> Account:
    """Last year’s was declined, one waits, one is approved; Bob submitted that one."""
    sites = {site.address: site for site in Site.objects.all()}
    last_year = date(2025, 6, 1)
    first = make.claim_submitted(account=studio, site=sites["shop.example"], on=last_year)
    make.answered(claim=first, verdict=Verdict.DECLINE, on=last_year)
    make.claim_submitted(account=studio, site=sites["bakery.example"])
    make.member(account=studio, name="Bob")
    Site.objects.filter(address="cafe.example").update(name="The Corner")
    as_("Bob").post(reverse("claims:submission", args=[studio.ref]), {"addresses": "cafe.example"})
    make.answered(claim=Claim.objects.get(site__address="cafe.example"))
    return studio


@pytest.mark.parametrize(
    ("search", "shown"),
    [
        ("", ["cafe.example", "bakery.example", "shop.example"]),
        ("?state=awaiting", ["bakery.example"]),
        ("?state=approved&q=bakery", []),
        ("?year=2025", ["shop.example"]),
        ("?q=bak", ["bakery.example"]),
        ("?q=corner", ["cafe.example"]),
        ("?q=bob", ["cafe.example"]),
        ("?sort=oldest", ["shop.example", "bakery.example", "cafe.example"]),
        ("?sort=site", ["bakery.example", "cafe.example", "shop.example"]),
        ("?sort=next", ["bakery.example", "cafe.example", "shop.example"]),
        ("?state=nonsense", ["cafe.example", "bakery.example", "shop.example"]),
        ("?year=1999", ["cafe.example", "bakery.example", "shop.example"]),
    ],
)
def test_claims_are_searched_narrowed_down_and_put_in_order(claims, search, shown) -> None:
    assert listed(claims, search) == shown


def test_each_state_says_how_many_of_the_searched_claims_are_in_it(claims) -> None:
    path = reverse("claims:list", args=[claims.ref])

    tabs = as_().get(f"{path}?year=2026&state=approved").context["tabs"]

    assert [(tab.key, tab.count, tab.is_chosen) for tab in tabs] == [
        ("", 2, False),
        ("awaiting", 1, False),
        ("approved", 1, True),
    ]


def test_the_csv_has_what_was_searched_for_with_the_next_step(claims) -> None:
    path = reverse("claims:csv", args=[claims.ref])

    lines = as_().get(f"{path}?state=awaiting").getvalue().decode().splitlines()

    assert len(lines) == 2
    assert lines[1].endswith('2026,"One reminder, if there is no answer by then",2026-06-22')


# --- A claim -------------------------------------------------------------------------------------


def test_a_waiting_claim_has_a_text_to_tell_the_client_what_to_look_for(studio) -> None:
    claim = make.claim_submitted(account=studio, site=Site.objects.first())
    send_due(at=noon(TODAY))

    text = page_of(claim)

    subject = Message.objects.get(kind="claims/request").subject
    assert f"Subject: {subject}" in text
    assert settings.DEFAULT_FROM_EMAIL.replace("<", "&lt;").replace(">", "&gt;") in text
    assert "Its link leads to" in text
    assert "There is one reminder, on June 22, 2026" in text
    assert "/approval/" not in text
    assert "carol@bakery.example" not in text


def test_after_the_reminder_the_text_promises_none(studio) -> None:
    claim = make.claim_submitted(account=studio, site=Site.objects.first())
    with clock.frozen(WEEK_LATER):
        follow_up_due(on=WEEK_LATER)

    text = page_of(claim)

    assert "There is one reminder" not in text
    assert "lapses on July 15, 2026" in text


def test_an_answered_claim_has_nothing_to_tell_the_client(studio) -> None:
    claim = make.claim_submitted(account=studio, site=Site.objects.first())
    make.answered(claim=claim)

    assert "Tell your client" not in page_of(claim)


def test_a_claim_with_our_team_says_so_and_can_be_withdrawn(studio) -> None:
    Account.objects.filter(name="Bakery").update(email=studio.email)
    send(studio, "bakery.example")

    text = page_of(Claim.objects.get())

    assert "our team looks into it instead" in text
    assert "Withdraw this claim" in text
    assert "Tell your client" not in text


def test_only_who_submitted_it_or_manages_claims_is_offered_to_withdraw(studio) -> None:
    claim = make.claim_submitted(account=studio, site=Site.objects.first())
    make.member(account=studio, name="Bob", role=Role.MEMBER)
    make.member(account=studio, name="Erin", role=Role.ADMIN)

    assert "Withdraw this claim" not in page_of(claim, name="Bob")
    assert "Withdraw this claim" in page_of(claim, name="Erin")


def test_what_can_be_claimed_again_leads_to_the_form_and_what_was_to_its_latest(claims) -> None:
    older = Claim.objects.get(site__address="shop.example")

    before = page_of(older)
    newer = make.claim_submitted(account=claims, site=older.site)
    after = page_of(older)

    assert "claims/new/?sites=shop.example" in before
    assert f"claims/{newer.ref}/" not in before
    assert f"claims/{newer.ref}/" in after
    assert "claims/new/?sites=shop.example" not in after
