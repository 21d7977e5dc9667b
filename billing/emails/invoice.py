"""What every mail about an invoice says."""

from django.utils.translation import gettext as _

from billing.models import Invoice
from partners.models import Account
from portal.mail.letters import Context, link_to


def about(invoice: Invoice, *, to: str = "") -> Context:
    """Which invoice it is, whose, and why this reader is told."""
    account = invoice.account
    return {
        "number": invoice.number,
        "total": invoice.total_amount,
        "currency": invoice.currency,
        "account": invoice.account.name,
        "reason": why_you(account, to or account.email) % {"account": account.name},
    }


def why_you(account: Account, to: str) -> str:
    """Why this reader gets the mail."""
    if to == account.email:
        return _(
            "You get this mail because this is the address on record for the account %(account)s."
        )
    return _("You get this mail because invoices for %(account)s are sent to this address.")


def billing_page(invoice: Invoice) -> str:
    return link_to("billing:overview", account_ref=invoice.account.ref)
