"""Invoices and credit notes as PDF: drawn the same, byte for byte, while they tell the same."""

from billing.pdf.credit_note import credit_note_pdf, drawn_notes
from billing.pdf.invoice import drawn_invoices, invoice_pdf
from billing.pdf.sheet import TEMPLATE, pdf_name

__all__ = [
    "TEMPLATE",
    "credit_note_pdf",
    "drawn_invoices",
    "drawn_notes",
    "invoice_pdf",
    "pdf_name",
]
