"""Paying back, in the admin: finance may, support may not, and nothing is paid back twice."""

from datetime import timedelta

import pytest
from django.test import Client

from billing.actions.credit import left_to_credit
from billing.models import CreditNote, Invoice, InvoiceLine, SimulatedRefund
from portal.lib import clock
from portal.staff.tests.populate import browser, staff
from portal.testing import builders as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def line():
    make.subscription_bought(on=clock.today() - timedelta(days=3))
    return InvoiceLine.objects.get()


def page(line):
    return f"/admin/billing/invoiceline/refund/?row={line.pk}"


def said(line, amount, reason="Bought by mistake"):
    """What is sent from the page as it is now."""
    left = left_to_credit(line.invoice)[line.pk]
    return {"amount": amount, "reason": reason, f"seen-{line.pk}": left}


def test_finance_pays_a_line_back_with_a_reason(line):
    erin = browser(staff("finance"))

    told = erin.post(page(line), said(line, ""), follow=True)

    note = CreditNote.objects.get()
    assert note.number in told.content.decode()
    assert (note.amount, note.reason) == (line.amount, "Bought by mistake")


def test_without_a_reason_nothing_goes_back_and_the_amount_stays_in_the_form(line):
    erin = browser(staff("finance"))

    asked = erin.post(page(line), said(line, "5.00", reason=""))

    assert 'value="5.00"' in asked.content.decode()
    assert not CreditNote.objects.exists()


@pytest.mark.parametrize("amount", ["", "5.00"])
def test_a_second_click_pays_nothing_back(line, amount):
    erin = browser(staff("finance"))
    clicked = said(line, amount)

    erin.post(page(line), clicked)
    told = erin.post(page(line), clicked, follow=True)

    assert "Nothing more was paid back" in told.text
    assert SimulatedRefund.objects.count() == 1


def test_of_two_who_pay_back_at_once_the_second_is_told_what_is_left(line):
    erin, dana = browser(staff("finance")), browser(staff("finance"))
    both_saw = said(line, "5.00")

    erin.post(page(line), both_saw)
    told = dana.post(page(line), both_saw, follow=True)

    assert "is left now" in told.text
    assert CreditNote.objects.get().amount == 5


def test_what_is_left_stands_in_the_page(line):
    shown = browser(staff("finance")).get(page(line))

    assert f'name="seen-{line.pk}" value="{line.gross_amount}"' in shown.text


def test_support_may_look_and_not_pay_back(line):
    dana = browser(staff("support"))

    assert dana.get("/admin/billing/creditnote/").status_code == 200
    assert dana.get(page(line)).status_code == 403
    assert dana.post(page(line), {"amount": "", "reason": "x"}).status_code == 403
    assert not CreditNote.objects.exists()


def test_the_invoice_shows_its_credit_note_to_the_account(line):
    browser(staff("finance")).post(page(line), said(line, "5.00", reason="A small mistake"))
    invoice = Invoice.objects.get()
    alice = Client()
    alice.force_login(invoice.account.memberships.get().user)

    seen = alice.get(f"/a/{invoice.account.ref}/billing/invoices/{invoice.ref}/").content.decode()

    assert "A small mistake" in seen
    assert CreditNote.objects.get().number in seen
