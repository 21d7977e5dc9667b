"""The test cards of the simulated gateway: one for everything that can become of a charge."""

from dataclasses import dataclass
from datetime import date
from enum import Enum, auto

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.rules import Outcome

FAR_AHEAD, LONG_PAST = (12, 2034), (1, 2024)


class Trouble(Enum):
    """What comes between a charge and its answer, once; after that all goes well."""

    REQUEST_LOST = auto()  # timed out, no money moved
    REPLY_LOST = auto()  # timed out, the money moved
    DOWN_TODAY = auto()
    OUT_OF_DATE = auto()  # declined until the network has renewed the card


@dataclass(frozen=True, slots=True)
class TestCard:
    """How a test card looks, what charging it comes to, and what the form says of it."""

    words: str | Promise
    brand: str
    last4: str
    outcome: Outcome = Outcome.SUCCEEDED
    decline_code: str = ""
    trouble: Trouble | None = None
    expires: tuple[int, int] | None = FAR_AHEAD  # month and year; None: with the running month

    def expires_in(self, today: date) -> tuple[int, int]:
        """Month and year on the card when it is given on that day."""
        return self.expires or (today.month, today.year)


TEST_CARDS: dict[str, TestCard] = {
    "sim_ok": TestCard(_("pays"), "Visa", "4242"),
    "sim_ok_mastercard": TestCard(_("pays"), "Mastercard", "4444"),
    "sim_expiring": TestCard(
        _("pays, and expires at the end of this month"), "Visa", "1117", expires=None
    ),
    "sim_soft": TestCard(
        _("declined each time: not enough money (tried again on other days)"),
        "Visa",
        "9995",
        Outcome.SOFT_DECLINE,
        "insufficient_funds",
    ),
    "sim_lost": TestCard(
        _("declined for good: reported lost (waits for another card)"),
        "Visa",
        "9987",
        Outcome.HARD_DECLINE,
        "lost_card",
    ),
    "sim_authentication": TestCard(
        _("declined: the bank wants its holder to confirm (waits for another card)"),
        "Visa",
        "3184",
        Outcome.HARD_DECLINE,
        "authentication_required",
    ),
    "sim_expired": TestCard(
        _("declined: has expired, and no new one was sent (waits for another card)"),
        "Visa",
        "0069",
        Outcome.HARD_DECLINE,
        "expired_card",
        expires=LONG_PAST,
    ),
    "sim_renewable": TestCard(
        _("declined: has expired, until its network renews it (manage.py simulate_card_update)"),
        "Mastercard",
        "5100",
        Outcome.HARD_DECLINE,
        "expired_card",
        Trouble.OUT_OF_DATE,
        LONG_PAST,
    ),
    "sim_timeout_before": TestCard(
        _("no answer, and no money moved: asked about later, and charged then"),
        "Visa",
        "6111",
        trouble=Trouble.REQUEST_LOST,
    ),
    "sim_timeout_after": TestCard(
        _("no answer, though the money moved: asked about later, and not charged again"),
        "Visa",
        "6222",
        trouble=Trouble.REPLY_LOST,
    ),
    "sim_outage": TestCard(
        _("the gateway is down until tomorrow: the same charge is sent again then"),
        "Visa",
        "6333",
        trouble=Trouble.DOWN_TODAY,
    ),
}
