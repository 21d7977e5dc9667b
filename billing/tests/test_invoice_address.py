"""Where invoices and receipts go, when that is not the address on record."""

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from billing.actions.charge import retry_due
from billing.actions.give_up import give_up_due
from billing.actions.renew import renew_due
from billing.models import Invoice
from billing.rules import Cycle
from partners.models import Account
from partners.roles import Role
from portal.lib import clock
from portal.mail.actions.hand_over import send_due
from portal.mail.models import Message
from portal.testing import builders
from portal.testing.builders import TODAY, noon

pytestmark = pytest.mark.django_db

BOUGHT = date(2026, 5, 15)  # a month before: the monthly plan renews today
RECORD, CLIENT = "alice@studio.example", "books@client.example"


@pytest.fixture
def studio():
    return builders.studio()


@pytest.fixture
def sent_on(studio):
    """The same account, its bills going to a client."""
    Account.objects.update(invoice_email=CLIENT)
    studio.refresh_from_db()
    return studio


def signed_in(name: str = "Alice") -> Client:
    client = Client()
    client.force_login(builders.person(name=name))
    return client


def url(account: Account) -> str:
    return reverse("billing:invoice_address", args=[account.ref])


def readers(kind: str) -> set[str]:
    return set(Message.objects.filter(kind=kind).values_list("to", flat=True))


def renewal_declined(account: Account) -> None:
    builders.subscription_bought(account=account, cycle=Cycle.MONTHLY, on=BOUGHT)
    builders.card(account=account, test_card="sim_soft")
    with clock.frozen(TODAY):
        renew_due(on=TODAY)


# --- Choosing it ---------------------------------------------------------------------------------


def test_bills_go_to_the_address_on_record_unless_told_otherwise(studio):
    assert studio.bills_to == RECORD


def test_an_invoice_address_can_be_given(studio):
    response = signed_in().post(url(studio), {"invoice_email": CLIENT}, follow=True)

    studio.refresh_from_db()
    assert (studio.bills_to, studio.email) == (CLIENT, RECORD)
    assert f"Invoices and receipts go to {CLIENT} from now on." in response.text


def test_an_invoice_address_can_be_taken_back(sent_on):
    signed_in().post(url(sent_on), {"invoice_email": ""})

    sent_on.refresh_from_db()
    assert sent_on.bills_to == RECORD


def test_what_is_no_address_is_refused(studio):
    response = signed_in().post(url(studio), {"invoice_email": "the client"})

    studio.refresh_from_db()
    assert response.status_code == 200
    assert "Enter a valid email address." in response.text
    assert studio.invoice_email == ""


@pytest.mark.parametrize(("role", "status"), [(Role.BILLING, 302), (Role.MEMBER, 403)])
def test_who_may_pay_changes_it_and_who_may_not_does_not(studio, role, status):
    builders.member(account=studio, name="Bob", role=role)

    response = signed_in("Bob").post(url(studio), {"invoice_email": CLIENT})

    studio.refresh_from_db()
    assert response.status_code == status
    assert studio.invoice_email == (CLIENT if status == 302 else "")


def test_a_stranger_changes_nothing(studio):
    builders.account(name="Elsewhere", owner="Charlie")

    assert signed_in("Charlie").post(url(studio), {"invoice_email": CLIENT}).status_code == 404
    studio.refresh_from_db()
    assert studio.invoice_email == ""


def test_each_change_is_kept(studio):
    signed_in().post(url(studio), {"invoice_email": CLIENT})

    kept = studio.history.values_list("pgh_label", "invoice_email")
    assert set(kept) == {("before", ""), ("update", CLIENT)}


# --- Writing to it -------------------------------------------------------------------------------


def test_a_receipt_goes_to_the_invoice_address_alone(sent_on):
    builders.subscription_bought(account=sent_on)

    assert readers("billing/receipt") == {CLIENT}


def test_a_payment_that_failed_is_told_to_both_and_each_why_they_are(sent_on):
    renewal_declined(sent_on)

    with clock.frozen(TODAY):
        send_due(at=noon(TODAY))

    mails = {mail.to: mail.text for mail in Message.objects.filter(kind="billing/payment_failed")}
    assert mails.keys() == {RECORD, CLIENT}
    assert "this is the address on record" in " ".join(mails[RECORD].split())
    assert "invoices for Studio are sent to this address" in " ".join(mails[CLIENT].split())


def test_an_invoice_given_up_is_told_to_both(sent_on):
    renewal_declined(sent_on)
    invoice = Invoice.objects.latest("id")
    with clock.frozen(invoice.collect_until):
        retry_due(on=invoice.collect_until)

    give_up_due(on=date(2026, 7, 15))

    assert readers("billing/given_up") == {RECORD, CLIENT}


def test_without_an_invoice_address_a_failure_is_told_once(studio):
    renewal_declined(studio)

    assert [m.to for m in Message.objects.filter(kind="billing/payment_failed")] == [RECORD]


def test_an_invoice_names_the_address_it_went_to(sent_on):
    builders.subscription_bought(account=sent_on)

    page = signed_in().get(
        reverse("billing:invoice", args=[sent_on.ref, Invoice.objects.get().ref])
    )

    assert CLIENT in page.text
