"""What billing tells an account’s people, and the addresses its bills go to."""

from django.utils.translation import gettext_lazy as _

from partners.notifications import Kind, register
from partners.roles import Can

register(
    Kind(
        key="renewals",
        name=_("Renewals ahead"),
        what=_("Two weeks before a plan for a year or longer is charged: what, when and how much."),
        letters=("billing/renewal_notice",),
        permission=Can.SEE_BILLING,
    ),
    Kind(
        key="cards",
        name=_("Card about to expire"),
        what=_("Once, 30 days before the last day of a card that something is charged to."),
        letters=("billing/card_expiring",),
        permission=Can.PAY,
    ),
    Kind(
        key="payments",
        name=_("Payments"),
        what=_(
            "To the address bills go to: receipts, payments that failed, refunds, cards renewed by"
            " their network. What failed or was taken back goes to the address on record as well."
        ),
        letters=(
            "billing/receipt",
            "billing/payment_failed",
            "billing/given_up",
            "billing/refunded",
            "billing/charged_back",
            "billing/card_updated",
        ),
        permission=Can.SEE_BILLING,
        why_always=_("It is about your money, or about something that ends unless it is paid."),
    ),
    Kind(
        key="prices",
        name=_("Renewals that cost more"),
        what=_("To the address bills go to, before anything is charged."),
        letters=("billing/price_notice",),
        permission=Can.SEE_BILLING,
        why_always=_("Nobody should be charged more than they knew of."),
    ),
)
