"""The coming charges of an agreement, by the code that will make them, and the reasons in words."""

from collections.abc import Iterator
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.models.lines import PRICE_REASONS
from billing.pricing import Agreement, PriceBook, Quote


def charges(agreement: Agreement, book: PriceBook, *, first: int, until: date) -> Iterator[Quote]:
    """Each period from `first` on that is charged by that day, in order.

    Raises NoPriceError when it comes to a charge for which there is no price.
    """
    ordinal = first
    while agreement.charge_on(ordinal) <= until:
        yield book.quote(agreement, ordinal)
        ordinal += 1


def price_reason(quote: Quote) -> str:
    """Why it costs this: "sale price, first year", "standard price since 1 March 2026"."""
    if quote.price is None or quote.price.pk is None:
        return str(dict(PRICE_REASONS)[quote.reason.value])
    binds_from = quote.price.existing_from if quote.term.ordinal else quote.price.new_from
    since = date_format(binds_from, "DATE_FORMAT")
    return _("standard price since %(since)s") % {"since": since}


def date_reason(quote: Quote) -> str:
    """Why on this day: "14 days before the period ends on 12 June 2026"."""
    if not quote.term.ordinal:
        return _("the day of the purchase")
    ends = quote.term.starts_on
    days = (ends - quote.charge_on).days
    if not days:
        return _("the day the period ends")
    text = ngettext(
        "%(days)s day before the period ends on %(ends)s",
        "%(days)s days before the period ends on %(ends)s",
        days,
    )
    return text % {"days": days, "ends": date_format(ends, "DATE_FORMAT")}
