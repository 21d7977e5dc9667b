"""What billing writes about cards on file."""

from django.utils.translation import gettext as _

from billing.card_queries import charged_to
from billing.models import CardNotice, PaymentMethod, Subscription
from billing.models.subscriptions import SubscriptionState
from partners.models import Account
from partners.notifications import footer
from portal.lib import clock
from portal.mail.letters import Context, letter, link_to
from portal.mail.models import Message
from portal.models import User

Shown = dict[str, str | int]


@letter("billing/card_updated", sample=lambda: _card_updated(_sample_card(), _BEFORE, _NOW))
def card_updated(_message: Message, *, method_id: int, before: Shown, now: Shown) -> Context:
    """A card as it was, and as the network has renewed it."""
    method = PaymentMethod.objects.select_related("account").get(pk=method_id)
    return _card_updated(method, before, now)


def _card_updated(method: PaymentMethod, before: Shown, now: Shown) -> Context:
    return {
        "account": method.account.name,
        "before": _face(before),
        "before_expires": _expiry(before),
        "now": _face(now),
        "now_expires": _expiry(now),
        "reason": _(
            "You get this mail because this is the address on record for the account %(account)s."
        )
        % {"account": method.account.name},
        "action_url": link_to("billing:cards", account_ref=method.account.ref),
        "action_label": _("See your cards"),
    }


def _face(card: Shown) -> str:
    return str(PaymentMethod(brand=str(card["brand"]), last4=str(card["last4"])))


def _expiry(card: Shown) -> str:
    return f"{card['expires_month']:02}/{card['expires_year']}"


@letter(
    "billing/card_expiring",
    sample=lambda: _card_expiring(_sample_notice(), _sample_user(), renewals=3),
)
def card_expiring(_message: Message, *, notice_id: int, user_id: int) -> Context:
    """Which card, until when, how much depends on it, and that there may be nothing to do."""
    notice = CardNotice.objects.select_related("method__account").get(pk=notice_id)
    charged = Subscription.objects.in_account(notice.method.account).filter(
        charged_to(notice.method), state=SubscriptionState.ACTIVE
    )
    return _card_expiring(notice, User.objects.get(pk=user_id), renewals=charged.count())


def _card_expiring(notice: CardNotice, user: User, *, renewals: int) -> Context:
    account = notice.method.account
    return {
        "account": account.name,
        "card": notice.method,
        "last_day": notice.expires_on,
        "renewals": renewals,
        "action_url": link_to("billing:cards", account_ref=account.ref),
        "action_label": _("See your cards"),
        **footer("cards", user=user, account=account),
    }


# --- Samples -------------------------------------------------------------------------------------

_BEFORE: Shown = {"brand": "Visa", "last4": "4242", "expires_month": 3, "expires_year": 2030}
_NOW: Shown = {"brand": "Visa", "last4": "1881", "expires_month": 3, "expires_year": 2035}


def _sample_card() -> PaymentMethod:
    return PaymentMethod(account=Account(name="Harbour Studio"))


def _sample_notice() -> CardNotice:
    card = PaymentMethod(
        account=Account(name="Harbour Studio", ref="x"), brand="Visa", last4="4242"
    )
    return CardNotice(method=card, expires_on=clock.today())


def _sample_user() -> User:
    return User(name="Amira Osei", email="amira@harbour-studio.example", ref="x")
