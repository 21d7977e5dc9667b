"""Where invoices and receipts go."""

from datetime import datetime

from django.db import transaction

from partners.actions.activity import record_activity
from partners.models import Account
from portal.models import User


@transaction.atomic
def set_invoice_address(account: Account, *, by: User, at: datetime) -> Account:
    """Keep the account's invoice address as it was edited, and nothing else of the account."""
    account.save(update_fields=["invoice_email"])
    record_activity(account, "invoice_address", by=by, at=at, email=account.bills_to)
    return account
