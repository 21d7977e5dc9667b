"""Buying a plan: for a site, for the account itself, or for a domain or mailbox."""

from datetime import date
from decimal import Decimal

from django.db import transaction

from billing.actions.charge_now import charge_now
from billing.actions.draw_up import Item, draw_up
from billing.actions.only_one import only_one_running
from billing.errors import (
    NoPaymentMethodError,
    NotForSaleError,
    PriceChangedError,
)
from billing.models import Plan, Subscription
from billing.offers import Offers
from billing.queries import default_card
from billing.subjects import BoughtFor, to_begin
from partners.actions.activity import record_activity
from partners.models import Account
from portal.lib import clock
from portal.models import User


def buy(
    account: Account,
    plan: Plan,
    *,
    subject: BoughtFor,
    currency: str,
    by: User,
    on: date,
    shown_amount: Decimal | None = None,
) -> Subscription:
    """Buy a plan, charged now to the account's default card; sent twice, it is bought once.

    `shown_amount` is what its buyer was told they pay, tax included. Raises WrongSubjectError,
    NotForSaleError, NoPriceError, PriceChangedError, NoPaymentMethodError (unless nothing is to
    pay), AlreadySubscribedError, PaymentDeclinedError (nothing was bought), PaymentInDoubtError (it
    completes by itself).
    """
    wanted = to_begin(account, plan, subject=subject, currency=currency, on=on)
    wanted.bought_by = by
    attempts = _open_purchase(wanted, shown_amount=shown_amount, by=by, on=on)
    charge_now(attempts, on=on)
    wanted.refresh_from_db()
    return wanted


@transaction.atomic
def _open_purchase(
    wanted: Subscription, *, shown_amount: Decimal | None, by: User, on: date
) -> list[int]:
    account = Account.objects.select_for_update(no_key=True).get(pk=wanted.account_id)
    wanted.account = account  # as it is now that nobody else changes it
    if not wanted.plan.is_sold:
        raise NotForSaleError
    offer = Offers(account, on=on).of(wanted.plan, currency=wanted.currency)
    if shown_amount is not None and offer.now.gross_amount != shown_amount:
        raise PriceChangedError
    if offer.now.gross_amount and default_card(account) is None:
        raise NoPaymentMethodError
    wanted.sale_offer, wanted.sale_amount = offer.sale, offer.sale_amount
    with only_one_running():
        wanted.save()
    record_activity(account, "ordered", by=by, at=clock.now(), plan=wanted.in_words)
    return draw_up([Item.of(wanted, offer.now)], on=on, is_purchase=True)
