"""What billing writes about cards on file."""

from django.utils.translation import gettext as _

from billing.models import PaymentMethod
from partners.models import Account
from portal.mail.letters import Context, letter, link_to
from portal.mail.models import Message

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


# --- Samples -------------------------------------------------------------------------------------

_BEFORE: Shown = {"brand": "Visa", "last4": "4242", "expires_month": 3, "expires_year": 2030}
_NOW: Shown = {"brand": "Visa", "last4": "1881", "expires_month": 3, "expires_year": 2035}


def _sample_card() -> PaymentMethod:
    return PaymentMethod(account=Account(name="Harbour Studio"))
