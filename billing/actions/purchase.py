"""Buying: a site's upgrade to a premium plan."""

from datetime import date

from django.db import transaction

from billing.actions.charge_now import charge_now
from billing.actions.draw_up import Item, draw_up
from billing.errors import (
    AlreadyUpgradedError,
    NoPaymentMethodError,
    NotForSaleError,
)
from billing.models import PaymentMethod, Plan, Subscription
from billing.offers import offer
from billing.pricing import PriceBook
from billing.queries import has_premium_plan
from billing.rules import KINDS_THAT_EARN_POINTS
from partners.models import Account, Site


def upgrade_site(site: Site, plan: Plan, *, on: date) -> Subscription:
    """Buy a premium plan for a site, charged now to the account's default card.

    Raises AlreadyUpgradedError, NotForSaleError, NoPriceError, NoPaymentMethodError (unless nothing
    is to pay), PaymentDeclinedError (nothing was bought), PaymentInDoubtError (it completes by
    itself).
    """
    subscription, attempts = _open_purchase(site, plan, on=on)
    charge_now(attempts, on=on)
    subscription.refresh_from_db()
    return subscription


@transaction.atomic
def _open_purchase(site: Site, plan: Plan, *, on: date) -> tuple[Subscription, list[int]]:
    account = Account.objects.select_for_update(no_key=True).get(pk=site.account_id)
    if has_premium_plan(site):
        raise AlreadyUpgradedError
    if not plan.is_sold or plan.product.kind not in KINDS_THAT_EARN_POINTS:
        raise NotForSaleError
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
    return subscription, draw_up([Item.of(subscription, bought.now)], on=on, is_purchase=True)
