"""What pages read of billing. A constant number of queries each."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db.models import Count, Exists, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from billing import timeline
from billing.changes import coming_agreement, waiting_change
from billing.errors import NoPriceError
from billing.models import (
    Invoice,
    NonprofitVerification,
    PaymentMethod,
    Subscription,
)
from billing.models.subscriptions import LIVE_STATES, SubscriptionState
from billing.pricing import PriceBook, Quote
from billing.rules import KINDS_THAT_EARN_POINTS
from partners.explanations import Subscribed
from partners.models import Account
from partners.queries import ExpectedEvent

A_DAY = timedelta(days=1)
EARNING = Q(plan__product__kind__in=[kind.value for kind in KINDS_THAT_EARN_POINTS])


def subscriptions_of(account: Account) -> QuerySet[Subscription]:
    """What the account pays for or has paid for, running ones first."""
    return (
        Subscription.objects.in_account(account)
        .exclude(state=SubscriptionState.STARTING)
        .select_related("plan__product", "site", "payment_method")
        .order_by("state", "next_charge_on", "-id")
    )


def default_card(account: Account) -> PaymentMethod | None:
    return PaymentMethod.objects.usable().filter(account=account, is_default=True).first()


def open_invoices(account: Account) -> QuerySet[Invoice]:
    """What could not be collected yet."""
    return Invoice.objects.in_account(account).uncollected()


@dataclass(frozen=True, slots=True)
class Glance:
    """What of an account's billing asks for attention."""

    tried_again: int  # open invoices with a day for the next attempt
    need_a_card: int  # open invoices that wait for another card
    renewals: int
    has_card: bool


def at_a_glance(account: Account, *, until: date) -> Glance:
    """What is unpaid and what is charged until that day, counted in one query."""
    cards = PaymentMethod.objects.usable().filter(account=account, is_default=True)
    renewing = Subscription.objects.in_account(account).filter(next_charge_on__lte=until)
    unpaid = open_invoices(account)
    tried_again, need_a_card, renewals, has_card = Account.objects.values_list(
        _count(unpaid.filter(next_attempt_on__isnull=False)),
        _count(unpaid.filter(next_attempt_on__isnull=True)),
        _count(renewing),
        Exists(cards),
    ).get(pk=account.pk)
    return Glance(
        tried_again=tried_again, need_a_card=need_a_card, renewals=renewals, has_card=has_card
    )


def _count(rows: QuerySet[Any]) -> Coalesce:
    """How many rows of one account, inside another query."""
    counted = rows.order_by().values("account").annotate(n=Count("pk", distinct=True))
    return Coalesce(Subquery(counted.values("n")), 0)


@dataclass(frozen=True, slots=True)
class ComingCharge:
    """A charge to come, by the code that will make it."""

    subscription: Subscription
    quote: Quote

    @property
    def last_on(self) -> date:
        """The last day of what it pays for."""
        return self.quote.term.ends_on - A_DAY

    @property
    def price_reason(self) -> str:
        return timeline.price_reason(self.quote)

    @property
    def date_reason(self) -> str:
        return timeline.date_reason(self.quote)


def coming_charges(account: Account, *, on: date, until: date) -> list[ComingCharge]:
    """Every renewal of the account charged from today to a day, soonest first."""
    return _coming(account, Q(next_charge_on__lte=until), on=on, until=until)


def next_charges(account: Account, which: Q, *, on: date) -> list[ComingCharge]:
    """The next charge of each of these subscriptions that renew, soonest first."""
    return _coming(account, which & Q(next_charge_on__isnull=False), on=on, at_most=1)


def _coming(
    account: Account, which: Q, *, on: date, until: date = date.max, at_most: int | None = None
) -> list[ComingCharge]:
    book = PriceBook.load()
    nonprofit = NonprofitVerification.objects.covers(account, on=on)
    renewing = (
        Subscription.objects.in_account(account)
        .filter(which)
        .select_related("account", "plan__product", "site")
        .prefetch_related(waiting_change())
    )
    coming = [
        charge
        for subscription in renewing
        for charge in islice(
            _charges(subscription, book, nonprofit=nonprofit, until=until), at_most
        )
    ]
    return sorted(coming, key=lambda charge: (charge.quote.charge_on, charge.subscription.pk))


@dataclass(frozen=True, slots=True)
class ComingInvoice:
    """What will be one invoice: the charges of a day in one currency to one method."""

    charge_on: date
    currency: str
    charges: list[ComingCharge]

    @property
    def total(self) -> Decimal:
        return sum((charge.quote.gross_amount for charge in self.charges), Decimal(0))


def coming_invoices(account: Account, *, on: date, until: date) -> list[ComingInvoice]:
    """The coming charges as they will be consolidated, soonest first."""
    together: dict[tuple[date, str, int | None], list[ComingCharge]] = defaultdict(list)
    for charge in coming_charges(account, on=on, until=until):
        method = charge.subscription.payment_method_id
        together[charge.quote.charge_on, charge.quote.currency, method].append(charge)
    return [
        ComingInvoice(day, currency, charges)
        for (day, currency, _method), charges in together.items()
    ]


def _charges(
    subscription: Subscription, book: PriceBook, *, nonprofit: bool, until: date
) -> Iterator[ComingCharge]:
    """A plan without a price has no charge to show; the run that meets it parks the account."""
    agreement = coming_agreement(subscription, is_nonprofit=nonprofit)
    with suppress(NoPriceError):
        for quote in timeline.charges(
            agreement, book, first=subscription.next_ordinal, until=until
        ):
            yield ComingCharge(subscription, quote)


def expected_events(site_ids: "Sequence[int] | QuerySet[Any]") -> list[ExpectedEvent]:
    """The next renewal of each of these sites' premium plans, if it is going to renew."""
    renewing = Subscription.objects.filter(
        EARNING,
        site__in=site_ids,
        state=SubscriptionState.ACTIVE,
    ).values_list(
        "site_id", "site__account_id", "paid_through", "next_charge_on", "plan__product__code"
    )
    return [
        ExpectedEvent(
            site_id=site,
            account_id=owner,
            occurs_on=paid_through,
            paid_on=charged_on or paid_through,
            product_code=product,
        )
        for site, owner, paid_through, charged_on, product in renewing
        if paid_through
    ]


def subscribed(site_ids: Sequence[int]) -> dict[int, Subscribed]:
    """What each of these sites is subscribed to, as far as points are concerned."""
    live = (
        Subscription.objects.filter(site__in=site_ids, state__in=LIVE_STATES)
        .select_related("plan__product")
        .order_by("id")
    )
    found: dict[int, Subscribed] = {}
    for subscription in live:
        before = found.get(subscription.site_id or 0, Subscribed())
        if subscription.plan.product.kind in KINDS_THAT_EARN_POINTS:
            ends = subscription.state == SubscriptionState.ENDING
            now = Subscribed(
                has_premium_plan=True,
                has_other_products=before.has_other_products,
                ends_on=subscription.paid_through if ends else None,
                renews_on=None if ends else subscription.paid_through,
            )
        else:
            now = Subscribed(
                has_premium_plan=before.has_premium_plan,
                has_other_products=True,
                ends_on=before.ends_on,
                renews_on=before.renews_on,
            )
        found[subscription.site_id or 0] = now
    return found
