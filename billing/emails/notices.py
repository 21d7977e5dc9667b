"""Told before it is charged: a renewal that costs more than before."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.models import Plan, PriceNotice, Product, Subscription
from billing.rules import Cycle, Kind
from billing.taxes import TaxTable
from partners.models import Account
from portal.lib import clock
from portal.mail.letters import Context, letter, link_to
from portal.mail.models import Message


@letter("billing/price_notice", sample=lambda: _price_notice(_sample_notices(), TaxTable()))
def price_notice(_message: Message, *, notice_ids: list[int]) -> Context:
    """What will cost more, from when, how much more, why, and how to keep from it."""
    notices = PriceNotice.objects.filter(pk__in=notice_ids).order_by("charge_on", "pk")
    about = "subscription__account", "subscription__plan__product", "subscription__site"
    return _price_notice(list(notices.select_related(*about)), TaxTable.load())


def _price_notice(notices: list[PriceNotice], taxes: TaxTable) -> Context:
    account = notices[0].subscription.account
    return {
        "rows": list(_rows(notices, taxes)),
        "first_on": notices[0].charge_on,
        "reason": _("You get this mail because bills of the account %(account)s go to you.")
        % {"account": account.name},
        "action_url": link_to("billing:overview", account_ref=account.ref),
        "action_label": _("See all coming charges"),
    }


def _rows(notices: Iterable[PriceNotice], taxes: TaxTable) -> Iterable[dict[str, object]]:
    for notice in notices:
        subscription = notice.subscription
        yield {
            "what": subscription.what_for or subscription.plan.product.name,
            "plan": subscription.plan,
            "before": notice.amount_before,
            "after": notice.amount_after,
            "tax": _tax_on(notice, taxes),
            "currency": notice.currency,
            "charge_on": notice.charge_on,
            "starts_on": notice.starts_on,
            "was_sale": notice.was_sale,
            "was_prepaid": notice.was_prepaid,
        }


def _tax_on(notice: PriceNotice, taxes: TaxTable) -> str:
    """The tax in what will be charged, by the rate that holds on that day as far as is known."""
    subscription = notice.subscription
    tax = taxes.on(
        notice.amount_after,
        currency=notice.currency,
        country=subscription.account.country,
        kind=Kind(subscription.plan.product.kind),
        day=notice.charge_on,
    )
    return tax.in_words


# --- Samples -------------------------------------------------------------------------------------


def _sample_notices() -> list[PriceNotice]:
    return [
        _sample_notice("cornerbakery.example", was_sale=True),
        _sample_notice("fernhill.example", was_sale=False),
        _sample_notice("marshside.example", was_sale=False, was_prepaid=True),
    ]


def _sample_notice(label: str, *, was_sale: bool, was_prepaid: bool = False) -> PriceNotice:
    charge_on: date = clock.today() + timedelta(days=30)
    product = Product(name="Premium", kind=Kind.SITE_PLAN.value)
    plan = Plan(product=product, cycle=Cycle.YEARLY.value)
    return PriceNotice(
        subscription=Subscription(account=Account(name="Harbour Studio"), plan=plan, label=label),
        starts_on=charge_on + timedelta(days=14),
        charge_on=charge_on,
        amount_before=Decimal("0.00") if was_prepaid else Decimal("120.00"),
        amount_after=Decimal("240.00"),
        currency="USD",
        was_sale=was_sale,
        was_prepaid=was_prepaid,
        announced_on=clock.today(),
    )
