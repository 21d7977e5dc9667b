"""Invoices and credit notes as their payers get them: which there are, and what they add up to."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import chain

from django.db.models import F, OuterRef, Prefetch, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from billing.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from partners.models import Account
from portal.lib import clock

# --- Sums ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TaxSum:
    """What the lines of one tax and rate ("20 % VAT") have of it together."""

    in_words: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Sums:
    """What lines add up to. Without tax there are no `taxes`, and net and gross are the same."""

    net: Decimal
    taxes: list[TaxSum]

    @property
    def gross(self) -> Decimal:
        return self.net + sum((tax.amount for tax in self.taxes), Decimal(0))


# A tax in words, the amount without it, the tax.
Part = tuple[str, Decimal, Decimal]


def invoice_sums(lines: Iterable[InvoiceLine], less: Iterable[CreditNoteLine] = ()) -> Sums:
    """What the lines come to, less what of them was taken back.

    Lines of credit notes are to come with those of the invoice.
    """
    invoiced = ((line.tax_in_words, line.amount, line.tax_amount) for line in lines)
    taken = ((words, -net, -tax) for words, net, tax in _credited(less))
    return _sums(chain(invoiced, taken))


def credit_sums(lines: Iterable[CreditNoteLine]) -> Sums:
    """What a credit note takes back; its lines are to come with those of the invoice."""
    return _sums(_credited(lines))


def _credited(lines: Iterable[CreditNoteLine]) -> Iterable[Part]:
    for line in lines:
        yield line.invoice_line.tax_in_words, line.net_amount, line.tax_amount


def _sums(parts: Iterable[Part]) -> Sums:
    net, taxes = Decimal(0), defaultdict[str, Decimal](Decimal)
    for in_words, amount, tax in parts:
        net += amount
        taxes[in_words] += tax
    return Sums(net, [TaxSum(words, tax) for words, tax in taxes.items() if tax])


def left_after(invoice: Invoice, notes: Iterable[CreditNote]) -> Decimal:
    """What of an invoice these credit notes have left."""
    return invoice.total_amount - sum((note.amount for note in notes), Decimal(0))


# --- Which there are -----------------------------------------------------------------------------


def less_credits(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """Each with `left_amount`: its total less its credit notes."""
    notes = CreditNote.objects.filter(invoice=OuterRef("pk")).order_by().values("invoice")
    credited = Subquery(notes.annotate(total=Sum("amount")).values("total"))
    return invoices.annotate(left_amount=F("total_amount") - Coalesce(credited, Decimal(0)))


def invoices_of(account: Account) -> QuerySet[Invoice]:
    """Latest first, with their lines and what is left of each (`left_amount`)."""
    lines = InvoiceLine.objects.order_by("id")
    return (
        less_credits(Invoice.objects.in_account(account))
        .prefetch_related(Prefetch("lines", lines))
        .order_by("-issued_at", "-id")
    )


def lines_of(account: Account) -> QuerySet[InvoiceLine]:
    """Every line of the account's invoices, latest invoice first, each with `credited`."""
    return (
        InvoiceLine.objects.filter(invoice__account=account)
        .select_related("invoice")
        .annotate(credited=Coalesce(Sum("credits__amount"), Decimal(0)))
        .order_by("-invoice__issued_at", "-invoice", "id")
    )


def invoices_of_year(account: Account, year: int) -> QuerySet[Invoice]:
    """What was issued in a year of the business, in order, with what its PDF says."""
    first, after = _year(year)
    return (
        Invoice.objects.in_account(account)
        .filter(issued_at__gte=first, issued_at__lt=after)
        .select_related("account")
        .prefetch_related(
            Prefetch("lines", InvoiceLine.objects.explained()),
            Prefetch("credit_notes", CreditNote.objects.in_order()),
        )
        .order_by("number")
    )


def credit_notes_of_year(account: Account, year: int) -> QuerySet[CreditNote]:
    """The same of its credit notes, whenever what they take back was invoiced."""
    first, after = _year(year)
    return (
        CreditNote.objects.in_account(account)
        .filter(issued_at__gte=first, issued_at__lt=after)
        .select_related("invoice")
        .prefetch_related(Prefetch("lines", CreditNoteLine.objects.explained()))
        .order_by("number")
    )


def years_of(account: Account) -> list[int]:
    """The years of the business with an invoice or credit note of the account, latest first."""
    zone = clock.business_zone()
    of_invoices, of_notes = (
        found.datetimes("issued_at", "year", tzinfo=zone)
        for found in (
            Invoice.objects.in_account(account),
            CreditNote.objects.in_account(account),
        )
    )
    return sorted({day.year for day in of_invoices.union(of_notes)}, reverse=True)


def _year(year: int) -> tuple[datetime, datetime]:
    """From its first instant to the first of the next."""
    return clock.start_of(date(year, 1, 1)), clock.start_of(date(year + 1, 1, 1))
