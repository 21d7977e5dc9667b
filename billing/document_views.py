"""Invoices and credit notes: lists, pages, files."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from billing import pdf
from billing.documents import (
    credit_notes_of_year,
    credit_sums,
    invoice_sums,
    invoices_of,
    invoices_of_year,
    left_after,
    lines_of,
    years_of,
)
from billing.models import CreditNote, Invoice
from partners.access import AccountRequest, account_page, render_in_account
from partners.models import Account
from partners.roles import Can
from portal.lib import clock
from portal.lib.csv import csv_response
from portal.lib.money import rounded
from portal.lib.pages import page_of
from portal.lib.zips import zip_response

ROWS_AT_ONCE = 500


@require_safe
@account_page(Can.SEE_BILLING)
def invoices(request: AccountRequest) -> HttpResponse:
    """Every invoice, latest first."""
    page = page_of(request, invoices_of(request.account))
    years = years_of(request.account)
    return render_in_account(
        request,
        "billing/invoices.html",
        {"active_tab": "billing", "invoices": page, "years": years},
    )


@require_safe
@account_page(Can.SEE_BILLING)
def invoices_csv(request: AccountRequest) -> HttpResponseBase:
    """Every invoice as CSV, a row each."""
    header = ["number", "issued", "due_on", "state", "net", "tax", "gross", "credited", "currency"]
    return csv_response(
        f"invoices-{request.account.ref}.csv", header, _invoice_rows(request.account)
    )


def _invoice_rows(account: Account) -> Iterator[tuple[Any, ...]]:
    for invoice in invoices_of(account).iterator(chunk_size=ROWS_AT_ONCE):
        left = invoice.left_amount  # type: ignore[attr-defined]  # annotated
        net = invoice_sums(invoice.lines.all()).net
        gross = invoice.total_amount
        amounts = (net, gross - net, gross, gross - left)
        yield (
            invoice.number,
            clock.date_of(invoice.issued_at),
            invoice.due_on,
            invoice.state,
            *(rounded(amount, invoice.currency) for amount in amounts),
            invoice.currency,
        )


@require_safe
@account_page(Can.SEE_BILLING)
def lines_csv(request: AccountRequest) -> HttpResponseBase:
    """Every line of every invoice as CSV, each with its period: what bills to clients need."""
    header = ["invoice", "issued", "description", "period_start", "period_end", "reason"]
    header += ["net", "tax_name", "tax_percent", "tax", "gross", "credited", "currency"]
    return csv_response(f"lines-{request.account.ref}.csv", header, _line_rows(request.account))


def _line_rows(account: Account) -> Iterator[tuple[Any, ...]]:
    for line in lines_of(account).iterator(chunk_size=ROWS_AT_ONCE):
        currency = line.invoice.currency
        credited = line.credited  # type: ignore[attr-defined]  # annotated
        yield (
            line.invoice.number,
            clock.date_of(line.invoice.issued_at),
            line.description,
            line.starts_on,
            line.last_on,
            line.price_reason,
            rounded(line.amount, currency),
            line.tax_name,
            f"{line.tax_percent.normalize():f}",
            rounded(line.tax_amount, currency),
            rounded(line.gross_amount, currency),
            rounded(credited, currency),
            currency,
        )


@require_safe
@account_page(Can.SEE_BILLING)
def invoices_zip(request: AccountRequest) -> HttpResponseBase:
    """The PDFs of a year, credit notes included, drawn while they are sent.

    `?year=`, else the latest with any.
    """
    account, years = request.account, years_of(request.account)
    asked = request.GET.get("year", str(years[0]) if years else "")
    if asked not in {str(year) for year in years}:
        raise Http404
    year, language = int(asked), get_language() or ""
    files = chain(
        pdf.drawn_invoices(invoices_of_year(account, year), language=language),
        pdf.drawn_notes(credit_notes_of_year(account, year), language=language),
    )
    return zip_response(f"invoices-{account.ref}-{asked}.zip", files)


@require_safe
@account_page(Can.SEE_BILLING)
def invoice(request: AccountRequest, ref: str) -> HttpResponse:
    """One invoice: its lines with their periods and reasons, and the attempts to collect it."""
    found = get_object_or_404(Invoice.objects.in_account(request.account), ref=ref)
    lines, notes = list(found.lines.explained()), list(found.credit_notes.in_order())
    return render_in_account(
        request,
        "billing/invoice.html",
        {
            "active_tab": "billing",
            "invoice": found,
            "lines": lines,
            "sums": invoice_sums(lines),
            "credit_notes": notes,
            "left": left_after(found, notes),
            "attempts": found.attempts.select_related("payment_method").order_by("ordinal"),
        },
    )


@require_safe
@account_page(Can.SEE_BILLING)
def invoice_pdf(request: AccountRequest, ref: str) -> HttpResponse:
    """One invoice as PDF."""
    found = get_object_or_404(Invoice.objects.in_account(request.account), ref=ref)
    content = pdf.invoice_pdf(found, found.lines.explained(), found.credit_notes.in_order())
    return _as_pdf(content, pdf.pdf_name(found))


@require_safe
@account_page(Can.SEE_BILLING)
def credit_note(request: AccountRequest, ref: str) -> HttpResponse:
    """One credit note: what of which invoice it takes back, and why."""
    found = _note(request.account, ref)
    lines = list(found.lines.explained())
    return render_in_account(
        request,
        "billing/credit_note.html",
        {
            "active_tab": "billing",
            "note": found,
            "lines": lines,
            "sums": credit_sums(lines),
            "refund": found.refunds.order_by("id").last(),
        },
    )


@require_safe
@account_page(Can.SEE_BILLING)
def credit_note_pdf(request: AccountRequest, ref: str) -> HttpResponse:
    """One credit note as PDF."""
    found = _note(request.account, ref)
    return _as_pdf(pdf.credit_note_pdf(found, found.lines.explained()), pdf.pdf_name(found))


def _note(account: Account, ref: str) -> CreditNote:
    notes = CreditNote.objects.in_account(account).select_related("invoice")
    return get_object_or_404(notes, ref=ref)


def _as_pdf(content: bytes, name: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )
