"""What a subscription's pages read. A constant number of queries each."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from django.db.models import QuerySet
from django.http import Http404

from billing.changes import coming_agreement, waiting_change
from billing.errors import NoPriceError
from billing.models import NonprofitVerification, Period, Subscription
from billing.pricing import Agreement, PriceBook
from billing.queries import ComingCharge
from billing.revivals import revived_agreement
from partners.models import Account

CHARGES_SHOWN = 6


def one_subscription(account: Account, ref: str) -> Subscription:
    """The account's subscription, with the change that waits for it. Raises Http404."""
    found = (
        Subscription.objects.in_account(account)
        .filter(ref=ref)
        .select_related("account", "plan__product", "site", "payment_method", "sale_offer__sale")
        .prefetch_related(waiting_change())
        .first()
    )
    if found is None:
        raise Http404
    return found


def charges_to_come(subscription: Subscription, *, on: date) -> list[ComingCharge]:
    """Its next charges, by the code that makes them; none if it does not renew."""
    if subscription.next_charge_on is None:
        return []
    agreement = coming_agreement(
        subscription,
        is_nonprofit=NonprofitVerification.objects.covers(subscription.account, on=on),
    )
    return _next_charges(subscription, agreement)


def charges_once_revived(subscription: Subscription, *, on: date) -> list[ComingCharge]:
    """What reviving it today would charge, and what then."""
    return _next_charges(subscription, revived_agreement(subscription, on=on))


def _next_charges(subscription: Subscription, agreement: Agreement) -> list[ComingCharge]:
    return list(_charges(subscription, agreement, PriceBook.load()))


def _charges(
    subscription: Subscription, agreement: Agreement, book: PriceBook
) -> Iterator[ComingCharge]:
    """A plan without a price has no charge to show; the run that meets it parks the account."""
    first = subscription.next_ordinal
    with suppress(NoPriceError):
        for ordinal in range(first, first + CHARGES_SHOWN):
            yield ComingCharge(subscription, book.quote(agreement, ordinal))


def served_periods(subscription: Subscription) -> QuerySet[Period]:
    """Its periods, latest first, with what was charged for each; imported ones have no line."""
    return subscription.periods.select_related("line__invoice", "line__price", "end").order_by(
        "-starts_on"
    )
