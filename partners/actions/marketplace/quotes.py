"""A visitor of the marketplace asks a partner for a quote."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from partners.errors import NotListedError, TooManyQuotesError
from partners.models import Account, Listing, QuoteRequest
from partners.rules import QUOTE_POLICY
from portal.mail.actions.queue import Draft, queue

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was typed, where it came from, and why it is held back, if it is (`HeldFor`)."""

    name: str
    email: str
    needs: str
    budget: str = ""
    ip_address: str | None = None
    held_for: str = ""


@transaction.atomic
def request_quote(account: Account, asked: Asked, *, at: datetime) -> QuoteRequest | None:
    """Keep the request and mail it to the partner, whose answer goes to the sender.

    What is held back is kept for staff and mailed to nobody, up to the day's limits; beyond them
    nothing is kept. Raises NotListedError and, to people only, TooManyQuotesError.
    """
    locked = Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    if not Listing.objects.in_force().filter(account=locked).exists():
        raise NotListedError
    if _is_enough_for_a_day(locked, asked, at=at):
        if asked.held_for:
            return None
        raise TooManyQuotesError
    request = QuoteRequest.objects.create(
        account=locked,
        name=asked.name,
        email=asked.email,
        needs=asked.needs,
        budget=asked.budget,
        ip_address=asked.ip_address,
        received_at=at,
        held_for=asked.held_for,
    )
    if not request.held_for:
        _send(request)
    return request


def _is_enough_for_a_day(account: Account, asked: Asked, *, at: datetime) -> bool:
    """Counted from rows, which every process sees; what was held back uses up nobody else's day."""
    lately = QuoteRequest.objects.filter(received_at__gt=at - A_DAY)
    passed = lately.filter(held_for="")
    return (
        lately.filter(ip_address=asked.ip_address).count()
        >= QUOTE_POLICY.a_day_from_a_network_address
        or passed.filter(email__iexact=asked.email).count() >= QUOTE_POLICY.a_day_from_an_address
        or passed.filter(account=account).count() >= QUOTE_POLICY.a_day_to_a_partner
    )


def _send(request: QuoteRequest) -> None:
    queue(
        Draft(
            kind="partners/quote_request",
            key=f"quote_request:{request.ref}",
            to=request.account.email,
            reply_to=request.email,
            arguments={"request_id": request.pk},
            account_ref=request.account.ref,
        )
    )
