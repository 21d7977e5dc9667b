"""What a gateway tells by itself: believed if signed, kept first, then acted on, each event once.

The order in which events come means nothing: a payment's end goes through the same `settle` as
every other answer, a dispute moves once, and of a card only that it changed is read from the event.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from moneyed import CurrencyDoesNotExist

from billing.actions.card_pages import finish_adding_card
from billing.actions.card_updates import update_card
from billing.actions.cards import UnknownCardError
from billing.actions.disputes import note_dispute
from billing.actions.remove_card import card_gone
from billing.actions.settle import settle
from billing.errors import DisputeClosedError, UnknownPaymentError
from billing.gateways import DisputeTold, Notice, Notifies, Reply, named
from billing.models import GatewayEvent, PaymentAttempt
from billing.rules import Outcome
from partners.models import Account
from portal.lib.money import rounded

log = logging.getLogger(__name__)

NONSENSE = (LookupError, TypeError, ValueError, AttributeError, CurrencyDoesNotExist)
FOR_STAFF = "for staff to look at"


def receive(
    gateway: Notifies, name: str, body: bytes, headers: Mapping[str, str], *, at: datetime, on: date
) -> bool:
    """Keep what the gateway `name` sent, and do what follows from it; sent again, nothing.

    Returns whether invoices may be due again by it. What makes no sense is kept with a note, so
    that it is not sent for days. Raises BadSignatureError (nothing is kept), GatewaySilentError and
    PaymentUnderWayError (kept, to be sent again).
    """
    gateway.authenticate(body, headers)
    payload, notice = _understood(gateway, body)
    event, _is_new = GatewayEvent.objects.get_or_create(
        gateway=name,
        event_ref=notice.event_ref[:128],
        defaults={"kind": notice.kind[:96], "payload": payload, "received_at": at},
    )
    if event.settled_at is None:
        act_on(event, notice, on=on, at=at)
    return bool(notice.updated_method_ref or notice.detached_method_ref or notice.finished_page)


def _understood(gateway: Notifies, body: bytes) -> tuple[Any, Notice]:
    """The event as told and as understood; nonsense goes by its fingerprint or its own name."""
    ref = hashlib.sha256(body).hexdigest()
    try:
        payload = json.loads(body)
    except ValueError:
        text = body.decode(errors="replace").replace("\0", "")
        return {"unreadable": text}, Notice(event_ref=ref, kind="", makes_sense=False)
    try:
        return payload, gateway.read(payload)
    except NONSENSE:
        told = payload if isinstance(payload, dict) else {}
        kind = str(told.get("type", ""))
        return payload, Notice(event_ref=str(told.get("id") or ref), kind=kind, makes_sense=False)


def act_on(event: GatewayEvent, notice: Notice, *, on: date, at: datetime) -> None:
    """Do what an event asks for and settle it; what is for staff stays open, with a note."""
    if notice.payment:
        note = _payment_told(event, *notice.payment, on=on)
    elif notice.updated_method_ref:
        note = _card_told(event, notice.updated_method_ref, on=on, at=at)
    elif notice.detached_method_ref:
        note = _card_gone_told(event, notice.detached_method_ref, on=on, at=at)
    elif notice.finished_page:
        note = _page_told(*notice.finished_page, on=on)
    elif notice.dispute:
        note = _dispute_told(event, notice.dispute, on=on, at=at)
    elif notice.is_for_staff:
        note = FOR_STAFF
    else:
        note = "nothing to do" if notice.makes_sense else "makes no sense"
    is_open = note.startswith(FOR_STAFF)
    GatewayEvent.objects.filter(pk=event.pk, settled_at__isnull=True).update(
        note=note[:300], settled_at=None if is_open else at
    )
    event.refresh_from_db()


@transaction.atomic
def _payment_told(event: GatewayEvent, key: str, reply: Reply, *, on: date) -> str:
    attempt = PaymentAttempt.objects.filter(
        idempotency_key=key, payment_method__gateway=event.gateway
    ).first()
    if attempt is None:
        return "no such attempt"
    settle({attempt.pk: reply}, on=on)
    attempt.refresh_from_db()
    if reply.outcome is Outcome.SUCCEEDED and attempt.outcome != Outcome.SUCCEEDED.value:
        log.error("attempt %s was declined, and yet money was taken for it", key)
        return f"{FOR_STAFF}: money was taken for an attempt that was settled as declined"
    return ""


def _dispute_told(event: GatewayEvent, told: DisputeTold, *, on: date, at: datetime) -> str:
    try:
        uncovered = note_dispute(told, gateway=event.gateway, on=on, at=at)
    except UnknownPaymentError:
        why = "the payment it disputes is not known here"
    except DisputeClosedError as before:
        why = f"the dispute was closed as {before} before"
    else:
        if not uncovered:
            return ""
        amount = f"{rounded(uncovered, told.currency)} {told.currency}"
        why = f"{amount} of what was lost had been paid back before"
    log.error("dispute %s: %s", told.provider_ref, why)
    return f"{FOR_STAFF}: {why}"


def _card_told(event: GatewayEvent, method_ref: str, *, on: date, at: datetime) -> str:
    card = named(event.gateway).describe(method_ref)
    if card is None:
        return "the gateway does not know this card any more"
    updated = update_card(card, gateway=event.gateway, source=event.event_ref, on=on, at=at)
    return "" if updated else "no card on file, or nothing new"


def _card_gone_told(event: GatewayEvent, method_ref: str, *, on: date, at: datetime) -> str:
    card = named(event.gateway).describe(method_ref)
    if card is not None and card.customer_ref:
        return "the gateway keeps this card still"
    gone = card_gone(method_ref, gateway=event.gateway, on=on, at=at)
    return "" if gone else "no card on file"


def _page_told(account_ref: str, page_ref: str, *, on: date) -> str:
    """A card was given on the gateway's page; its giver may never come back to ours."""
    account = Account.objects.filter(ref=account_ref).first()
    if account is None:
        return "no such account"
    try:
        finish_adding_card(account, page_ref=page_ref, by=None, on=on)
    except UnknownCardError:
        return "no card of this account was given"
    return ""
