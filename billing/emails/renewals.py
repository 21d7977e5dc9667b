"""Told before it is charged: renewals of plans for a year or longer."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from billing.models import PaymentMethod, Plan, Product, RenewalNotice, Subscription
from billing.queries import default_card
from billing.rules import Cycle, Kind
from partners.models import Account
from partners.notifications import footer
from portal.lib import clock
from portal.mail.letters import Context, letter, link_to
from portal.mail.models import Message
from portal.models import User


@letter(
    "billing/renewal_notice",
    sample=lambda: _renewal_notice(_sample_notices(), _sample_user(), default=_sample_card()),
)
def renewal_notice(_message: Message, *, notice_ids: list[int], user_id: int) -> Context:
    """What is charged, when, how much and to which card, and how to keep from it."""
    about = "account", "plan__product", "site", "payment_method"
    notices = list(
        RenewalNotice.objects.filter(pk__in=notice_ids)
        .select_related(*(f"subscription__{name}" for name in about))
        .order_by("charge_on", "pk")
    )
    default = default_card(notices[0].subscription.account)
    return _renewal_notice(notices, User.objects.get(pk=user_id), default=default)


def _renewal_notice(
    notices: Sequence[RenewalNotice], user: User, *, default: PaymentMethod | None
) -> Context:
    account = notices[0].subscription.account
    return {
        "account": account.name,
        "rows": [(notice, _card(notice.subscription, default)) for notice in notices],
        "first_on": notices[0].charge_on,
        "has_card": all(_card(notice.subscription, default) for notice in notices),
        "action_url": link_to("billing:overview", account_ref=account.ref),
        "action_label": _("See all coming charges"),
        **footer("renewals", user=user, account=account),
    }


def _card(subscription: Subscription, default: PaymentMethod | None) -> PaymentMethod | None:
    """The card it is charged to, as things are."""
    own = subscription.payment_method
    return own if own and own.removed_at is None else default


# --- Samples -------------------------------------------------------------------------------------


def _sample_card() -> PaymentMethod:
    return PaymentMethod(brand="Visa", last4="4242")


def _sample_user() -> User:
    return User(name="Amira Osei", email="amira@harbour-studio.example", ref="x")


def _sample_notices() -> list[RenewalNotice]:
    return [_sample_notice("cornerbakery.example"), _sample_notice("fernhill.example")]


def _sample_notice(label: str) -> RenewalNotice:
    charge_on = clock.today() + timedelta(days=14)
    plan = Plan(
        product=Product(name="Premium", kind=Kind.SITE_PLAN.value), cycle=Cycle.YEARLY.value
    )
    account = Account(name="Harbour Studio", ref="x")
    return RenewalNotice(
        subscription=Subscription(account=account, plan=plan, label=label),
        starts_on=charge_on + timedelta(days=14),
        charge_on=charge_on,
        amount=Decimal("240.00"),
        currency="USD",
        announced_on=clock.today(),
    )
