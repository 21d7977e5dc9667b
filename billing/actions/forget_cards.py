"""What was removed here is forgotten by the gateway, too: asked outside any transaction."""

import logging
from datetime import datetime

from billing.gateways import GatewaySilentError, named, set_up
from billing.models import PaymentMethod

log = logging.getLogger(__name__)

BATCH = 100


def forget_removed(*, at: datetime) -> int:
    """Have gateways forget the cards that were removed; returns how many they forgot now.

    A gateway that is silent is asked again by the next run. A reference belongs to one card for
    ever, so nothing that is still on file is forgotten.
    """
    waiting = PaymentMethod.objects.to_forget().filter(gateway__in=set_up())
    forgotten, after = 0, 0
    while batch := list(waiting.filter(pk__gt=after).order_by("pk")[:BATCH]):
        gone = [method.pk for method in batch if _forget(method)]
        forgotten += waiting.filter(pk__in=gone).update(detached_at=at)
        after = batch[-1].pk
    return forgotten


def _forget(method: PaymentMethod) -> bool:
    try:
        named(method.gateway).detach(method.provider_ref, method.customer_ref)
    except GatewaySilentError as silence:
        log.warning("card %s is not forgotten yet: %s", method.ref, silence)
        return False
    except Exception:  # one broken answer must not keep the others from being forgotten
        log.exception("card %s: the gateway's answer could not be read", method.ref)
        return False
    return True
