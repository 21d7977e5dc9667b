"""Cards whose details the network renewed: kept, told to their holder, and charged again."""

from datetime import date, datetime

from django.db import transaction

from billing.actions.cards import hold_payments
from billing.actions.draw_up import methods_now
from billing.gateways import Card
from billing.models import Invoice, PaymentMethod
from portal.mail.actions.queue import Draft, queue

SHOWN = ("brand", "last4", "expires_month", "expires_year")


@transaction.atomic
def update_card(
    card: Card, *, gateway: str, source: str, on: date, at: datetime
) -> PaymentMethod | None:
    """Show the card as the network has it now; None if it is not on file or nothing is new.

    Invoices it could not pay are due again at once. `source` names what told of the update: told
    again, no second mail is written.
    """
    method = PaymentMethod.objects.filter(gateway=gateway, provider_ref=card.provider_ref).first()
    if method is None:
        return None
    hold_payments(method.account)
    method.refresh_from_db()
    before = {name: getattr(method, name) for name in SHOWN}
    now = {name: getattr(card, name) for name in SHOWN}
    if before == now or method.removed_at is not None:
        return None
    for name, value in now.items():
        setattr(method, name, value)
    method.updated_at = at
    method.save(update_fields=[*SHOWN, "updated_at"])
    _try_again(method, on=on)
    _tell(method, before, now, source=source)
    return method


def _try_again(method: PaymentMethod, *, on: date) -> None:
    """What this card failed to pay is due again."""
    failed = list(Invoice.objects.in_account(method.account).uncollected())
    current = methods_now(failed)
    theirs = [invoice.pk for invoice in failed if current.get(invoice.pk) == method]
    Invoice.objects.uncollected().filter(pk__in=theirs).update(next_attempt_on=on)


def _tell(
    method: PaymentMethod, before: dict[str, object], now: dict[str, object], *, source: str
) -> None:
    queue(
        Draft(
            kind="billing/card_updated",
            key=f"card_updated:{method.ref}:{source}",
            to=method.account.email,
            arguments={"method_id": method.pk, "before": before, "now": now},
            account_ref=method.account.ref,
        )
    )
