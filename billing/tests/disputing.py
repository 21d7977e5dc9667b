"""What a gateway says of disputes, and hearing it, as tests tell it."""

from datetime import UTC, date, datetime
from decimal import Decimal

from billing.actions.disputes import note_dispute
from billing.gateways import DisputeTold
from billing.models import Invoice, InvoiceLine
from billing.models.disputes import DisputeState
from portal.lib import clock
from portal.testing.builders import TODAY, noon

OPEN, WON, LOST = DisputeState.OPEN, DisputeState.WON, DisputeState.LOST


def the_invoice() -> Invoice:
    return Invoice.objects.earliest("pk")


def told(
    state: DisputeState,
    *,
    line: InvoiceLine | None = None,
    amount: Decimal | int | str = "",
    ref: str = "dp_1",
    currency: str = "",
) -> DisputeTold:
    """What a gateway says of the payment of a line, or else of the first invoice; of all of it."""
    invoice = line.invoice if line else the_invoice()
    paid = invoice.attempts.latest("ordinal")
    return DisputeTold(
        provider_ref=ref,
        charge_ref=paid.provider_ref,
        amount=Decimal(amount or paid.amount),
        currency=currency or paid.currency,
        reason="fraudulent",
        opened_at=datetime(2026, 3, 5, 9, tzinfo=UTC),
        state=state,
    )


def hear(what: DisputeTold, *, on: date = TODAY) -> Decimal:
    """Take note of it on that day; how much of what is lost could not be taken off."""
    with clock.frozen(on):
        return note_dispute(what, gateway="simulated", on=on, at=noon(on))


def lose(*, on: date = TODAY, amount: Decimal | int | str = "") -> Decimal:
    """The dispute of the first invoice's payment is lost."""
    return hear(told(LOST, amount=amount), on=on)
