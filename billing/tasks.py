"""Billing's jobs. Each asks the database what is due; run twice, the second finds nothing."""

from celery import shared_task

from billing.actions import (
    announce,
    charge,
    forget_cards,
    give_up,
    refund,
    renew,
    tell_cards,
    tell_renewals,
)
from portal.lib import clock


@shared_task
def announce_prices() -> dict[str, int]:
    """Tell of renewals that will cost more, while there is time to decide."""
    return {"dearer renewals announced": announce.announce_due(on=clock.today())}


@shared_task
def announce_renewals() -> dict[str, int]:
    """Tell of renewals and of cards about to expire, to who wants to know it."""
    on = clock.today()
    return {
        "renewals announced": tell_renewals.tell_renewals(on=on),
        "expiring cards announced": tell_cards.tell_cards(on=on),
    }


@shared_task
def charge_renewals() -> dict[str, int]:
    """Draw up and charge the renewals that are due."""
    return dict(renew.renew_due(on=clock.today()))


@shared_task
def retry_payments() -> dict[str, int]:
    """Attempt open invoices again, on their days."""
    return dict(charge.retry_due(on=clock.today()))


@shared_task
def resolve_attempts() -> dict[str, int]:
    """Ask what became of attempts and refunds that were left without an answer."""
    on, at = clock.today(), clock.now()
    refunds = {"refunds asked about": refund.resolve_left_behind(on=on, at=at)}
    return dict(charge.resolve_left_behind(on=on, at=at)) | refunds


@shared_task
def forget_removed_cards() -> dict[str, int]:
    """Have the gateway forget the cards that were removed."""
    return {"cards forgotten": forget_cards.forget_removed(at=clock.now())}


@shared_task
def end_unpaid() -> dict[str, int]:
    """Give up what cannot be collected any more, and end what has run out."""
    on = clock.today()
    return {
        "invoices given up": give_up.give_up_due(on=on),
        "subscriptions ended": give_up.end_subscriptions(on=on),
    }
