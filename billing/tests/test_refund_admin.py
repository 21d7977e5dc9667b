"""Paying back, in the admin: finance may, support may not, and nothing is paid back twice."""

from datetime import timedelta

import pytest
from django.test import Client

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


def test_finance_pays_a_line_back_with_a_reason(line):
    erin = browser(staff("finance"))

    told = erin.post(page(line), {"amount": "", "reason": "Bought by mistake"}, follow=True)

    note = CreditNote.objects.get()
    assert note.number in told.content.decode()
    assert (note.amount, note.reason) == (line.amount, "Bought by mistake")


def test_without_a_reason_nothing_goes_back_and_the_amount_stays_in_the_form(line):
    erin = browser(staff("finance"))

    asked = erin.post(page(line), {"amount": "5.00", "reason": ""})

    assert 'value="5.00"' in asked.content.decode()
    assert not CreditNote.objects.exists()


def test_a_second_click_pays_nothing_back(line):
    erin = browser(staff("finance"))
    said = {"amount": "", "reason": "Bought by mistake"}

    erin.post(page(line), said)
    told = erin.post(page(line), said, follow=True)

    assert told.status_code == 200
    assert SimulatedRefund.objects.count() == 1


def test_support_may_look_and_not_pay_back(line):
    dana = browser(staff("support"))

    assert dana.get("/admin/billing/creditnote/").status_code == 200
    assert dana.get(page(line)).status_code == 403
    assert dana.post(page(line), {"amount": "", "reason": "x"}).status_code == 403
    assert not CreditNote.objects.exists()


def test_the_invoice_shows_its_credit_note_to_the_account(line):
    browser(staff("finance")).post(page(line), {"amount": "5.00", "reason": "A small mistake"})
    invoice = Invoice.objects.get()
    alice = Client()
    alice.force_login(invoice.account.memberships.get().user)

    seen = alice.get(f"/a/{invoice.account.ref}/billing/invoices/{invoice.ref}/").content.decode()

    assert "A small mistake" in seen
    assert CreditNote.objects.get().number in seen
