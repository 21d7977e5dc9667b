"""Gapless numbers: one row an issuer and year, locked until the transaction ends."""

from enum import StrEnum

from django.conf import settings

from billing.models import InvoiceSeries


class Series(StrEnum):
    """What is numbered; credit notes have numbers of their own."""

    INVOICE = ""
    CREDIT_NOTE = "C"


def take_numbers(count: int, *, series: Series, year: int) -> list[str]:
    """The next numbers without a gap: whoever takes some is waited for."""
    issuer = f"{settings.ISSUER_CODE}{series.value}"
    InvoiceSeries.objects.bulk_create(
        [InvoiceSeries(issuer=issuer, year=year)], ignore_conflicts=True
    )
    taken = InvoiceSeries.objects.select_for_update().get(issuer=issuer, year=year)
    first = taken.last_number + 1
    taken.last_number += count
    taken.save(update_fields=["last_number"])
    return [f"{issuer}-{year}-{number:06d}" for number in range(first, first + count)]
