"""Every kind of bad row is told with its file, line, column and reason."""

import pytest

from billing.models import Subscription
from partners.models import Site
from portal.handover.tests.folders import imported, price, report, rows, subscription, write

pytestmark = pytest.mark.django_db


def changed(sheet, **cells):
    """Another row like the first of its file, but for these cells."""

    def change(sheets):
        sheets[sheet].append({**sheets[sheet][0], **cells})

    return change


SITE = {"id": "site-9", "address": "nine.example"}
SUB = {"id": "sub-9", "site": "site-2"}
CARD = {"provider_ref": "sim_ok:9"}
PRICE = {"cycle": "2-year"}
OFFER = {"starts_on": "2026-05-01", "ends_on": "2026-05-31"}

CASES = {
    # What stands in a cell
    "empty": (changed("accounts", id="acc-9", name=""), "name", "is empty"),
    "too long": (changed("sites", **SITE | {"name": "x" * 201}), "name", "201 characters"),
    "e-mail": (changed("accounts", id="acc-9", email="at"), "email", "is not an e-mail address"),
    "country": (changed("accounts", id="acc-9", country="XY"), "country", "ISO 3166"),
    "currency": (changed("accounts", id="acc-9", currency="XYZ"), "currency", "ISO 4217"),
    "role": (changed("members", email="b@b.example", role="boss"), "role", "is none of: owner"),
    "address": (changed("sites", id="site-9", address="no"), "address", "address of a website"),
    "date": (changed("nonprofits", account="acc-1", verified_on="x"), "verified_on", "a date"),
    "month": (changed("payment_methods", **CARD, expires_month="13"), "expires_month", "1 to 12"),
    "gateway": (changed("payment_methods", **CARD, gateway="bank"), "gateway", "is none of"),
    "amount": (changed("catalogue", **PRICE | {"amount": "1,234"}), "amount", "two ways"),
    "kind": (changed("catalogue", **PRICE | {"kind": "plan"}), "kind", "is none of: site_plan"),
    "state": (changed("subscriptions", **SUB | {"state": "paused"}), "state", "is none of"),
    # What stands beside each other
    "minor unit": (changed("catalogue", **PRICE | {"amount": "1.9999"}), "amount", "finer than"),
    "yen": (
        changed("catalogue", **PRICE | {"currency": "JPY", "amount": "1.5"}),
        "amount",
        "finer than JPY",
    ),
    "neither": (changed("sales", **OFFER, percent_off=""), "percent_off", "exactly one of"),
    "both": (changed("sales", **OFFER, amount="9", currency="EUR"), "percent_off", "exactly one"),
    "no currency": (
        changed("sales", **OFFER, percent_off="", amount="9"),
        "currency",
        "needs its currency",
    ),
    "percent with currency": (changed("sales", **OFFER, currency="EUR"), "currency", "has no"),
    "sale order": (
        changed("sales", starts_on="2026-05-31", ends_on="2026-05-01"),
        "ends_on",
        "is before starts_on",
    ),
    "spell order": (
        changed("contributors", from_on="2023-02-01", to_on="2023-01-01"),
        "to_on",
        "is before from_on",
    ),
    "lapsed": (changed("subscriptions", **SUB | {"state": "lapsed"}), "ended_on", "the day it"),
    "active with end": (
        changed("subscriptions", **SUB | {"ended_on": "2026-03-10"}),
        "ended_on",
        "has no end",
    ),
    "end before start": (
        changed("subscriptions", **SUB | {"state": "lapsed", "ended_on": "2024-03-10"}),
        "ended_on",
        "is not after purchased_on",
    ),
    # What stands in other rows
    "double id": (changed("accounts"), "id", "is on line 2 already"),
    "double seat": (changed("members", email="Alice@Studio.example"), "account, email", "line 2"),
    "double address": (
        changed("sites", id="site-9", address="http://ONE.example"),
        "address",
        "an earlier line has this address",
    ),
    "two names": (changed("catalogue", **PRICE | {"name": "Other"}), "product", "another name"),
    "two sales": (
        changed("sales", **OFFER | {"name": "Other"}),
        "name",
        "this sale with another name",
    ),
    "sales overlap": (
        changed("sales", sale="other", starts_on="2026-03-31", ends_on="2026-04-30"),
        "starts_on",
        "overlaps another offer",
    ),
    "an amount in days of a percentage": (
        changed("sales", sale="other", percent_off="", amount="90", currency="EUR"),
        "starts_on",
        "overlaps another offer",
    ),
    "prices bind twice": (
        changed("catalogue", new_from="2021-01-01", existing_from="2020-01-01"),
        "existing_from",
        "binds existing subscribers",
    ),
    "spells overlap": (changed("contributors", from_on="2025-01-01"), "from_on", "overlaps an"),
    "two plans": (changed("subscriptions", id="sub-9"), "site", "line 2 runs for the same"),
    # What they refer to
    "no account": (
        changed("sites", **SITE | {"account": "acc-9"}),
        "account",
        "there is no such account in accounts.csv or in the portal",
    ),
    "no site": (
        changed("contributors", site="site-9"),
        "site",
        "there is no such site in sites.csv or in the portal",
    ),
    "no plan": (
        changed("sales", **OFFER | {"product": "basic"}),
        "product, cycle",
        "there is no such plan",
    ),
    "no price": (
        changed("subscriptions", **SUB | {"currency": "USD"}),
        "product, cycle, currency",
        "there is no such price",
    ),
    "card of another": (
        changed("subscriptions", **SUB | {"account": "acc-2", "payment_method": "sim_ok:first"}),
        "payment_method, account",
        "there is no such payment method",
    ),
    # What the day says
    "bought tomorrow": (
        changed("subscriptions", **SUB | {"purchased_on": "2026-06-16"}),
        "purchased_on",
        "is after the day of the import",
    ),
    "plan without site": (
        changed("subscriptions", **SUB | {"site": ""}),
        "site",
        "a site premium plan needs its site",
    ),
    "ends oddly": (
        changed("subscriptions", **SUB | {"state": "cancelled", "ended_on": "2026-12-24"}),
        "ended_on",
        "is not the end of what is paid for",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_row_is_told(tmp_path, case):
    change, column, reason = CASES[case]
    sheets = rows()
    before = {name: len(lines) for name, lines in sheets.items()}
    change(sheets)
    [sheet] = [name for name, lines in sheets.items() if len(lines) > before[name]]

    outcome = imported(tmp_path, sheets)

    [(file, line, told_column, told_reason, _)] = report(outcome)
    assert (file, line, told_column) == (f"{sheet}.csv", before[sheet] + 2, column)
    assert reason in told_reason
    assert not outcome.is_complete


def test_every_bad_cell_of_a_row_is_told(tmp_path):
    sheets = rows()
    sheets["accounts"].append({"id": "acc-9", "email": "x", "country": "Oz", "currency": "EUR"})

    outcome = imported(tmp_path, sheets)

    assert [line[2] for line in report(outcome)] == ["country", "email", "name"]
    assert [told.bad for told in outcome.files if told.sheet.name == "accounts"] == [1]


def test_list_of_periods_is_checked(tmp_path):
    sheets = rows()
    sheets["periods"] = [
        {
            "subscription": ref,
            "starts_on": starts_on,
            "ends_on": "2027-03-10",
            "paid_on": paid_on,
        }
        for ref, starts_on, paid_on in (
            ("sub-1", "2026-03-10", "2026-03-10"),
            ("sub-1", "2026-03-10", "2026-03-11"),
            ("sub-7", "2026-03-10", "2026-03-10"),
        )
    ]

    outcome = imported(tmp_path, sheets)

    assert [line[:4] for line in report(outcome)] == [
        ("periods.csv", 3, "subscription, starts_on", "is on line 2 already"),
        ("periods.csv", 4, "subscription", "there is no such subscription in subscriptions.csv"),
    ]


def test_running_period_that_is_not_listed_is_told(tmp_path):
    sheets = rows()
    sheets["periods"] = []

    outcome = imported(tmp_path, sheets)

    [(file, line, column, reason, value)] = report(outcome)
    assert (file, line, column, value) == ("subscriptions.csv", 2, "id", "sub-1")
    assert "2026-03-10 to 2027-03-10, is not in periods.csv" in reason


AGAINST_THE_PORTAL = {
    "kind": ("catalogue", price(kind="app"), "kind"),
    "sale": (
        "sales",
        {
            **rows()["sales"][0],
            "sale": "other",
            "starts_on": "2026-03-15",
            "ends_on": "2026-04-15",
        },
        "starts_on",
    ),
    "card": ("payment_methods", rows()["payment_methods"][0] | {"account": "acc-2"}, "account"),
    "address": ("sites", {"id": "site-9", "account": "acc-1", "address": "one.example"}, "address"),
    "purchase": ("subscriptions", subscription(purchased_on="2024-03-11"), "purchased_on"),
    "cycle": ("subscriptions", subscription(cycle="monthly"), "cycle"),
    "plan": ("subscriptions", subscription("sub-9"), "site"),
}


@pytest.mark.parametrize("case", AGAINST_THE_PORTAL)
def test_row_is_checked_against_the_portal(tmp_path, case):
    sheet, row, column = AGAINST_THE_PORTAL[case]
    (first := tmp_path / "first").mkdir()
    (second := tmp_path / "second").mkdir()
    imported(first, rows())

    outcome = imported(second, {sheet: [row]})

    assert [line[:3] for line in report(outcome)] == [(f"{sheet}.csv", 2, column)]


def test_file_that_breaks_off_is_told(tmp_path):
    break_off(tmp_path)

    outcome = imported(tmp_path)

    [(file, line, _, reason, _)] = report(outcome)
    assert (file, line) == ("sites.csv", 5)
    assert "never closed" in reason


def test_file_that_breaks_off_is_not_written_even_when_skipping(tmp_path):
    break_off(tmp_path)

    outcome = imported(tmp_path, skips_bad=True)

    assert not outcome.is_complete
    assert not Site.objects.exists()
    assert not Subscription.objects.exists()
    assert len(report(outcome)) == 1


def break_off(folder):
    """The sites' file, and one site of which a subscription tells, come to an end too early."""
    sheets = rows()
    sheets["subscriptions"].append(subscription("sub-9", site="site-9"))
    write(folder, sheets)
    with (folder / "sites.csv").open("a", encoding="utf-8") as file:
        file.write('site-8,acc-1,eight.example,"Eight\nsite-9,acc-1,nine.example,Nine\n')


def test_missing_column_is_told_once(tmp_path):
    imported(tmp_path, rows(), is_dry_run=True)
    (tmp_path / "accounts.csv").write_text("id,name,email,country\na,b,c@d.example,GB\n", "utf-8")

    outcome = imported(tmp_path)

    lines = [line for line in report(outcome) if line[0] == "accounts.csv"]
    assert [line[1:4] for line in lines] == [(1, "currency", "the column is missing")]
