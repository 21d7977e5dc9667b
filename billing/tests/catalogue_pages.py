"""The catalogue's pages as a browser sends them."""

from typing import Any

from billing.models import Plan


def formset(prefix: str, *rows: dict[str, Any], initial: int = 0) -> dict[str, Any]:
    """A page's inline rows; the first `initial` of them are saved already."""
    sent: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial}
    for number, row in enumerate(rows):
        sent |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return sent


def offer(plan: Plan, start: str, end: str, **fields: Any) -> dict[str, Any]:
    """An offer's row: 20% off, unless told otherwise."""
    return {"plan": plan.pk, "starts_on": start, "ends_on": end, "percent_off": 20} | fields


def amount_offer(plan: Plan, start: str, end: str, *, currency: str = "USD") -> dict[str, Any]:
    return offer(plan, start, end, percent_off="", amount="90", currency=currency)


def sale(*offers: dict[str, Any], code: str = "summer") -> dict[str, Any]:
    return {"name": code.title(), "code": code} | formset("offers", *offers)


def price(
    new_from: str, existing_from: str = "", *, amount: str = "150.00", currency: str = "USD"
) -> dict[str, Any]:
    """A price's fields, dated the same for all subscribers unless told otherwise."""
    return {
        "currency": currency,
        "amount": amount,
        "new_from": new_from,
        "existing_from": existing_from or new_from,
    }
