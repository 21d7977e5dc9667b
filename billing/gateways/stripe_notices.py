"""What that gateway's events are about."""

from collections.abc import Callable, Mapping
from typing import Any

from billing.gateways.protocol import Notice
from billing.gateways.stripe_words import dispute_from, reply_from

Read = Callable[[Mapping[str, Any]], dict[str, Any]]


def _payment(intent: Mapping[str, Any]) -> dict[str, Any]:
    return {"payment": (str(intent["metadata"]["attempt"]), reply_from(intent))}


def _card(method: Mapping[str, Any]) -> dict[str, Any]:
    """The reference only: events come in any order, so the card's details are asked for."""
    return {"updated_method_ref": str(method["id"])}


def _card_gone(method: Mapping[str, Any]) -> dict[str, Any]:
    return {"detached_method_ref": str(method["id"])}


def _page(session: Mapping[str, Any]) -> dict[str, Any]:
    if session["mode"] != "setup":
        return {}
    return {"finished_page": (str(session["client_reference_id"]), str(session["id"]))}


def _dispute(dispute: Mapping[str, Any]) -> dict[str, Any]:
    """Each event tells the whole dispute, so whichever comes first is enough."""
    told = dispute_from(dispute)
    return {"dispute": told} if told else _for_staff(dispute)


def _for_staff(_about: Mapping[str, Any]) -> dict[str, Any]:
    return {"is_for_staff": True}


READERS: dict[str, Read] = {
    "payment_intent.succeeded": _payment,
    "payment_intent.payment_failed": _payment,
    "payment_method.automatically_updated": _card,
    "payment_method.updated": _card,
    "payment_method.detached": _card_gone,
    "checkout.session.completed": _page,
    "charge.dispute.created": _dispute,
    "charge.dispute.updated": _dispute,
    "charge.dispute.funds_withdrawn": _dispute,
    "charge.dispute.funds_reinstated": _dispute,
    "charge.dispute.closed": _dispute,
    "charge.refunded": _for_staff,
}


def read_notice(payload: Mapping[str, Any]) -> Notice:
    """What an event says; of a kind nobody asked for, only that it came.

    Raises LookupError, TypeError, AttributeError or ValueError where it is not what it should be.
    """
    kind = str(payload["type"])
    read = READERS.get(kind)
    about = read(payload["data"]["object"]) if read else {}
    return Notice(event_ref=str(payload["id"]), kind=kind, **about)
