"""Invoices and credit notes on pages and in spreadsheets: net, tax, and what was taken back."""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from io import StringIO

import pytest
from django.test import Client
from django.urls import reverse

from billing.actions.cancel import cancel
from billing.actions.renew import renew_due
from billing.documents import credit_sums, invoice_sums, invoices_of, years_of
from billing.models import CreditNote, Invoice, InvoiceLine, Subscription
from billing.rules import Cycle, Kind
from partners.models import Account
from portal.lib import clock
from portal.testing import builders as make
from portal.testing.builders import TODAY, noon

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with clock.frozen(TODAY):
        yield


@pytest.fixture
def studio() -> Account:
    return make.studio()


def page(name: str, *refs: str) -> str:
    """What Alice reads, in one line and without the tags."""
    alice = Client()
    alice.force_login(make.person(name="Alice"))
    response = alice.get(reverse(f"billing:{name}", args=refs))
    assert response.status_code == 200
    return " ".join(unescape(response.text).split())


def rows(name: str, account: Account) -> list[dict[str, str]]:
    """A file for spreadsheets, row by row."""
    alice = Client()
    alice.force_login(make.person(name="Alice"))
    response = alice.get(reverse(f"billing:{name}", args=[account.ref]))
    return list(csv.DictReader(StringIO(response.getvalue().decode("utf-8-sig"))))


def renewed_together(account: Account) -> tuple[Invoice, Subscription]:
    """Two monthly plans whose common renewal was declined today, and one of them."""
    bought = [
        make.subscription_bought(account=account, cycle=Cycle.MONTHLY, on=date(2026, 5, 15))
        for _ in range(2)
    ]
    make.card(account=account, test_card="sim_soft")
    renew_due(on=TODAY)
    bought[0].refresh_from_db()
    return Invoice.objects.latest("pk"), bought[0]


# --- Sums ----------------------------------------------------------------------------------------


def test_lines_add_up_to_net_tax_by_name_and_rate_and_total(studio):
    make.tax_rate()
    make.tax_rate(kind="domain", name="Duty", percent=5)
    for kind in (Kind.SITE_PLAN, Kind.APP, Kind.DOMAIN):
        make.subscription_bought(account=studio, kind=kind)

    sums = invoice_sums(InvoiceLine.objects.all())

    assert (sums.net, sums.gross) == (Decimal(300), Decimal(345))
    assert {tax.in_words: tax.amount for tax in sums.taxes} == {
        "20\u00a0% VAT": Decimal(40),
        "5\u00a0% Duty": Decimal(5),
    }


def test_what_is_not_taxed_has_no_sum_of_tax(studio):
    make.subscription_bought(account=studio)

    sums = invoice_sums(InvoiceLine.objects.all())

    assert (sums.net, sums.taxes, sums.gross) == (Decimal(100), [], Decimal(100))


def test_a_whole_invoice_taken_back_in_parts_leaves_nothing_of_any_sum(studio):
    make.tax_rate(percent="7.7")
    line = make.subscription_bought(account=studio).invoice_lines.get()
    for part in ("33.33", "33.33", line.gross_amount - Decimal("66.66")):
        make.paid_back(line=line, amount=part)

    taken = [one for note in CreditNote.objects.all() for one in note.lines.explained()]

    assert credit_sums(taken) == invoice_sums([line])
    assert invoice_sums([line], less=taken).gross == 0


def test_each_invoice_knows_what_its_credit_notes_have_left(studio):
    for part in ("", 30):
        line = make.subscription_bought(account=studio).invoice_lines.get()
        if part:
            make.paid_back(line=line, amount=part)

    left = [invoice.left_amount for invoice in invoices_of(studio)]

    assert left == [Decimal(70), Decimal(100)]


def test_a_year_counts_by_its_credit_notes_too(studio):
    line = make.subscription_bought(account=studio, on=date(2024, 12, 31)).invoice_lines.get()
    make.paid_back(line=line, on=date(2025, 1, 1))

    assert years_of(studio) == [2025, 2024]
    assert years_of(make.bakery()) == []


# --- Pages ---------------------------------------------------------------------------------------


def test_an_invoice_says_net_tax_and_total_of_each_line_and_of_all(studio):
    make.tax_rate()
    invoice = make.subscription_bought(account=studio).invoice_lines.get().invoice

    text = page("invoice", studio.ref, invoice.ref)

    assert "20 % VAT" in text
    for amount in ("$100.00", "$20.00", "$120.00"):
        assert text.count(amount) >= 2


def test_an_invoice_without_tax_has_one_column_of_amounts(studio):
    invoice = make.subscription_bought(account=studio).invoice_lines.get().invoice

    text = page("invoice", studio.ref, invoice.ref)

    assert ">Amount</th>" in text
    assert ">Net<" not in text
    assert ">Tax<" not in text


def test_an_invoice_leads_to_its_credit_notes_and_says_what_they_left(studio):
    line = make.subscription_bought(account=studio).invoice_lines.get()
    note = make.paid_back(line=line, amount=30).credit_note

    text = page("invoice", studio.ref, line.invoice.ref)

    assert reverse("billing:credit_note", args=[studio.ref, note.ref]) in text
    assert "refund – Bought by mistake" in text
    assert "Left after credit notes" in text
    assert "$70.00" in text


def test_an_open_invoice_says_what_is_left_to_pay_wherever_it_is_told(studio):
    invoice, one = renewed_together(studio)
    cancel(one, by=make.person(name="Alice"), at=noon(TODAY) + timedelta(hours=1))

    assert "Left to pay" in page("invoice", studio.ref, invoice.ref)
    assert "$10.00 after credit notes" in page("invoices", studio.ref)
    assert f"Invoice {invoice.number} over $10.00 is not paid" in page("overview", studio.ref)


def test_a_credit_note_says_of_which_invoice_what_and_why(studio):
    make.tax_rate()
    line = make.subscription_bought(account=studio).invoice_lines.get()
    note = make.paid_back(line=line, amount=30).credit_note

    text = page("credit_note", studio.ref, note.ref)

    assert f"Credit note {note.number}" in text
    assert reverse("billing:invoice", args=[studio.ref, line.invoice.ref]) in text
    assert "refund – Bought by mistake" in text
    assert line.description in text
    for amount in ("$25.00", "$5.00", "$30.00"):
        assert amount in text


def test_coming_charges_are_told_with_their_tax(studio):
    make.tax_rate()
    make.subscription_bought(account=studio, cycle=Cycle.MONTHLY)

    text = page("overview", studio.ref)

    assert "$12.00" in text
    assert "incl. 20 % VAT" in text


def test_plans_are_offered_with_their_tax(studio):
    make.tax_rate()
    plan = make.plan()
    make.price(plan=plan)
    make.sale(plan=plan, percent_off=50)

    text = page("upgrade", studio.ref, make.site(account=studio).ref)

    assert "$60.00</span>" in text
    assert "$120.00</span>" in text
    assert "$60.00 now. Then $120.00" in text


# --- Files for spreadsheets ----------------------------------------------------------------------


def test_the_invoices_file_has_a_row_an_invoice_with_net_tax_total_and_what_was_credited(studio):
    make.tax_rate()
    line = make.subscription_bought(account=studio).invoice_lines.get()
    make.paid_back(line=line, amount=30)

    [row] = rows("invoices_csv", studio)

    assert row == {
        "number": line.invoice.number,
        "issued": "2026-06-15",
        "due_on": "2026-06-15",
        "state": "paid",
        "net": "100.00",
        "tax": "20.00",
        "gross": "120.00",
        "credited": "30.00",
        "currency": "USD",
    }


def test_the_lines_file_has_a_row_a_line_with_its_period_and_tax(studio):
    make.tax_rate(percent="7.50")
    invoice, one = renewed_together(studio)
    cancel(one, by=make.person(name="Alice"), at=noon(TODAY))

    told = rows("lines_csv", studio)

    assert len(told) == 4
    assert told[0] == {
        "invoice": invoice.number,
        "issued": "2026-06-15",
        "description": one.in_words,
        "period_start": "2026-06-15",
        "period_end": "2026-07-14",
        "reason": "standard",
        "net": "10.00",
        "tax_name": "VAT",
        "tax_percent": "7.5",
        "tax": "0.75",
        "gross": "10.75",
        "credited": "10.75",
        "currency": "USD",
    }
    assert told[1]["credited"] == "0.00"


def test_files_have_nothing_of_other_accounts(studio):
    make.subscription_bought(account=make.bakery())

    assert rows("invoices_csv", studio) == rows("lines_csv", studio) == []
