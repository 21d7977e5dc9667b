"""Invoices as PDF: what they say, to whom they are given, a year of them at once."""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils.translation import override
from pypdf import PdfReader

from billing.documents import invoices_of_year
from billing.models import CreditNote, Invoice, InvoiceLine
from billing.pdf import TEMPLATE, credit_note_pdf, drawn_invoices, invoice_pdf
from billing.rules import Cycle, Kind, PriceReason
from partners.roles import Role
from portal.lib import clock
from portal.lib.fonts import UNDRAWABLE, drawable
from portal.mail.actions.hand_over import send_due
from portal.mail.models import Message
from portal.testing import builders
from portal.testing.builders import TODAY, noon

pytestmark = pytest.mark.django_db

JAPANESE = "株式会社さくら"


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with clock.frozen(TODAY):
        yield


@pytest.fixture
def studio():
    return builders.studio()


@pytest.fixture
def paid(studio) -> Invoice:
    """One line, paid today."""
    site = builders.site(account=studio, address="bakery.example")
    builders.subscription_bought(site=site)
    return Invoice.objects.get()


def pdf_of(invoice: Invoice, *, language: str = "en") -> bytes:
    fresh = Invoice.objects.select_related("account").get(pk=invoice.pk)
    fresh.bill_to_name = invoice.bill_to_name
    return invoice_pdf(
        fresh, fresh.lines.explained(), fresh.credit_notes.in_order(), language=language
    )


def read(pdf: bytes) -> PdfReader:
    return PdfReader(BytesIO(pdf))


def words(pdf: bytes) -> str:
    """All its text in one line."""
    return " ".join(" ".join(page.extract_text() for page in read(pdf).pages).split())


def with_lines(invoice: Invoice, count: int) -> list[InvoiceLine]:
    """That many lines as they would be, none of them stored."""
    return [
        InvoiceLine(
            invoice=invoice,
            description=f"Premium, yearly for site-{n:03}.example",
            starts_on=TODAY,
            ends_on=date(2027, 6, 15),
            amount=Decimal(100),
            price_reason=PriceReason.SALE.value,
        )
        for n in range(count)
    ]


def signed_in(name: str = "Alice") -> Client:
    client = Client()
    client.force_login(builders.person(name=name))
    return client


def zip_of(client: Client, ref: str, year: str = "") -> ZipFile:
    response = client.get(
        reverse("billing:invoices_zip", args=[ref]), {"year": year} if year else {}
    )
    assert response.status_code == 200
    return ZipFile(BytesIO(response.getvalue()))


# --- What it says --------------------------------------------------------------------------------


def test_it_says_who_what_for_which_time_why_and_how_much(paid):
    text = words(pdf_of(paid))

    assert f"{settings.ISSUER_NAME} {' '.join(settings.ISSUER_ADDRESS)}" in text
    assert f"Tax number: {settings.ISSUER_TAX_NUMBER}" in text
    assert f"Invoice {paid.number}" in text
    assert "Studio" in text
    assert "alice@studio.example" in text
    assert "bakery.example" in text
    assert "June 15, 2026 – June 14, 2027" in text
    assert "standard price since Jan. 1, 2020" in text
    assert "Total $100.00" in text
    assert "Page 1 of 1" in text


def test_a_paid_one_says_when_it_was_paid(paid):
    assert "Paid on June 15, 2026." in words(pdf_of(paid))


def test_an_open_one_says_it_is_not_paid(studio):
    builders.subscription_bought(account=studio, cycle=Cycle.MONTHLY, on=date(2026, 5, 15))
    paid = Invoice.objects.get()
    Invoice.objects.filter(pk=paid.pk).update(state="open", paid_at=None)

    text = words(pdf_of(paid))

    assert "Not paid yet" in text
    assert "Paid on" not in text


def test_four_hundred_lines_run_over_pages_that_each_name_their_columns(paid):
    pages = read(invoice_pdf(paid, with_lines(paid, 400), [], language="en")).pages

    texts = [" ".join(page.extract_text().split()) for page in pages]
    assert len(pages) > 10
    assert all("What for Period Amount" in text for text in texts)
    assert all(f"Invoice {paid.number}" in text for text in texts)
    assert f"Page 2 of {len(pages)}" in texts[1]
    listed = re.findall(r"site-(\d{3})\.example", " ".join(texts))
    assert listed == [f"{n:03}" for n in range(400)]
    assert sum("Total" in text for text in texts) == 1


def test_yen_has_no_decimals():
    bakery = builders.account(name=JAPANESE, currency="JPY", country="JP")
    builders.subscription_bought(account=bakery)

    text = words(pdf_of(Invoice.objects.get()))

    assert "Total ¥100 " in text
    assert "100.00" not in text
    assert JAPANESE in text


@pytest.mark.parametrize(
    "name",
    ["Łukasz & Žižkov", "Αθήνα", "Студия", "한국 스튜디오", "सदन", "{#panic()} [x] $y$ \\ *z*"],
)
def test_names_of_any_alphabet_are_drawn_and_never_read_as_markup(paid, name):
    paid.bill_to_name = name

    assert name in words(pdf_of(paid))


@pytest.mark.parametrize("name", ["עברית", "العربية", "ไทย", "𓀀 🎉 bake", "\u202eback", "a\tb"])
def test_no_name_is_too_strange_to_draw(paid, name):
    paid.bill_to_name = name

    assert paid.number in words(pdf_of(paid))


def test_what_no_font_has_is_replaced_and_what_is_invisible_is_left_out():
    assert drawable("Bake 🎉\u202e\x07 off\n株式") == f"Bake {UNDRAWABLE} off 株式"


def test_it_is_in_the_readers_language(paid):
    assert "Due 15 Jun 2026" in words(pdf_of(paid, language="en-gb"))
    with override("en-gb"):
        assert "Due 15 Jun 2026" in words(pdf_of(paid, language=""))


def test_an_issuer_without_address_and_tax_number_is_named_all_the_same(paid, settings):
    settings.ISSUER_ADDRESS, settings.ISSUER_TAX_NUMBER = [], ""

    text = words(pdf_of(paid))

    assert text.startswith(f"{settings.ISSUER_NAME} paid Invoice")
    assert "Tax number" not in text


def test_without_tax_it_says_nothing_of_tax(paid):
    text = words(pdf_of(paid)).replace("Tax number", "")

    assert "What for Period Amount" in text
    assert "Tax" not in text
    assert "Net" not in text


def test_tax_is_told_on_each_line_and_summed_by_name_and_rate(studio):
    builders.tax_rate()
    builders.tax_rate(kind="domain", name="Duty", percent="7.5")
    for kind in (Kind.SITE_PLAN, Kind.MARKETING_SUITE, Kind.DOMAIN):
        builders.subscription_bought(account=studio, kind=kind, on=date(2026, 3, 1))
    lines = InvoiceLine.objects.explained().order_by("id")
    invoice = Invoice(number="FW-1", currency="USD", total_amount=Decimal("347.50"))
    invoice.due_on, invoice.issued_at = TODAY, noon(TODAY)

    text = words(invoice_pdf(invoice, lines, [], language="en"))

    assert "What for Period Net Tax Total" in text
    assert "$100.00 $7.50 7.5 % Duty $107.50" in text
    assert text.count("$100.00 $20.00 20 % VAT $120.00") == 2
    assert "Net $300.00 20 % VAT $40.00 7.5 % Duty $7.50 Total $347.50" in text


def test_it_says_what_was_taken_back_and_what_is_left(paid):
    first = builders.paid_back(line=paid.lines.get(), amount=30).credit_note
    builders.paid_back(line=paid.lines.get(), amount="0.50")

    text = words(pdf_of(paid))

    assert "Credit note Issued Taken back" in text
    assert f"{first.number} refund – Bought by mistake June 15, 2026 −$30.00" in text
    assert "Left after credit notes $69.50" in text


def test_an_open_one_says_what_is_left_to_pay(paid):
    builders.paid_back(line=paid.lines.get(), amount=30)
    Invoice.objects.update(state="open", paid_at=None)

    assert "Left to pay $70.00" in words(pdf_of(paid))


# --- Credit notes --------------------------------------------------------------------------------


def note_pdf_of(note: CreditNote, *, language: str = "en") -> bytes:
    return credit_note_pdf(note, note.lines.explained(), language=language)


def test_a_credit_note_is_a_document_of_its_own(paid):
    note = builders.paid_back(line=paid.lines.get(), amount=30).credit_note

    text = words(note_pdf_of(note))

    assert settings.ISSUER_NAME in text
    assert f"Credit note {note.number}" in text
    assert "Studio alice@studio.example" in text
    assert f"For invoice {paid.number}" in text
    assert "bakery.example June 15, 2026 – June 14, 2027 $30.00 Total $30.00" in text
    assert "Why: refund – Bought by mistake" in text
    assert read(note_pdf_of(note)).metadata.title == f"Credit note {note.number}"


def test_a_credit_note_tells_the_tax_in_what_is_taken_back(studio):
    builders.tax_rate()
    line = builders.subscription_bought(account=studio).invoice_lines.get()
    note = builders.paid_back(line=line, amount=30).credit_note

    text = words(note_pdf_of(note))

    assert "$25.00 $5.00 20 % VAT $30.00 Net $25.00 20 % VAT $5.00 Total $30.00" in text


def test_the_same_credit_note_is_the_same_bytes_on_any_day(paid):
    note = builders.paid_back(line=paid.lines.get()).credit_note
    first = note_pdf_of(note)

    with clock.frozen(date(2027, 1, 1)):
        assert note_pdf_of(note) == first


def test_the_pdf_of_a_credit_note_is_a_click_away(studio, paid):
    note = builders.paid_back(line=paid.lines.get(), amount=30).credit_note
    client, url = signed_in(), reverse("billing:credit_note_pdf", args=[studio.ref, note.ref])

    response = client.get(url)

    assert response["Content-Disposition"] == f'inline; filename="{note.number}.pdf"'
    assert response.content == note_pdf_of(note)
    page = client.get(reverse("billing:credit_note", args=[studio.ref, note.ref]))
    assert f'href="{url}"' in page.text


# --- The file ------------------------------------------------------------------------------------


def test_the_same_invoice_is_the_same_bytes_on_any_day(paid):
    first = pdf_of(paid)
    with clock.frozen(date(2027, 1, 1)):
        later = pdf_of(paid)

    assert first == later
    assert read(first).metadata.creation_date.date() == TODAY


def test_it_tells_assistive_technology_its_title_language_and_structure(paid):
    reader = read(pdf_of(paid, language="en-gb"))

    root = reader.trailer["/Root"]
    assert reader.metadata.title == f"Invoice {paid.number}"
    assert reader.metadata.author == settings.ISSUER_NAME
    assert root["/Lang"].lower() == "en-gb"
    assert root["/MarkInfo"]["/Marked"]
    assert b'pdfuaid:part="1"' in reader.xmp_metadata.stream.get_data().replace(
        b"<pdfuaid:part>1<", b'pdfuaid:part="1"'
    )


def test_its_colours_are_the_products():
    tokens = (Path(settings.BASE_DIR) / "static/css/tokens.css").read_text()

    assert set(re.findall(r"#[0-9a-f]{6}", TEMPLATE.read_text())) <= set(
        re.findall(r"#[0-9a-f]{6}", tokens)
    )


# --- Getting one ---------------------------------------------------------------------------------


def test_the_pdf_of_an_invoice_is_a_click_away(studio, paid):
    client, url = signed_in(), reverse("billing:invoice_pdf", args=[studio.ref, paid.ref])

    response = client.get(url)

    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'inline; filename="{paid.number}.pdf"'
    assert response.content == pdf_of(paid)
    for page in (["invoice", studio.ref, paid.ref], ["invoices", studio.ref]):
        assert f'href="{url}"' in client.get(reverse(f"billing:{page[0]}", args=page[1:])).text


@pytest.mark.parametrize(("role", "status"), [(Role.BILLING, 200), (Role.MEMBER, 403)])
def test_who_may_see_billing_gets_it_and_who_may_not_does_not(studio, paid, role, status):
    builders.member(account=studio, name="Bob", role=role)
    client = signed_in("Bob")

    for name, args in (("invoice_pdf", [studio.ref, paid.ref]), ("invoices_zip", [studio.ref])):
        assert client.get(reverse(f"billing:{name}", args=args)).status_code == status


def test_a_stranger_finds_nothing(studio, paid):
    elsewhere = builders.account(name="Elsewhere", owner="Charlie")
    client = signed_in("Charlie")

    for ref in (studio.ref, elsewhere.ref):
        url = reverse("billing:invoice_pdf", args=[ref, paid.ref])
        assert client.get(url).status_code == 404
    assert client.get(reverse("billing:invoices_zip", args=[studio.ref])).status_code == 404


# --- A year of them ------------------------------------------------------------------------------


def test_a_years_invoices_come_as_one_archive(studio):
    builders.subscription_bought(account=studio, on=date(2025, 12, 31))
    builders.subscription_bought(account=studio, on=date(2026, 1, 1))
    builders.subscription_bought(account=studio, on=date(2026, 3, 1))
    of_2026 = invoices_of_year(studio, 2026)

    archive = zip_of(signed_in(), studio.ref, "2026")

    assert archive.testzip() is None
    assert archive.namelist() == [f"{invoice.number}.pdf" for invoice in of_2026]
    assert len(archive.namelist()) == 2
    assert archive.read(archive.namelist()[0]) == pdf_of(of_2026[0])
    assert archive.infolist()[0].date_time[:3] == (2026, 1, 1)


def test_the_latest_year_is_given_unless_another_is_asked_for(studio):
    builders.subscription_bought(account=studio, on=date(2024, 3, 1))
    builders.subscription_bought(account=studio, on=date(2025, 3, 1))

    assert "2025" in zip_of(signed_in(), studio.ref).namelist()[0]
    assert "2024" in zip_of(signed_in(), studio.ref, "2024").namelist()[0]


def test_credit_notes_are_in_the_archive_of_the_year_they_were_issued_in(studio):
    bought = builders.subscription_bought(account=studio, on=date(2025, 12, 31))
    line = bought.invoice_lines.get()
    note = builders.paid_back(line=line, on=date(2026, 1, 2)).credit_note

    assert zip_of(signed_in(), studio.ref).namelist() == [f"{note.number}.pdf"]
    assert zip_of(signed_in(), studio.ref, "2025").namelist() == [f"{line.invoice.number}.pdf"]


@pytest.mark.parametrize("year", ["2024", "all", "-1", "2026 ", "99999999999999999999"])
def test_a_year_without_an_invoice_has_no_archive(studio, paid, year):
    response = signed_in().get(reverse("billing:invoices_zip", args=[studio.ref]), {"year": year})

    assert response.status_code == 404


def test_invoices_are_drawn_one_by_one_as_they_are_taken(studio, monkeypatch):
    for n in range(3):
        builders.subscription_bought(account=studio, on=date(2026, 1, 1 + n))
    files = drawn_invoices(invoices_of_year(studio, 2026), language="en")

    seen = []
    name_of = "billing.pdf.invoice.pdf_name"
    monkeypatch.setattr(name_of, lambda invoice: seen.append(invoice) or "x.pdf")
    next(files)

    assert len(seen) == 1


# --- With the receipt ----------------------------------------------------------------------------


def test_the_receipt_carries_the_invoice(paid, mailoutbox):
    send_due(at=noon(TODAY))

    [receipt] = [mail for mail in mailoutbox if mail.subject.startswith("Receipt")]
    [attachment] = receipt.attachments
    assert (attachment.filename, attachment.mimetype) == (f"{paid.number}.pdf", "application/pdf")
    assert attachment.content == pdf_of(paid)
    kept = Message.objects.get(kind="billing/receipt")
    assert kept.attachments[0]["name"] == f"{paid.number}.pdf"
    assert kept.attachments[0]["url"].endswith(f"/billing/invoices/{paid.ref}.pdf")
    assert kept.attachments[0]["row"] == ["billing.invoice", paid.pk]


def test_the_mail_of_a_refund_carries_the_credit_note(paid, mailoutbox):
    note = builders.paid_back(line=paid.lines.get(), amount=30).credit_note

    send_due(at=noon(TODAY))

    [mail] = [mail for mail in mailoutbox if "on its way back" in mail.subject]
    [attachment] = mail.attachments
    assert (attachment.filename, attachment.content) == (f"{note.number}.pdf", note_pdf_of(note))
    kept = Message.objects.get(kind="billing/refunded").attachments[0]
    assert kept["url"].endswith(f"/billing/credit-notes/{note.ref}.pdf")
    assert kept["row"] == ["billing.creditnote", note.pk]


@pytest.mark.django_db
def test_an_invoice_names_whom_it_was_for_when_it_was_issued() -> None:
    bought = builders.subscription_bought()
    account = bought.account
    was = account.name

    account.name, account.invoice_email = "Another Name", "books@elsewhere.example"
    account.save()

    issued = Invoice.objects.get()
    assert (issued.bill_to_name, issued.bill_to_email) == (was, account.email)
