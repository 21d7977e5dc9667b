"""Requests for quotes: they reach the partner, and what machines send does not."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.mail import get_connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from partners.actions.marketplace.listings import remove_listing
from partners.actions.marketplace.quotes import Asked, request_quote
from partners.errors import NotListedError, TooManyQuotesError
from partners.models import Account, QuoteRequest
from partners.models.listings import RemovalReason
from partners.models.quotes import HeldFor
from partners.quote_stamps import opened
from partners.rules import QUOTE_POLICY
from portal.lib import clock
from portal.mail.actions.hand_over import send_due
from portal.mail.envelopes import Envelope
from portal.mail.letters import compose
from portal.mail.models import Message
from portal.staff.tests.populate import browser, staff
from portal.testing import builders as make
from portal.testing.assertions import NEVER_CHANGES, refused, set_columns
from portal.testing.builders import TODAY, noon
from portal.testing.races import at_once

pytestmark = pytest.mark.django_db

NOW = noon(TODAY)
A_SECOND = timedelta(seconds=1)
TYPED = {
    "name": "Carol Baker",
    "email": "carol@bakery.example",
    "needs": "A shop for our bread, with delivery, before Easter.",
    "budget": "medium",
}


@pytest.fixture
def partner() -> Account:
    return make.listed().account


def page_of(partner: Account) -> str:
    return reverse("partners:partner", args=[partner.ref])


def send(partner, *, opened_at=NOW - timedelta(minutes=1), at=NOW, to="", **typed):
    """Carol fills the form in for a minute and sends it."""
    stamp = opened(partner, at=opened_at)
    path = to or reverse("partners:quote", args=[partner.ref])
    with clock.frozen(at):
        return Client().post(path, {"opened": stamp, **TYPED, **typed})


def is_taken(response: HttpResponse) -> bool:
    return response.status_code == 302


# --- A person asks -------------------------------------------------------------------------------


def test_a_request_is_kept_and_mailed_to_the_partner_for_an_answer_to_the_sender(partner):
    response = send(partner)

    assert response["Location"] == f"{page_of(partner)}#content"
    kept = QuoteRequest.objects.get()
    assert (kept.name, kept.email, kept.budget) == (
        "Carol Baker",
        "carol@bakery.example",
        "medium",
    )
    assert (kept.received_at, kept.ip_address, kept.held_for) == (NOW, "127.0.0.1", "")
    mail = Message.objects.get(kind="partners/quote_request")
    assert (mail.to, mail.reply_to) == (partner.email, "carol@bakery.example")


def test_the_sender_is_told_on_the_page_that_it_is_on_its_way(partner):
    stamp, client = opened(partner, at=NOW - timedelta(minutes=1)), Client()
    with clock.frozen(NOW):
        path = reverse("partners:quote", args=[partner.ref])

        page = client.post(path, {"opened": stamp, **TYPED}, follow=True).content.decode()

    assert "Your request is on its way to Studio" in page
    assert "carol@bakery.example" in page


def test_the_mail_says_what_is_needed_and_what_it_may_cost(partner):
    send(partner, needs="Bread & <b>cakes</b>, please, as soon as you can.")

    send_due(at=clock.now())

    mail = Message.objects.get(kind="partners/quote_request")
    assert "Bread & <b>cakes</b>" in mail.text
    assert "Bread &amp; &lt;b&gt;cakes&lt;/b&gt;" in mail.html
    assert "1,000 to 5,000" in mail.text
    assert "Carol Baker" in mail.subject


def test_a_budget_may_be_left_open(partner):
    assert is_taken(send(partner, budget=""))


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"email": ""}, "email"),
        ({"email": "carol"}, "email"),
        ({"email": "carol@bakery.example, bob@studio.example"}, "email"),
        ({"needs": ""}, "needs"),
        ({"needs": "Hello"}, "needs"),
        ({"needs": "x" * 4001}, "needs"),
        ({"budget": "a lot"}, "budget"),
        ({"name": "Carol\x00"}, "name"),
    ],
)
def test_what_is_not_complete_is_said_and_nothing_typed_is_lost(partner, typed, wrong):
    response = send(partner, **typed)

    assert response.status_code == 200
    assert response.context["form"].errors.keys() == {wrong}
    text = response.content.decode()
    for name, value in {**TYPED, **typed}.items():
        assert name == "budget" or not value or value.replace("\x00", "") in text
    assert not QuoteRequest.objects.exists()


@pytest.mark.parametrize("links", [0, 1, 2, 3])
def test_a_few_links_are_fine_and_many_are_not(partner, links):
    needs = "Something like this, please: " + " ".join(["https://example.org"] * links)

    assert is_taken(send(partner, needs=needs)) == (links <= QUOTE_POLICY.links_at_most)


def test_links_are_counted_however_they_are_written(partner):
    response = send(partner, needs="See WWW.a.example HTTP://b.example www.c.example for more")

    assert response.context["form"].errors.keys() == {"needs"}


# --- Headers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_a_line_break_in_the_address_is_refused(partner, end):
    response = send(partner, email=f"carol@bakery.example{end}Bcc: all@people.example")

    assert response.context["form"].errors.keys() == {"email"}


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028"])
def test_a_line_break_in_the_name_becomes_a_space(partner, end):
    send(partner, name=f"Carol{end}Bcc: all@people.example")

    mail = Message.objects.get(kind="partners/quote_request")
    written, _ = compose(mail)
    outgoing = Envelope(mail, written).outgoing(get_connection())
    headers = outgoing.message()
    assert QuoteRequest.objects.get().name == "Carol Bcc: all@people.example"
    assert headers["Reply-To"] == "carol@bakery.example"
    assert headers["Bcc"] is None
    assert outgoing.recipients() == [partner.email]


def test_not_even_the_database_takes_a_line_break_in_a_sender(partner):
    with refused("quote_sender_is_one_line"):
        _ask(partner, name="Carol\nBcc: x")


def test_a_request_never_changes(partner):
    kept = make.quote_requested(account=partner)

    with refused(NEVER_CHANGES):
        set_columns(kept, needs="Something else")


# --- A machine asks ------------------------------------------------------------------------------


def assert_is_held(response: HttpResponse, partner: Account, why: HeldFor) -> None:
    """Answered like a person, kept for staff, sent to nobody."""
    assert response["Location"] == f"{page_of(partner)}#content"
    assert QuoteRequest.objects.get().held_for == why
    assert not Message.objects.filter(kind="partners/quote_request").exists()


def test_who_fills_in_what_people_do_not_see_is_answered_alike_and_nothing_is_sent(partner):
    assert_is_held(send(partner, company="Spam Ltd"), partner, HeldFor.TRAP)


@pytest.mark.parametrize(("seconds", "is_held"), [(0, True), (3, True), (4, False), (5, False)])
def test_who_types_faster_than_people_do_is_held_back(partner, seconds, is_held):
    response = send(partner, opened_at=NOW - seconds * A_SECOND)

    if is_held:
        assert_is_held(response, partner, HeldFor.HASTE)
    else:
        assert Message.objects.filter(kind="partners/quote_request").exists()


@pytest.mark.parametrize("stamp", ["", "x", "1:2:3", "studio:1750000000:forged"])
def test_a_form_that_was_not_opened_here_is_held_back(partner, stamp):
    with clock.frozen(NOW):
        path = reverse("partners:quote", args=[partner.ref])

        response = Client().post(path, {**TYPED, "opened": stamp})

    assert_is_held(response, partner, HeldFor.FORGED)


def test_the_form_of_one_partner_does_not_serve_for_another(partner):
    charlies = make.listed(account=make.account(name="Other", owner="Charlie")).account

    response = send(partner, to=reverse("partners:quote", args=[charlies.ref]))

    assert_is_held(response, charlies, HeldFor.FORGED)


def test_a_form_that_was_open_for_long_is_sent_once_more_with_what_was_typed(partner):
    valid = QUOTE_POLICY.form_valid
    assert is_taken(send(partner, opened_at=NOW - valid))

    response = send(partner, opened_at=NOW - valid - A_SECOND)

    text = response.content.decode()
    assert response.status_code == 200
    assert "This form was open for long" in text
    assert TYPED["needs"] in text
    fresh = re.search(r'name="opened" value="([^"]+)"', text)[1]
    with clock.frozen(NOW):
        path = reverse("partners:quote", args=[partner.ref])
        assert is_taken(Client().post(path, {**TYPED, "opened": fresh}))
    assert not QuoteRequest.objects.exclude(held_for="").exists()


def test_after_a_mistake_the_form_still_knows_when_it_was_opened(partner):
    """A typo is mended in less time than it takes to type it all."""
    response = send(partner, email="carol")

    stamp = re.search(r'name="opened" value="([^"]+)"', response.content.decode())[1]
    assert stamp == opened(partner, at=NOW - timedelta(minutes=1))


def test_the_trap_is_neither_seen_nor_reached_by_people(partner):
    page = Client().get(page_of(partner)).content.decode()

    trap = re.search(r'<div class="trap".*?</div>', page, re.DOTALL)[0]
    assert 'aria-hidden="true"' in trap
    assert 'tabindex="-1"' in trap
    assert 'autocomplete="off"' in trap


def test_staff_see_what_was_held_back_and_why_and_the_partner_does_not(partner):
    make.quote_requested(account=partner, held_for=HeldFor.TRAP)

    theirs = browser(make.person()).get(reverse("partners:quotes", args=[partner.ref]))
    ours = browser(staff("support")).get("/admin/partners/quoterequest/?held_for__exact=trap")

    assert "carol@bakery.example" not in theirs.content.decode()
    assert "carol@bakery.example" in ours.content.decode()
    assert "held back" in ours.content.decode()


# --- Limits --------------------------------------------------------------------------------------


def _ask(partner: Account, *, at=NOW, **changed) -> QuoteRequest | None:
    told = {**TYPED, "ip_address": None, **changed}
    return request_quote(partner, Asked(**told), at=at)


def test_from_an_address_come_so_many_a_day_and_more_on_the_next(partner):
    for n in range(QUOTE_POLICY.a_day_from_an_address):
        assert _ask(partner, ip_address=f"192.0.2.{n}")

    with pytest.raises(TooManyQuotesError):
        _ask(partner, ip_address="192.0.2.99", email="CAROL@bakery.example")
    assert _ask(partner, email="bob@studio.example")
    with pytest.raises(TooManyQuotesError):
        _ask(partner, at=NOW + timedelta(days=1) - A_SECOND)
    assert _ask(partner, at=NOW + timedelta(days=1))


def test_from_a_network_address_come_so_many_a_day_to_whomever(partner):
    charlies = make.listed(account=make.account(owner="Charlie")).account
    for n in range(QUOTE_POLICY.a_day_from_a_network_address):
        to = partner if n % 2 else charlies
        assert _ask(to, ip_address="192.0.2.7", email=f"{n}@people.example")

    with pytest.raises(TooManyQuotesError):
        _ask(partner, ip_address="192.0.2.7", email="another@people.example")
    assert _ask(partner, ip_address="192.0.2.8", email="another@people.example")


def test_a_partner_gets_so_many_a_day(partner):
    for n in range(QUOTE_POLICY.a_day_to_a_partner):
        assert _ask(partner, ip_address=f"192.0.2.{n}", email=f"{n}@people.example")

    with pytest.raises(TooManyQuotesError):
        _ask(partner, ip_address="192.0.2.99", email="another@people.example")


def test_what_was_held_back_uses_up_nobody_elses_day(partner):
    for n in range(QUOTE_POLICY.a_day_to_a_partner):
        assert _ask(partner, ip_address=f"192.0.2.{n}", held_for=HeldFor.TRAP)

    assert _ask(partner, ip_address="192.0.2.99")


def test_a_machine_fills_no_table_and_is_not_told_of_the_limit(partner):
    for _ in range(QUOTE_POLICY.a_day_from_a_network_address):
        send(partner, company="Spam Ltd")

    response = send(partner, company="Spam Ltd")

    assert is_taken(response)
    assert QuoteRequest.objects.count() == QUOTE_POLICY.a_day_from_a_network_address


def test_a_person_over_the_limit_is_told_and_nothing_typed_is_lost(partner):
    for _ in range(QUOTE_POLICY.a_day_from_an_address):
        send(partner)

    response = send(partner)

    assert response.status_code == 200
    assert "enough requests for a day" in response.content.decode()
    assert TYPED["needs"] in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_do_not_pass_the_limit_together():
    partner = make.listed().account
    for n in range(QUOTE_POLICY.a_day_from_an_address - 1):
        assert _ask(partner, ip_address=f"192.0.2.{n}")

    answers = at_once(*[lambda: _ask(partner, ip_address="192.0.2.99")] * 2)

    assert sum(isinstance(answer, TooManyQuotesError) for answer in answers) == 1


def test_the_visitors_own_address_is_counted_behind_a_proxy_of_ours(partner, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    stamp = opened(partner, at=NOW - timedelta(minutes=1))
    with clock.frozen(NOW):
        Client(REMOTE_ADDR="10.0.0.1").post(
            reverse("partners:quote", args=[partner.ref]),
            {"opened": stamp, **TYPED},
            headers={"X-Forwarded-For": "203.0.113.9, 192.0.2.33"},
        )

    assert QuoteRequest.objects.get().ip_address == "192.0.2.33"


# --- Who cannot be asked, and who reads --------------------------------------------------------


def test_who_is_not_listed_is_not_asked(partner):
    remove_listing(
        partner.listings.get(),
        reason=RemovalReason.UNTRUE,
        note="",
        by=make.person(name="Dana"),
        at=NOW,
    )

    assert send(partner).status_code == 404
    with pytest.raises(NotListedError):
        _ask(partner)


def test_opening_the_form_changes_nothing_and_a_get_sends_nothing(partner):
    path = reverse("partners:quote", args=[partner.ref])

    assert Client().get(path, TYPED).status_code == 200

    assert not QuoteRequest.objects.exists()


def test_the_partner_reads_requests_latest_first_and_as_csv(partner):
    make.quote_requested(account=partner, email="first@people.example", on=TODAY)
    make.quote_requested(
        account=partner, email="second@people.example", on=TODAY + timedelta(days=1)
    )
    client = browser(make.person())

    page = client.get(reverse("partners:quotes", args=[partner.ref])).content.decode()
    csv = client.get(reverse("partners:quotes_csv", args=[partner.ref])).getvalue().decode()

    assert page.index("second@people") < page.index("first@people")
    assert csv.splitlines()[0].endswith("received_at,name,email,budget,needs")
    assert csv.count("@people.example") == 2


def test_a_formula_in_a_request_is_harmless_in_the_spreadsheet(partner):
    send(partner, name="=HYPERLINK(1)")
    client = browser(make.person())

    csv = client.get(reverse("partners:quotes_csv", args=[partner.ref])).getvalue().decode()

    assert "'=HYPERLINK(1)" in csv


def test_links_of_the_mail_lead_to_us_whatever_was_typed(partner):
    send(partner, needs="Look at https://evil.example/ and tell me what you think.")
    send_due(at=clock.now())

    mail = Message.objects.get(kind="partners/quote_request")
    hosts = set(re.findall(r'href="(https?://[^/"]+)', mail.html))
    assert hosts == {settings.SITE_URL}
