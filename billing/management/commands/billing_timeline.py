"""`manage.py billing_timeline`: when, how much and why, for an agreement nobody has made yet."""

import json
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from moneyed import CurrencyDoesNotExist, get_currency

from billing.models import Price
from billing.pricing import Agreement, PriceBook, Quote
from billing.rules import Cycle, Kind
from billing.timeline import charges, date_reason, price_reason

PLAN = 0  # no plan in particular: the prices are those of the command line


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError(text) from None
    if not amount.is_finite() or amount < 0:
        raise ValueError(text)
    return amount


class Command(BaseCommand):
    help = (
        "List the charges of an agreement from its purchase to a day, by the code that charges."
        " Needs no stored data."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--kind", required=True, choices=[kind.value for kind in Kind])
        parser.add_argument("--cycle", required=True, choices=[cycle.value for cycle in Cycle])
        parser.add_argument("--start", required=True, type=date.fromisoformat, metavar="DATE")
        parser.add_argument("--until", required=True, type=date.fromisoformat, metavar="DATE")
        parser.add_argument("--standard", required=True, type=_amount, metavar="AMOUNT")
        parser.add_argument("--sale", type=_amount, metavar="AMOUNT", help="in the first year")
        parser.add_argument("--currency", required=True, metavar="CODE", help="ISO 4217")
        parser.add_argument("--json", action="store_true", help="a JSON list instead of a table")

    def handle(self, *args: Any, **options: Any) -> None:
        agreement = self._agreement(options)
        book = PriceBook([_standard(options)])
        quotes = list(charges(agreement, book, first=0, until=options["until"]))
        if options["json"]:
            self.stdout.write(json.dumps([_as_json(quote) for quote in quotes], indent=2))
            return
        for quote in quotes:
            served = f"{quote.term.starts_on} – {quote.term.ends_on}"
            self.stdout.write(
                f"{quote.charge_on}  {quote.amount:>10} {quote.currency}  {served}"
                f"  {price_reason(quote)}; {date_reason(quote)}"
            )

    def _agreement(self, options: dict[str, Any]) -> Agreement:
        try:
            get_currency(options["currency"])
        except CurrencyDoesNotExist:
            raise CommandError(f"There is no currency {options['currency']}.") from None
        kind, cycle = Kind(options["kind"]), Cycle(options["cycle"])
        if (kind, cycle) == (Kind.DOMAIN, Cycle.MONTHLY):
            raise CommandError("Domains are not sold by the month.")
        return Agreement(
            kind=kind,
            cycle=cycle,
            plan_id=PLAN,
            currency=options["currency"],
            purchased_on=options["start"],
            anchor_on=options["start"],
            sale_amount=options["sale"],
            is_nonprofit=False,
        )


def _standard(options: dict[str, Any]) -> Price:
    return Price(
        plan_id=PLAN,
        currency=options["currency"],
        amount=options["standard"],
        new_from=date.min,
        existing_from=date.min,
    )


def _as_json(quote: Quote) -> dict[str, str]:
    return {
        "period_start": quote.term.starts_on.isoformat(),
        "period_end": quote.term.ends_on.isoformat(),
        "charge_on": quote.charge_on.isoformat(),
        "amount": str(quote.amount),
        "currency": quote.currency,
        "price_reason": price_reason(quote),
        "date_reason": date_reason(quote),
    }
