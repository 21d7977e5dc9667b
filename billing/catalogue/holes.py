"""What is missing or odd in a plan's prices and offers, in sentences for those who can mend it."""

from collections.abc import Iterator, Sequence
from datetime import date

from django.db.models import Count, Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from billing.catalogue.alike import Alike, alike
from billing.errors import NoPriceError
from billing.models import Plan, SaleOffer, Subscription
from billing.models.subscriptions import SubscriptionQuerySet
from billing.offers import offered_amount
from billing.pricing import Agreement, PriceBook
from partners.models import Account


def holes(plan: Plan, *, book: PriceBook, offers: Sequence[SaleOffer], on: date) -> list[str]:
    """Everything about the plan that would surprise subscribers, or the run that charges them.

    `offers` are the plan's. Each is said once. A constant number of queries.
    """
    found = [
        *_unpriced_renewals(plan, book, on=on),
        *(_without_a_price(plan, book, on=on) if plan.is_sold else ()),
        *(_not_renewable(plan, book, on=on) if plan.is_sold else ()),
        *_odd_offers(plan, book, offers, on=on),
    ]
    return list(dict.fromkeys(found))


def _unpriced_renewals(plan: Plan, book: PriceBook, *, on: date) -> Iterator[str]:
    """Running subscriptions whose next charge would park their account."""
    unpriced: dict[str, list[Alike]] = {}
    for group in alike(_not_covered(plan, book), on=on):
        try:
            book.quote(group.agreement, group.next_ordinal)
        except NoPriceError:
            unpriced.setdefault(group.agreement.currency, []).append(group)
    for currency, groups in sorted(unpriced.items()):
        number = sum(group.count for group in groups)
        first = min(group.agreement.charge_on(group.next_ordinal) for group in groups)
        text = ngettext(
            "%(number)d subscription in %(currency)s is charged from %(first)s on and has no price"
            " for existing subscribers: its account would be parked.",
            "%(number)d subscriptions in %(currency)s are charged from %(first)s on and have no"
            " price for existing subscribers: their accounts would be parked.",
            number,
        )
        yield text % {"number": number, "currency": currency, "first": _day(first)}


def _not_covered(plan: Plan, book: PriceBook) -> SubscriptionQuerySet:
    """Those whose next charge is before any version binds existing subscribers."""
    covered = Q()
    for currency in book.currencies(plan.pk):
        first = book.renewal_days(plan_id=plan.pk, currency=currency)[0]
        covered |= Q(currency=currency, next_charge_on__gte=first)
    running = Subscription.objects.filter(plan_id=plan.pk)
    return running.exclude(covered) if covered else running


def _without_a_price(plan: Plan, book: PriceBook, *, on: date) -> Iterator[str]:
    """Currencies that accounts pay in, and in which the plan cannot be bought."""
    accounts = Account.objects.order_by("currency").values_list("currency").annotate(n=Count("pk"))
    for currency, number in accounts:
        days = book.purchase_days(plan_id=plan.pk, currency=currency)
        if days and days[0] <= on:
            continue
        about = {"number": number, "currency": currency}
        if days:
            text = _(
                "No price in %(currency)s before %(first)s. Accounts that pay in it: %(number)d."
            )
            yield text % {**about, "first": _day(days[0])}
        else:
            yield _("No price in %(currency)s. Accounts that pay in it: %(number)d.") % about


def _not_renewable(plan: Plan, book: PriceBook, *, on: date) -> Iterator[str]:
    """Currencies in which a purchase would have no price to renew at, and so is not offered."""
    for currency in book.currencies(plan.pk):
        bought_on = max(book.purchase_days(plan_id=plan.pk, currency=currency)[0], on)
        agreement = Agreement.bought(plan, currency=currency, on=bought_on)
        try:
            book.quote(agreement, 1)
        except NoPriceError:
            text = _(
                "Bought in %(currency)s on %(bought)s, the plan would be charged again on"
                " %(charged)s, and existing subscribers have a price from %(first)s only. It is not"
                " offered until the two meet."
            )
            yield text % {
                "currency": currency,
                "bought": _day(bought_on),
                "charged": _day(agreement.charge_on(1)),
                "first": _day(book.renewal_days(plan_id=plan.pk, currency=currency)[0]),
            }


def _odd_offers(
    plan: Plan, book: PriceBook, offers: Sequence[SaleOffer], *, on: date
) -> Iterator[str]:
    """Offers of today or later that nobody can take up, or that save nothing."""
    for offer in offers:
        if offer.ends_on < on:
            continue
        about = {"sale": offer.sale, "currency": offer.currency}
        if not plan.is_sold:
            text = _("“%(sale)s” offers this plan, which is not on sale to new subscribers.")
            yield text % about
        elif offer.currency:
            yield from _odd_amount(offer, book, about)


def _odd_amount(offer: SaleOffer, book: PriceBook, about: dict[str, object]) -> Iterator[str]:
    """A fixed amount in a currency without a price, or not below the standard price."""
    try:
        standard = book.for_purchase(
            plan_id=offer.plan_id, currency=offer.currency, on=offer.ends_on
        )
    except NoPriceError:
        text = _(
            "“%(sale)s” offers this plan in %(currency)s, in which it has no price by then:"
            " nobody can buy it."
        )
        yield text % about
        return
    amount = offered_amount(offer, currency=offer.currency, standard=standard.amount)
    if amount is not None and amount >= standard.amount:
        text = _("“%(sale)s” in %(currency)s is not below the standard price.")
        yield text % about


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")
