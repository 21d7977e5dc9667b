"""What must hold between the cells of one row: the column at fault and the reason, or nothing."""

from datetime import date
from decimal import Decimal

from portal.handover.sheet import Cells, Complaint
from portal.lib.money import rounded


def _whole_minor_units(cells: Cells, amount: str, currency: str) -> Complaint | None:
    value: Decimal | None = cells.get(amount)
    code: str | None = cells.get(currency)
    if value is None or code is None or rounded(value, code) == value:
        return None
    return amount, f"is finer than {code} can be paid"


def _in_order(cells: Cells, first: str, last: str) -> Complaint | None:
    starts: date | None = cells.get(first)
    ends: date | None = cells.get(last)
    if starts is None or ends is None or starts <= ends:
        return None
    return last, f"is before {first} ({starts})"


def judge_price(cells: Cells) -> Complaint | None:
    return _whole_minor_units(cells, "amount", "currency")


def judge_offer(cells: Cells) -> Complaint | None:
    has_percent, has_amount = cells["percent_off"] is not None, cells["amount"] is not None
    if has_percent == has_amount:
        return "percent_off", "exactly one of percent_off and amount must be there"
    if has_amount and cells["currency"] is None:
        return "currency", "an amount needs its currency"
    if has_percent and cells["currency"] is not None:
        return "currency", "a percentage has no currency"
    return _in_order(cells, "starts_on", "ends_on") or _whole_minor_units(
        cells, "amount", "currency"
    )


def judge_spell(cells: Cells) -> Complaint | None:
    return _in_order(cells, "from_on", "to_on")


def judge_subscription(cells: Cells) -> Complaint | None:
    if cells["state"] == "lapsed" and cells["ended_on"] is None:
        return "ended_on", "a lapsed subscription needs the day it ended"
    if cells["state"] == "active" and cells["ended_on"] is not None:
        return "ended_on", "an active subscription has no end"
    if cells["ended_on"] is not None and cells["ended_on"] <= cells["purchased_on"]:
        return "ended_on", f"is not after purchased_on ({cells['purchased_on']})"
    return _whole_minor_units(cells, "sale_amount", "currency")


def judge_period(cells: Cells) -> Complaint | None:
    return _in_order(cells, "starts_on", "ends_on")
