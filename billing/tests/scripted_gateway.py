"""A gateway that keeps its book in memory and does as a test tells it."""

from collections.abc import Callable

from billing.gateways.protocol import Card, ChargeRequest, GatewaySilentError, Reply
from billing.rules import Outcome

SOFT = Reply(outcome=Outcome.SOFT_DECLINE, decline_code="insufficient_funds")
HARD = Reply(outcome=Outcome.HARD_DECLINE, decline_code="lost_card")
SILENT = Reply(outcome=Outcome.UNKNOWN)
DOWN = Reply(outcome=Outcome.OUTAGE)

Behaviour = Callable[[ChargeRequest], Reply]


class ScriptedGateway:
    """Takes the money of every charge, unless `does` says otherwise.

    `asked` are the charges it was sent, `book` what it knows of a key: told once, it answers the
    same key the same for ever.
    """

    name = "scripted"
    concurrency = 1

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.asked: list[ChargeRequest] = []
        self.book: dict[str, Reply] = {}
        self.does: Behaviour = self.take
        self.forgotten: list[str] = []
        self.is_silent = False
        self.answers_nonsense_about = ""

    def take(self, request: ChargeRequest) -> Reply:
        """Take the money, and say so."""
        return self.enter(request, Reply(outcome=Outcome.SUCCEEDED, provider_ref="ref"))

    def take_in_silence(self, request: ChargeRequest) -> Reply:
        """Take the money; the answer gets lost."""
        self.take(request)
        return SILENT

    def decline(self, request: ChargeRequest) -> Reply:
        return self.enter(request, SOFT)

    def decline_in_silence(self, request: ChargeRequest) -> Reply:
        """Decline; the answer gets lost."""
        self.decline(request)
        return SILENT

    def decline_for_good(self, request: ChargeRequest) -> Reply:
        return self.enter(request, HARD)

    def be_down(self, request: ChargeRequest) -> Reply:
        """The charge never arrives."""
        return DOWN

    def break_down(self, request: ChargeRequest) -> Reply:
        """Answer what no client can read."""
        raise RuntimeError("502 <html>")

    def enter(self, request: ChargeRequest, reply: Reply) -> Reply:
        return self.book.setdefault(request.idempotency_key, reply)

    def money_taken(self) -> int:
        """How many charges it has taken money for."""
        return sum(reply.outcome is Outcome.SUCCEEDED for reply in self.book.values())

    # --- As the portal knows it -----------------------------------------------------------------

    def charge(self, request: ChargeRequest) -> Reply:
        self.asked.append(request)
        return self.book.get(request.idempotency_key) or self.does(request)

    def look_up(self, request: ChargeRequest) -> Reply:
        return self.book.get(request.idempotency_key, DOWN)

    def describe(self, method_ref: str) -> Card | None:
        return Card(
            provider_ref=method_ref, brand="Visa", last4="4242", expires_month=12, expires_year=2034
        )

    def detach(self, method_ref: str, customer_ref: str) -> None:
        if self.is_silent:
            raise GatewaySilentError
        if method_ref == self.answers_nonsense_about:
            raise RuntimeError("502 <html>")
        self.forgotten.append(method_ref)
