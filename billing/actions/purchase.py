"""Buying: a site's upgrade to a premium plan."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction

from billing.actions import charge
from billing.actions.draw_up import Item, draw_up
from billing.errors import (
    AlreadyUpgradedError,
    NoPaymentMethodError,
    PaymentDeclinedError,
    PaymentInDoubtError,
)
from billing.models import (
    NonprofitVerification,
    PaymentAttempt,
    PaymentMethod,
    Plan,
    SaleOffer,
    Subscription,
)
from billing.models.subscriptions import SubscriptionState
from billing.pricing import Agreement, PriceBook, Quote, sale_for
from billing.rules import Kind, Outcome
from partners.models import Account, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What buying a plan today means: charged now, and what the next period costs and when."""

    plan: Plan
    now: Quote
    then: Quote
    sale: SaleOffer | None
    sale_amount: Decimal | None
    standard_amount: Decimal


def offer(plan: Plan, *, account: Account, book: PriceBook, on: date) -> Offer:
    """The preview of a purchase, by the code that charges. Raises NoPriceError."""
    currency = account.currency
    standard = book.for_purchase(plan_id=plan.pk, currency=currency, on=on)
    found = sale_for(plan, currency=currency, standard=standard.amount, on=on)
    sale, sale_amount = found or (None, None)
    agreement = Agreement(
        kind=Kind(plan.product.kind),
        cycle=plan.cycle_rule,
        plan_id=plan.pk,
        currency=currency,
        purchased_on=on,
        anchor_on=on,
        sale_amount=sale_amount,
        is_nonprofit=is_nonprofit(account, on=on),
    )
    return Offer(
        plan=plan,
        now=book.quote(agreement, 0),
        then=book.quote(agreement, 1),
        sale=sale,
        sale_amount=sale_amount,
        standard_amount=standard.amount,
    )


def is_nonprofit(account: Account, *, on: date) -> bool:
    return NonprofitVerification.objects.filter(account=account, verified_on__lte=on).exists()


def upgrade_site(site: Site, plan: Plan, *, on: date) -> Subscription:
    """Buy a premium plan for a site, charged now to the account's default card.

    Raises AlreadyUpgradedError, NoPaymentMethodError (unless nothing is to pay), NoPriceError,
    PaymentDeclinedError (nothing was bought), PaymentInDoubtError (it completes by itself).
    """
    subscription, attempt = _open_purchase(site, plan, on=on)
    charge.run([attempt], on=on)
    attempt.refresh_from_db()
    if attempt.settled_at is None:
        raise PaymentInDoubtError
    if attempt.outcome != Outcome.SUCCEEDED.value:
        raise PaymentDeclinedError(attempt.decline_code)
    subscription.refresh_from_db()
    return subscription


@transaction.atomic
def _open_purchase(site: Site, plan: Plan, *, on: date) -> tuple[Subscription, PaymentAttempt]:
    account = Account.objects.select_for_update(no_key=True).get(pk=site.account_id)
    running = Subscription.objects.filter(site=site, plan__product__kind=Kind.SITE_PLAN.value)
    if running.exclude(state=SubscriptionState.EXPIRED).exists():
        raise AlreadyUpgradedError
    bought = offer(plan, account=account, book=PriceBook.load(), on=on)
    has_card = PaymentMethod.objects.usable().filter(account=account, is_default=True).exists()
    if bought.now.amount and not has_card:
        raise NoPaymentMethodError
    subscription = Subscription.objects.create(
        account=account,
        site=site,
        plan=plan,
        currency=account.currency,
        purchased_on=on,
        anchor_on=on,
        sale_offer=bought.sale,
        sale_amount=bought.sale_amount,
    )
    [attempt] = draw_up([Item(subscription, bought.now)], on=on)
    return subscription, attempt
