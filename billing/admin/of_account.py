"""Subscriptions and invoices on the page of their account."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from billing.models import Invoice, Subscription
from partners.admin.account_parts import account_parts, by_ref
from portal.lib.money import in_words
from portal.staff.parts import Part


def _next_renewal(subscription: Subscription) -> str:
    state = subscription.get_state_display()
    if subscription.next_charge_on is None:
        return state
    day = date_format(subscription.next_charge_on)
    return _now("%(state)s · renews on %(day)s") % {"state": state, "day": day}


def _amount_and_state(invoice: Invoice) -> str:
    amount = in_words(invoice.total_amount, invoice.currency)
    return f"{amount} · {invoice.get_state_display()}"


account_parts.append(
    Part(
        title=_("Subscriptions"),
        label="billing.subscription",
        rows=lambda account: (
            Subscription.objects.filter(account=account)
            .select_related("plan__product", "site", "account")
            .order_by("-pk")
        ),
        query=by_ref,
        detail=_next_renewal,
    )
)
account_parts.append(
    Part(
        title=_("Invoices"),
        label="billing.invoice",
        rows=lambda account: Invoice.objects.filter(account=account).order_by("-issued_at", "-pk"),
        query=by_ref,
        words=lambda invoice: invoice.number,
        detail=_amount_and_state,
    )
)
