"""Adding a card on the gateway's own page: who is sent there, and what they come back with."""

from datetime import date

from billing import gateways
from billing.actions.cards import UnknownCardError, add_card
from billing.gateways import CardPages
from billing.models import GatewayCustomer, PaymentMethod
from partners.models import Account
from portal.models import User


def start_adding_card(account: Account, *, pages: CardPages, return_url: str, back_url: str) -> str:
    """The address of a page that asks for a card. Raises GatewaySilentError."""
    return pages.open_card_page(
        customer_ref=_customer(account, pages),
        account_ref=account.ref,
        return_url=return_url,
        back_url=back_url,
    )


def finish_adding_card(
    account: Account, *, page_ref: str, by: User | None, on: date
) -> PaymentMethod:
    """Keep the card that was given on the page; finished again, nothing is added.

    Raises UnknownCardError if none was, or not by this account; GatewaySilentError.
    """
    pages = gateways.card_pages()
    customer = GatewayCustomer.objects.filter(
        account=account, gateway=gateways.current().name
    ).first()
    if pages is None or customer is None or not page_ref:
        raise UnknownCardError(page_ref)
    method_ref = pages.card_of_page(
        page_ref, customer_ref=customer.provider_ref, account_ref=account.ref
    )
    if method_ref is None:
        raise UnknownCardError(page_ref)
    return add_card(account, method_ref=method_ref, by=by, on=on)


def _customer(account: Account, pages: CardPages) -> str:
    """Who the account is at the gateway, where it is opened the first time."""
    gateway = gateways.current().name
    known = GatewayCustomer.objects.filter(account=account, gateway=gateway).first()
    if known is None:
        ref = pages.new_customer(account_ref=account.ref, name=account.name, email=account.email)
        known, _is_new = GatewayCustomer.objects.get_or_create(
            account=account, gateway=gateway, defaults={"provider_ref": ref}
        )
    return known.provider_ref
