"""What a price version would lead to, computed by the code that charges, before it is saved."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Exists, OuterRef

from billing import timeline
from billing.catalogue.alike import Alike, alike
from billing.catalogue.spans import Span, purchase_spans
from billing.errors import NoPriceError
from billing.models import Price, PriceNotice, SaleOffer, Subscription
from billing.models.subscriptions import SubscriptionQuerySet
from billing.pricing import PriceBook, Quote
from billing.rules import announced_in_time_from, notice_on
from portal.lib.periods import add_months

MONTHS_AHEAD = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstRenewal:
    """So many subscriptions that renew at the draft for the first time, on one day.

    `before` is what the period before costs, None where the catalogue has no price of it;
    `notice_on` the day from which the rise is announced, None where it never is.
    """

    count: int
    charge_on: date
    before: Decimal | None
    after: Decimal
    notice_on: date | None

    @property
    def is_dearer(self) -> bool:
        return self.before is not None and self.after > self.before

    def is_announced_in_time(self, on: date) -> bool:
        return self.notice_on is not None and self.notice_on >= on


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Renewals of one month, or all of them: how many, and what they come to for a period."""

    count: int
    before: Decimal
    after: Decimal
    month: date | None = None

    @property
    def difference(self) -> Decimal:
        return self.after - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePreview:
    """What follows from a draft: for renewals of the next 12 months, and for purchases.

    `told_otherwise` counts subscribers whose coming charge it would change although a mail has told
    them another amount already.
    """

    price: Price
    on: date
    renewals: tuple[FirstRenewal, ...]
    told_otherwise: int
    purchases: tuple[Span, ...]
    purchase_before: Decimal | None

    @property
    def first_charge_on(self) -> date | None:
        return min((renewal.charge_on for renewal in self.renewals), default=None)

    @property
    def total(self) -> Tally:
        return _tally(self.renewals)

    @property
    def months(self) -> list[Tally]:
        """The renewals by the month of their first charge at the draft."""
        found: dict[date, list[FirstRenewal]] = defaultdict(list)
        for renewal in self.renewals:
            found[renewal.charge_on.replace(day=1)].append(renewal)
        return [_tally(found[month], month=month) for month in sorted(found)]

    @property
    def not_compared(self) -> int:
        """Renewals that are in no sum, for want of a price of the period before."""
        return sum(renewal.count for renewal in self.renewals if renewal.before is None)

    @property
    def dearer(self) -> int:
        return sum(renewal.count for renewal in self.renewals if renewal.is_dearer)

    @property
    def announced_from(self) -> date | None:
        days = [renewal.notice_on for renewal in self.renewals if renewal.notice_on]
        return max(min(days), self.on) if days else None

    @property
    def late(self) -> int:
        """Dearer renewals whose notice would go out too late, or not at all."""
        return sum(
            renewal.count
            for renewal in self.renewals
            if renewal.is_dearer and not renewal.is_announced_in_time(self.on)
        )

    @property
    def in_time_from(self) -> date:
        """The day for existing subscribers from which nobody would be told late."""
        return announced_in_time_from(cycle=self.price.plan.cycle_rule, on=self.on)


def preview_price(
    draft: Price, *, book: PriceBook, stored: PriceBook, offers: list[SaleOffer], on: date
) -> PricePreview:
    """What follows from `draft`, a version in `book`; `stored` is the book without what is typed.

    `offers` are those of the draft's plan.
    """
    spans = purchase_spans(book, plan_id=draft.plan_id, currency=draft.currency, offers=offers)
    place = next((n for n, span in enumerate(spans) if span.price is draft), 0)
    before = spans[place - 1].price if place else None
    return PricePreview(
        price=draft,
        on=on,
        renewals=tuple(_first_renewals(draft, book=book, stored=stored, on=on)),
        told_otherwise=_told_otherwise(draft, book=book, stored=stored, on=on),
        purchases=tuple(
            span
            for span in spans
            if span.price is draft and (span.ends_on is None or span.ends_on >= on)
        ),
        purchase_before=before.amount if before else None,
    )


def _first_renewals(
    draft: Price, *, book: PriceBook, stored: PriceBook, on: date
) -> Iterator[FirstRenewal]:
    until = add_months(on, MONTHS_AHEAD)
    for group in alike(_subscribers(draft), on=on):
        quote = _first_quote(draft, group, book, until=until)
        if quote is None:
            continue
        yield FirstRenewal(
            count=group.count,
            charge_on=quote.charge_on,
            before=_amount(stored, group, quote.term.ordinal - 1),
            after=quote.amount,
            notice_on=_notice_on(book, group, quote, on=on),
        )


def _first_quote(draft: Price, group: Alike, book: PriceBook, *, until: date) -> Quote | None:
    """The group's first charge that follows the draft itself."""
    with suppress(NoPriceError):  # the run that meets it parks the account
        coming = timeline.charges(group.agreement, book, first=group.next_ordinal, until=until)
        return next((quote for quote in coming if quote.price is draft), None)
    return None


def _amount(book: PriceBook, group: Alike, ordinal: int) -> Decimal | None:
    with suppress(NoPriceError):
        return book.quote(group.agreement, ordinal).amount
    return None


def _notice_on(book: PriceBook, group: Alike, quote: Quote, *, on: date) -> date | None:
    """The day from which the mail about this charge goes out; None if none does."""
    with suppress(NoPriceError):
        if quote.charge_on >= on and book.rise(group.agreement, quote.term.ordinal):
            return notice_on(cycle=group.agreement.cycle, charge_on=quote.charge_on)
    return None


def _told_otherwise(draft: Price, *, book: PriceBook, stored: PriceBook, on: date) -> int:
    """Subscribers who were told of their coming charge, and would be charged something else."""
    told = _announced(_subscribers(draft))
    return sum(
        group.count
        for group in alike(told, on=on)
        if _amount(book, group, group.next_ordinal) != _amount(stored, group, group.next_ordinal)
    )


def _subscribers(draft: Price) -> SubscriptionQuerySet:
    return Subscription.objects.filter(plan=draft.plan_id, currency=draft.currency)


def _announced(subscriptions: SubscriptionQuerySet) -> SubscriptionQuerySet:
    notices = PriceNotice.objects.filter(
        subscription=OuterRef("pk"), starts_on=OuterRef("paid_through")
    )
    return subscriptions.filter(Exists(notices))


def _tally(renewals: Iterable[FirstRenewal], *, month: date | None = None) -> Tally:
    found = list(renewals)
    known = [(renewal.count, renewal.before, renewal.after) for renewal in found]
    return Tally(
        count=sum(renewal.count for renewal in found),
        before=sum((n * before for n, before, _ in known if before is not None), Decimal()),
        after=sum((n * after for n, before, after in known if before is not None), Decimal()),
        month=month,
    )
