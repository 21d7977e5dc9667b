"""How pages and mails write money."""

from decimal import Decimal

from django import template

from portal.lib.money import in_words

register = template.Library()


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """`{{ line.amount|money:invoice.currency }}`, as the reader's locale writes it."""
    return in_words(amount, currency)
