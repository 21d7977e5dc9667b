"""Small handovers for tests: one consistent folder, of which a test changes what it is about."""

import csv
import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.db import connection

from portal.handover.columns import SHEETS
from portal.handover.importing import Options, Outcome, import_folder

TODAY = date(2026, 6, 15)
Rows = dict[str, list[dict[str, Any]]]


def price(product="premium", kind="site_plan", cycle="yearly", currency="EUR", amount="192.00"):
    return {
        "product": product,
        "name": product.title(),
        "kind": kind,
        "cycle": cycle,
        "currency": currency,
        "amount": amount,
        "new_from": "2020-01-01",
    }


def subscription(ref="sub-1", **changes):
    return {
        "id": ref,
        "account": "acc-1",
        "site": "site-1",
        "product": "premium",
        "cycle": "yearly",
        "currency": "EUR",
        "purchased_on": "2024-03-10",
        "state": "active",
        **changes,
    }


def rows() -> Rows:
    """An agency with two sites, one of them upgraded; a client with one the agency works on."""
    return {
        "catalogue": [
            price(),
            price(cycle="monthly", amount="20.00"),
            price("domain", "domain", amount="15.00"),
        ],
        "sales": [
            {
                "sale": "spring",
                "name": "Spring sale",
                "product": "premium",
                "cycle": "yearly",
                "starts_on": "2026-03-01",
                "ends_on": "2026-03-31",
                "percent_off": "30",
            }
        ],
        "accounts": [
            {
                "id": "acc-1",
                "name": "Studio",
                "email": "hello@studio.example",
                "country": "DE",
                "currency": "EUR",
            },
            {
                "id": "acc-2",
                "name": "Bakery",
                "email": "carol@bakery.example",
                "country": "GB",
                "currency": "GBP",
            },
        ],
        "nonprofits": [{"account": "acc-2", "verified_on": "2023-05-01"}],
        "members": [{"account": "acc-1", "email": "alice@studio.example", "role": "owner"}],
        "payment_methods": [
            {
                "account": "acc-1",
                "gateway": "simulated",
                "provider_ref": "sim_ok:first",
                "brand": "Visa",
                "last4": "4242",
                "expires_month": "12",
                "expires_year": "2028",
            }
        ],
        "sites": [
            {"id": "site-1", "account": "acc-1", "address": "https://www.one.example/"},
            {"id": "site-2", "account": "acc-1", "address": "two.example"},
            {"id": "site-3", "account": "acc-2", "address": "bakery.example", "name": "Bakery"},
        ],
        "contributors": [{"account": "acc-1", "site": "site-3", "from_on": "2024-02-01"}],
        "subscriptions": [subscription()],
    }


def write(folder: Path, sheets: Mapping[str, Sequence[Mapping[str, Any]]]) -> Path:
    """Write the sheets as plain CSV files."""
    columns = {sheet.name: [column.name for column in sheet.columns] for sheet in SHEETS}
    for name, lines in sheets.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            out = csv.DictWriter(file, columns[name], restval="")
            out.writeheader()
            out.writerows(lines)
    return folder


def imported(folder: Path, sheets: Rows | None = None, **options: Any) -> Outcome:
    """Write the sheets, if given, and import the folder."""
    if sheets is not None:
        write(folder, sheets)
    return import_folder(folder, Options(**{"as_of": TODAY, **options}))


def report(outcome: Outcome) -> list[tuple[str, int, str, str, str]]:
    """The report's lines: file, line, column, reason, value."""
    with outcome.report.open(encoding="utf-8-sig", newline="") as file:
        return [
            (line["file"], int(line["line"]), line["column"], line["reason"], line["value"])
            for line in csv.DictReader(file)
        ]


WRITTEN_TABLES = (
    "partners_account",
    "partners_membership",
    "partners_pendingmembership",
    "partners_site",
    "partners_contributor",
    "partners_qualifyingevent",
    "partners_pointsdue",
    "billing_product",
    "billing_plan",
    "billing_price",
    "billing_sale",
    "billing_saleoffer",
    "billing_paymentmethod",
    "billing_subscription",
    "billing_period",
    "billing_cancellation",
    "billing_nonprofitverification",
)


def contents() -> dict[str, tuple[int, str]]:
    """Every table the import writes: how many rows, and a digest of all they hold."""
    return {table: _content(table) for table in WRITTEN_TABLES}


def _content(table: str) -> tuple[int, str]:
    digest, count = hashlib.sha256(), 0
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT t::text FROM {table} t ORDER BY id")
        for (line,) in cursor.fetchall():
            digest.update(line.encode())
            count += 1
    return count, digest.hexdigest()
