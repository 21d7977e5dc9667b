"""What people see of disputes: the holder's mail, the staff's queue, the command of a rehearsal."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from billing.models import CreditNote, Dispute, Subscription
from billing.models.credits import CreditKind
from billing.rules import Kind
from billing.tests.disputing import LOST, OPEN, WON, hear, lose, the_invoice, told
from partners.actions.points import attribute
from portal.lib import clock
from portal.mail.actions.hand_over import send_due
from portal.mail.models import Message
from portal.staff.tests.populate import browser, staff
from portal.testing import builders as make
from portal.testing.builders import TODAY, noon

pytestmark = pytest.mark.django_db

BOUGHT = date(2026, 3, 1)
LANDS = BOUGHT + timedelta(days=14)


@pytest.fixture
def bought() -> Subscription:
    return make.subscription_bought(on=BOUGHT, account=make.enrolled())


# --- The holder ---------------------------------------------------------------------------------


def mails(kind: str = "billing/charged_back") -> list[Message]:
    with clock.frozen(TODAY):
        send_due(at=noon(TODAY))
    return list(Message.objects.filter(kind=kind).order_by("to"))


def test_the_holder_is_told_what_was_taken_back_what_ended_and_how_to_go_on(bought):
    attribute(on=LANDS)
    lose()

    [mail] = mails()

    text = " ".join(mail.text.split())
    assert mail.to == "alice@studio.example"
    assert mail.subject == "Your bank took back $100.00"
    assert "$100.00 (taken back whole, so it has ended)" in text
    assert "Points that this payment brought" in text
    assert "can be bought anew at any time" in text
    assert [file["name"] for file in mail.attachments] == [f"{CreditNote.objects.get()}.pdf"]


def test_a_part_ends_nothing_and_nothing_is_to_be_bought_anew(bought):
    lose(amount=40)

    [mail] = mails()

    assert "$40.00" in mail.subject
    for word in ("ended", "oints", "anew"):
        assert word not in mail.text


def test_of_what_earns_no_points_the_mail_does_not_speak_of_points():
    make.subscription_bought(kind=Kind.DOMAIN, on=BOUGHT)
    lose()

    [mail] = mails()

    assert "has ended" in " ".join(mail.text.split())
    assert "oints" not in mail.text


def test_whoever_pays_is_told_and_the_accounts_own_people(bought):
    bought.account.invoice_email = "books@office.example"
    bought.account.save()

    lose()

    assert [mail.to for mail in mails()] == ["alice@studio.example", "books@office.example"]


# --- For staff -----------------------------------------------------------------------------------

LIST = "/admin/billing/dispute/"


def test_the_queue_has_the_open_ones(bought):
    hear(told(OPEN, ref="dp_1", amount=10))
    hear(told(WON, ref="dp_2", amount=10))
    dana = browser(staff("support"))

    counted = {
        str(queue.title): (url, backlog.count)
        for queue, url, backlog in dana.get("/admin/").context["queues"]
    }
    url, waiting = counted["Open disputes"]

    assert waiting == 1
    listed = dana.get(url).context["cl"].result_list
    assert [dispute.provider_ref for dispute in listed] == ["dp_1"]
    assert len(dana.get(LIST).context["cl"].result_list) == 2


@pytest.mark.parametrize(
    ("role", "status"),
    [("support", 200), ("finance", 200), ("administrator", 200), ("programme manager", 403)],
)
def test_who_sees_billing_sees_disputes_and_nobody_changes_them(bought, role, status):
    hear(told(OPEN))
    somebody, one = browser(staff(role)), f"{LIST}{Dispute.objects.get().pk}/"

    assert somebody.get(LIST).status_code == status
    assert somebody.get(f"{one}change/").status_code == status
    assert somebody.post(f"{one}change/", {"state": "won"}).status_code == 403
    assert somebody.post(f"{one}delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("search", ["dp_1", "Studio", "alice@studio.example"])
def test_a_dispute_is_found_by_its_name_and_its_account(bought, search):
    hear(told(OPEN))

    page = browser(staff("finance")).get(LIST, {"q": search})

    assert len(page.context["cl"].result_list) == 1


def test_a_payment_shows_its_disputes(bought):
    dispute_told = told(OPEN)
    hear(dispute_told)
    attempt = the_invoice().attempts.get()

    page = browser(staff("finance")).get(f"/admin/billing/paymentattempt/{attempt.pk}/change/")

    assert "dp_1" in page.text
    assert "fraudulent" in page.text


def test_who_is_about_to_pay_back_is_told_of_an_open_dispute(bought):
    line, erin = the_invoice().lines.get(), browser(staff("finance"))
    page = f"/admin/billing/invoiceline/refund/?row={line.pk}"
    before = erin.get(page).text

    hear(told(OPEN))

    assert "disputed" not in before
    assert "disputed: its bank may take it too" in erin.get(page).text


# --- By command ----------------------------------------------------------------------------------


def simulate(*arguments: str) -> str:
    said = StringIO()
    with clock.frozen(TODAY):
        call_command("simulate_dispute", *arguments, stdout=said)
    return said.getvalue()


def test_a_dispute_is_simulated_from_its_opening_to_its_end(bought):
    number = the_invoice().number

    simulate(number, "--opened")
    opened = Dispute.objects.get().state
    said = simulate(number, "--lost")

    assert opened == OPEN
    assert Dispute.objects.get().state == LOST
    assert CreditNote.objects.get().kind == CreditKind.CHARGEBACK
    assert said == f"The dispute of {number} is lost.\n"


def test_a_simulated_dispute_can_be_won(bought):
    simulate(the_invoice().number, "--won")

    assert Dispute.objects.get().state == WON
    with pytest.raises(CommandError, match="closed before, as won"):
        simulate(the_invoice().number, "--lost")


def test_only_what_was_paid_by_a_test_card_is_disputed(bought, settings):
    with pytest.raises(CommandError, match="No invoice X-1"):
        simulate("X-1", "--lost")
    settings.PAYMENT_GATEWAY = "stripe"
    with pytest.raises(CommandError, match="by itself"):
        simulate(the_invoice().number, "--lost")

    assert not Dispute.objects.exists()


def test_how_it_ends_is_to_be_said(bought):
    with pytest.raises(CommandError, match="required"):
        simulate(the_invoice().number)
