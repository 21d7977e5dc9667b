"""The accounts of the invented platform: each with a site and a card, all in the programme."""

from datetime import date

from billing.models import PaymentMethod
from partners.models import Account, Enrolment, Site
from portal.bench.billing.filling import EACH_ACCOUNT, add, ref
from portal.bench.billing.gateway import NAME

CURRENCY = "USD"


def add_accounts(accounts: int, *, on: date) -> None:
    """Add so many accounts, numbered from 1, which are the numbers of their site and card, too."""
    _accounts(accounts)
    _sites(accounts)
    _cards(accounts)
    _enrolments(accounts, on=on)


def _accounts(accounts: int) -> None:
    values = {
        "id": "n",
        "ref": ref("account", "n"),
        "name": "'Account ' || n",
        "email": "'owner@account-' || n || '.example'",
        "country": "'GB'",
        "currency": f"'{CURRENCY}'",
    }
    add(Account, EACH_ACCOUNT, values, accounts=accounts)


def _sites(accounts: int) -> None:
    values = {
        "id": "n",
        "ref": ref("site", "n"),
        "account_id": "n",
        "address": "'site-' || n || '.example'",
    }
    add(Site, EACH_ACCOUNT, values, accounts=accounts)


def _cards(accounts: int) -> None:
    values = {
        "id": "n",
        "ref": ref("card", "n"),
        "account_id": "n",
        "gateway": f"'{NAME}'",
        "provider_ref": "'card-' || n",
        "brand": "'Visa'",
        "last4": "'4242'",
        "expires_month": "12",
        "expires_year": "2034",
        "is_default": "true",
    }
    add(PaymentMethod, EACH_ACCOUNT, values, accounts=accounts)


def _enrolments(accounts: int, *, on: date) -> None:
    """All of them by the one person there is, under the one version of the terms."""
    values = {
        "account_id": "n",
        "enrolled_at": "%(on)s::date",
        "enrolled_on": "%(on)s::date",
        "enrolled_by_id": "u.id",
        "terms_id": "t.id",
    }
    source = f"{EACH_ACCOUNT} CROSS JOIN portal_user u CROSS JOIN partners_programmeterms t"
    add(Enrolment, source, values, accounts=accounts, on=on)
