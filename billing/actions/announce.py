"""Announce renewals that will cost more than their payer knows.

A sale price ends, a price rises, or a coupon has paid for the period before. By the code that will
charge: what is announced is the quote of the coming period beside that of the running one, or
beside what was quoted when a change of plan was asked for. One mail an account and day, however
many of its subscriptions it is about.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from billing import rules
from billing.changes import change_waiting, waiting_change
from billing.errors import NoPriceError
from billing.models import (
    NonprofitVerification,
    PlanChange,
    PriceNotice,
    Redemption,
    Subscription,
)
from billing.pricing import Agreement, PriceBook, Quote
from billing.rules import Cycle, PriceReason, notice_on
from partners.models import Account
from portal.lib.periods import anniversary
from portal.mail.actions.queue import Draft, queue_many

BATCH = 1000


def announce_due(*, on: date) -> int:
    """Announce every dearer renewal whose day of notice has come; returns how many.

    A missed day is made up for while the charge is still ahead.
    """
    book, announced, after = PriceBook.load(), 0, 0
    coming = _coming(book, on=on)
    while batch := list(coming.filter(pk__gt=after)[:BATCH]):
        notices = [notice for one in batch if (notice := _notice(one, book, on=on))]
        _tell(notices)
        announced += len(notices)
        after = batch[-1].pk
    return announced


def _coming(book: PriceBook, *, on: date) -> QuerySet[Subscription]:
    """Renewals to come that may be dearer and have not been announced, by id.

    Each with the change of plan that waits for it, if there is one.
    """
    told = PriceNotice.objects.filter(
        subscription=OuterRef("pk"), starts_on=OuterRef("paid_through")
    )
    free = NonprofitVerification.objects.filter(account=OuterRef("account"), verified_on__lte=on)
    prepaid = Redemption.objects.filter(subscription=OuterRef("pk"))
    may_be_dearer = reduce(or_, (_may_be_dearer(cycle, book, on=on) for cycle in Cycle))
    return (
        Subscription.objects.filter(may_be_dearer, next_charge_on__gte=on, next_ordinal__gt=0)
        .exclude(Exists(told))
        .annotate(is_free=Exists(free), is_prepaid=Exists(prepaid))
        .select_related("plan__product", "account")
        .prefetch_related(waiting_change())
        .order_by("pk")
    )


def _may_be_dearer(cycle: Cycle, book: PriceBook, *, on: date) -> Q:
    """What of a cycle is worth a look: most renewals cost what the period before did.

    Else its sale ends, a coupon paid before, its plan or the tax on it has not cost the same all
    the time since that was charged, or it changes its plan or has just done so.
    """
    since, until = rules.compared_days(cycle=cycle, on=on)
    was_on_sale = Q(sale_amount__isnull=False, purchased_on__gte=anniversary(since, -1))
    was_prepaid = Q(pk__in=Redemption.objects.values("subscription"), next_ordinal=1)
    is_repriced = Q(plan__in=book.repriced(since=since, until=until))
    is_taxed_anew = Q(account__country__in=book.taxes.changed(since=since, until=until))
    is_moving = Q(pk__in=PlanChange.objects.waiting().values("subscription"))
    has_moved = Q(leg_charged_on__isnull=False, next_ordinal=F("leg_ordinal") + 1)
    return Q(
        was_on_sale | was_prepaid | is_repriced | is_taxed_anew | is_moving | has_moved,
        plan__cycle=cycle.value,
        next_charge_on__lte=until,
    )


def _notice(subscription: Subscription, book: PriceBook, *, on: date) -> PriceNotice | None:
    is_free: bool = subscription.is_free  # type: ignore[attr-defined]  # annotated above
    is_prepaid: bool = subscription.is_prepaid  # type: ignore[attr-defined]
    agreement = Agreement.of(subscription, is_nonprofit=is_free, is_prepaid=is_prepaid)
    try:
        rise = _rise(subscription, agreement, book)
    except NoPriceError:
        return None  # the run that charges parks the account
    if rise is None or notice_on(cycle=agreement.cycle, charge_on=rise.after.charge_on) > on:
        return None
    return PriceNotice(
        subscription=subscription,
        starts_on=rise.after.term.starts_on,
        charge_on=rise.after.charge_on,
        amount_before=rise.known,
        amount_after=rise.after.gross_amount,
        currency=rise.after.currency,
        was_sale=rise.reason_before is PriceReason.SALE,
        was_prepaid=rise.reason_before is PriceReason.COUPON,
        announced_on=on,
    )


@dataclass(frozen=True, slots=True)
class _Rise:
    """What its payer knows it costs, and the dearer renewal.

    `reason_before` is why the period before costs what it does; of a change of plan, a price was
    told instead.
    """

    known: Decimal
    after: Quote
    reason_before: PriceReason | None = None


def _rise(subscription: Subscription, agreement: Agreement, book: PriceBook) -> _Rise | None:
    following = subscription.next_ordinal
    if change := change_waiting(subscription):
        after = book.quote(agreement.on_plan(change.to_plan, from_ordinal=following), following)
        is_dearer = after.gross_amount > change.quoted_amount
        return _Rise(change.quoted_amount, after) if is_dearer else None
    if rise := book.rise(agreement, following):
        before, after = rise
        return _Rise(before.gross_amount, after, before.reason)
    return None


@transaction.atomic
def _tell(notices: list[PriceNotice]) -> None:
    """Write the notices and queue one mail an account; what was told meanwhile is told once."""
    PriceNotice.objects.bulk_create(notices, ignore_conflicts=True)
    kept = PriceNotice.objects.filter(
        subscription__in=[notice.subscription_id for notice in notices],
        announced_on__in={notice.announced_on for notice in notices},
    ).select_related("subscription__account")
    by_account: dict[Account, list[PriceNotice]] = defaultdict(list)
    for notice in kept.order_by("charge_on", "pk"):
        by_account[notice.subscription.account].append(notice)
    queue_many(
        Draft(
            kind="billing/price_notice",
            key=f"price_notice:{account.ref}:{told[0].announced_on}:{told[0].pk}",
            to=account.bills_to,
            arguments={"notice_ids": [notice.pk for notice in told]},
            account_ref=account.ref,
        )
        for account, told in by_account.items()
    )
