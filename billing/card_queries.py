"""What pages read of the cards on file. A constant number of queries each."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from billing import rules
from billing.models import Invoice, PaymentMethod, Subscription
from billing.models.subscriptions import SubscriptionState
from billing.queries import ComingCharge, next_charges
from billing.rules import Expiry
from partners.models import Account


@dataclass(frozen=True, slots=True)
class Renewal:
    """A card as it was until its network renewed it."""

    was: PaymentMethod  # never saved: its face only
    renewed_at: datetime


@dataclass(frozen=True, slots=True)
class KeptCard:
    """A card on file, what it has been through, and what is charged to it by name."""

    method: PaymentMethod
    expiry: Expiry
    renewals: list[Renewal]
    subscriptions: list[Subscription]


def cards_of(account: Account, *, on: date) -> list[KeptCard]:
    """The cards on file, the default first, then the newest."""
    methods = list(account.payment_methods.usable())
    renewals, charged = _renewals(methods), _charged_by_name(methods)
    return [
        KeptCard(
            method=method,
            expiry=expiry_of(method, on=on),
            renewals=renewals[method.pk],
            subscriptions=charged[method.pk],
        )
        for method in methods
    ]


def expiry_of(method: PaymentMethod, *, on: date) -> Expiry:
    return rules.card_expiry(month=method.expires_month, year=method.expires_year, today=on)


def expiring_cards(account: Account, *, on: date) -> list[PaymentMethod]:
    """Cards that something is charged to and that have expired or soon will, first things first."""
    by_name = Subscription.objects.live().filter(payment_method=OuterRef("pk"))
    used = account.payment_methods.usable().filter(Q(is_default=True) | Exists(by_name))
    return [
        method
        for method in used.order_by("expires_year", "expires_month", "pk")
        if expiry_of(method, on=on) is not Expiry.LATER
    ]


def _renewals(methods: list[PaymentMethod]) -> dict[int, list[Renewal]]:
    """What each card (by id) was before, the latest renewal first; from its kept versions."""
    kept: Any = PaymentMethod.history.rel.related_model  # type: ignore[attr-defined]
    renewals: dict[int, list[Renewal]] = defaultdict(list)
    versions = kept.objects.filter(pgh_obj__in=methods).order_by("pgh_obj_id", "-pgh_id")
    for after, before in pairwise(versions):
        if after.pgh_obj_id == before.pgh_obj_id and after.updated_at != before.updated_at:
            renewal = Renewal(was=_face(before), renewed_at=after.updated_at)
            renewals[after.pgh_obj_id].append(renewal)
    return renewals


def _face(version: Any) -> PaymentMethod:
    return PaymentMethod(
        brand=version.brand,
        last4=version.last4,
        expires_month=version.expires_month,
        expires_year=version.expires_year,
    )


def _charged_by_name(methods: list[PaymentMethod]) -> dict[int, list[Subscription]]:
    live = Subscription.objects.live().filter(payment_method__in=methods)
    charged: dict[int, list[Subscription]] = defaultdict(list)
    for subscription in live.select_related("plan__product", "site").order_by("pk"):
        charged[subscription.payment_method_id or 0].append(subscription)
    return charged


# --- Removing one --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MovedCharge:
    """A coming charge that another card has to pay, or else its subscription ends."""

    charge: ComingCharge
    collect_until: date


@dataclass(frozen=True, slots=True)
class Removal:
    """What would follow from removing a card."""

    method: PaymentMethod
    successor: PaymentMethod | None  # the default card afterwards
    is_under_way: bool
    is_last: bool  # something renews, and nothing would be left to pay it
    charges: list[MovedCharge]  # the next of each subscription that is charged to it now
    waiting: list[Invoice]  # what it could not pay yet

    @property
    def makes_default(self) -> bool:
        """Whether another card becomes the default by it."""
        return self.successor is not None and not self.successor.is_default


def removal_of(method: PaymentMethod, *, on: date) -> Removal:
    """What would follow from removing this card today."""
    successor = default_without(method)
    return Removal(
        method=method,
        successor=successor,
        is_under_way=is_under_way(method),
        is_last=successor is None and something_renews(method.account),
        charges=_moved(next_charges(method.account, charged_to(method), on=on), on=on),
        waiting=list(waiting_for(method)),
    )


def _moved(charges: list[ComingCharge], *, on: date) -> list[MovedCharge]:
    """Those that ask for money, each with the last day on which it is collected."""
    return [
        MovedCharge(
            charge=charge,
            collect_until=rules.collect_until(
                first_on=max(charge.quote.charge_on, on), starts_on=charge.quote.term.starts_on
            ),
        )
        for charge in charges
        if charge.quote.gross_amount
    ]


def default_without(method: PaymentMethod) -> PaymentMethod | None:
    """The account's default card if this one were gone: the newest other, if it was this one."""
    others = PaymentMethod.objects.usable().filter(account=method.account_id).exclude(pk=method.pk)
    return others.order_by("-is_default", "-added_at", "-pk").first()


def is_under_way(method: PaymentMethod) -> bool:
    """Whether the gateway has been asked to charge it and has not answered yet."""
    return method.attempts.filter(settled_at__isnull=True).exists()


def something_renews(account: Account) -> bool:
    renewing = Subscription.objects.in_account(account).filter(state=SubscriptionState.ACTIVE)
    return renewing.exists()


def waiting_for(method: PaymentMethod) -> QuerySet[Invoice]:
    """What could not be collected yet and would be tried with this card."""
    theirs = Invoice.objects.in_account(method.account).uncollected()
    return theirs.filter(charged_to(method)).order_by("collect_until", "pk")


def charged_to(method: PaymentMethod) -> Q:
    """Subscriptions, or invoices, of its account that are charged to this card as things are."""
    by_name = Q(payment_method=method)
    names_none = Q(payment_method__isnull=True) | Q(payment_method__removed_at__isnull=False)
    return by_name | names_none if method.is_default else by_name
