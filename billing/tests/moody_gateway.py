"""A gateway whose cards change their mind, and which can be the last thing a process sees."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from billing.gateways.protocol import Card, ChargeRequest, RefundRequest, Reply
from billing.rules import Outcome
from billing.tests.scripted_gateway import DOWN, HARD, SILENT, SOFT

PAID = Reply(outcome=Outcome.SUCCEEDED, provider_ref="moody")


class Mood(StrEnum):
    """How charging a card goes."""

    GOOD = "good"
    SOFT = "declined softly"
    HARD = "declined for good"
    DOWN = "gateway down"  # nothing arrives, and that is known
    SILENT = "no answer"  # nothing arrives, and nobody knows
    MUTE = "paid without an answer"

    @property
    def talks(self) -> bool:
        """Whether its gateway says what became of a charge."""
        return self not in {Mood.DOWN, Mood.SILENT, Mood.MUTE}

    @property
    def acts(self) -> bool:
        """Whether a charge arrives there."""
        return self not in {Mood.DOWN, Mood.SILENT}


class Killed(BaseException):
    """The process ends here, with all it had not written yet."""


class Fuse:
    """Kills who asks the gateway for the n-th time, before the money moved or after it."""

    def __init__(self) -> None:
        self._left, self._moved = 0, False

    def light(self, *, questions: int, moved: bool) -> None:
        self._left, self._moved = questions, moved

    def asked(self) -> None:
        """A question arrived, and nothing came of it yet."""
        self._burn(moved=False)

    def done(self) -> None:
        """The money moved, if it was to move."""
        self._burn(moved=True)

    def _burn(self, *, moved: bool) -> None:
        if self._left and moved is self._moved:
            self._left -= 1
            if not self._left:
                raise Killed


@dataclass(frozen=True, slots=True)
class Entry:
    """What was decided of a key: the answer, the card, the money taken or paid back."""

    reply: Reply
    method_ref: str
    amount: Decimal


class MoodyGateway:
    """Charges a card as its mood is, GOOD unless told; `charges` and `refunds` are its book."""

    name = "moody"
    concurrency = 1

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.moods: dict[str, Mood] = {}
        self.charges: dict[str, Entry] = {}
        self.refunds: dict[str, Entry] = {}
        self.fuse = Fuse()

    def mood(self, method_ref: str) -> Mood:
        return self.moods.get(method_ref, Mood.GOOD)

    def charge(self, request: ChargeRequest) -> Reply:
        self.fuse.asked()
        mood = self.mood(request.method_ref)
        if mood.acts:
            reply = {Mood.SOFT: SOFT, Mood.HARD: HARD}.get(mood, PAID)
            taken = request.amount if reply is PAID else Decimal(0)
            entry = Entry(reply, request.method_ref, taken)
            self.charges.setdefault(request.idempotency_key, entry)
        self.fuse.done()
        return DOWN if mood is Mood.DOWN else self.look_up(request)

    def look_up(self, request: ChargeRequest) -> Reply:
        if not self.mood(request.method_ref).talks:
            return SILENT
        known = self.charges.get(request.idempotency_key)
        return known.reply if known else DOWN

    def refund(self, request: RefundRequest) -> Reply:
        self.fuse.asked()
        charged = self.charges[request.charge_key]
        mood = self.mood(charged.method_ref)
        if mood.acts:
            entry = Entry(PAID, charged.method_ref, request.amount)
            self.refunds.setdefault(request.idempotency_key, entry)
        self.fuse.done()
        return PAID if mood.talks else SILENT

    def describe(self, method_ref: str) -> Card | None:
        return Card(
            provider_ref=method_ref, brand="Visa", last4="4242", expires_month=12, expires_year=2034
        )
