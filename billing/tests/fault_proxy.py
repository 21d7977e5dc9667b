"""A proxy before the gateway's server that does what networks do, and what that server leaves out.

As the real gateway it gives the same reply to the same idempotency key, lists a customer's payments
newest first, has pages that ask for cards, and can say why it declines. A test tells it what goes
wrong with the next charges (`faults`), one after another; without, all goes well.
"""

import hashlib
import hmac
import json
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

KEY = {"Authorization": "Bearer sk_test_12345"}
FORM = "application/x-www-form-urlencoded"
CHARGES = "/v1/payment_intents"
PAGES = "/v1/checkout/sessions"
NEWER = "automatic_payment_methods"  # than the server behind

Answer = tuple[int, dict[str, Any]]

# What can go wrong with a charge. Anything else in `faults` is a code to decline with.
LOSE_REQUEST, LOSE_REPLY, HANG = "lose request", "lose reply", "hang"
BROKEN, BUSY = "broken", "busy"
FAULTS = {LOSE_REQUEST, LOSE_REPLY, HANG, BROKEN, BUSY}


class LostError(Exception):
    """The connection ends without an answer."""


class FaultProxy:
    """See the module's words. `charges_asked` are the keys it was asked to charge under."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._lock = Lock()
        self._listening: ThreadingHTTPServer | None = None
        self.port = 0
        self.forget()
        self.come_back()

    def forget(self) -> None:
        """As new, and so is the server behind."""
        self.faults: deque[str] = deque()
        self.charges_asked: list[str] = []
        self.before_reply: Callable[[], Any] = lambda: None
        self.released = Event()
        self._replies: dict[str, tuple[str, Answer]] = {}
        self._under_way: set[str] = set()
        self._changed: dict[str, dict[str, Any]] = {}
        self._pages: dict[str, dict[str, Any]] = {}
        self._own_events: list[dict[str, Any]] = []
        self.forward("DELETE", "/_config/data")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # --- Being there ----------------------------------------------------------------------------

    def come_back(self) -> None:
        proxy = self

        class Handler(_Handler):
            behind = proxy

        self._listening = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._listening.server_address[1]
        Thread(target=self._listening.serve_forever, args=[0.01], daemon=True).start()

    def go_away(self) -> None:
        assert self._listening
        self._listening.shutdown()
        self._listening.server_close()

    @contextmanager
    def away(self) -> Iterator[None]:
        """Inside, connections are refused."""
        self.go_away()
        try:
            yield
        finally:
            self.come_back()

    # --- Answering ------------------------------------------------------------------------------

    def answer(self, method: str, target: str, body: str, key: str) -> Answer:
        path, query = urlsplit(target).path, dict(parse_qsl(urlsplit(target).query))
        if method == "POST" and key:
            return self._once(key, path, body)
        if path == CHARGES and method == "GET":
            return 200, self._charges_of(query)
        if path.startswith(PAGES):
            return self._page(method, path, body)
        status, found = self.forward(method, target, body)
        return status, found | self._changed.get(str(found.get("id")), {})

    def _once(self, key: str, path: str, body: str) -> Answer:
        """Do it for a key nobody used; else say again what was said."""
        is_charge = path == CHARGES
        fault = ""
        if is_charge:
            self.charges_asked.append(key)
            fault = self.faults.popleft() if self.faults else ""
        if fault == LOSE_REQUEST:
            raise LostError
        if fault == BUSY:
            return 429, {"error": {"type": "invalid_request_error", "code": "rate_limit"}}
        answer = self._do_once(key, path, body, fault)
        if is_charge:
            self.before_reply()
        if fault == HANG:
            self.released.wait(10)
        if fault in {LOSE_REPLY, HANG}:
            raise LostError
        return (500, {"error": {"type": "api_error"}}) if fault == BROKEN else answer

    def _do_once(self, key: str, path: str, body: str, fault: str) -> Answer:
        with self._lock:
            if key in self._under_way:
                return 409, {"error": {"code": "idempotency_key_in_use"}}
            if key in self._replies:
                asked, answer = self._replies[key]
                same = asked == body
                return answer if same else (400, {"error": {"type": "idempotency_error"}})
            self._under_way.add(key)
        try:
            is_decline = fault and fault not in FAULTS
            answer = self._decline(body, fault) if is_decline else self.forward("POST", path, body)
            self._replies[key] = (body, answer)
        finally:
            self._under_way.discard(key)
        return answer

    def _decline(self, body: str, code: str) -> Answer:
        """The payment is made and not confirmed, which is as far as a declined one gets."""
        left_out = {"confirm", "off_session"}
        unconfirmed = urlencode([pair for pair in parse_qsl(body) if pair[0] not in left_out])
        _status, intent = self.forward("POST", CHARGES, unconfirmed)
        card_code = code if code in {"expired_card", "authentication_required"} else "card_declined"
        error = {"type": "card_error", "code": card_code, "decline_code": code, "message": "No."}
        self._changed[intent["id"]] = {
            "status": "requires_payment_method",
            "last_payment_error": error,
        }
        intent |= self._changed[intent["id"]]
        self._own_events.append(event("payment_intent.payment_failed", intent))
        return 402, {"error": error | {"payment_intent": intent}}

    def _charges_of(self, query: dict[str, str]) -> dict[str, Any]:
        theirs = [one for one in self.charges() if one["customer"] == query["customer"]]
        if after := query.get("starting_after"):
            theirs = theirs[[one["id"] for one in theirs].index(after) + 1 :]
        limit = int(query["limit"])
        return {
            "object": "list",
            "url": CHARGES,
            "data": theirs[:limit],
            "has_more": len(theirs) > limit,
        }

    def _page(self, method: str, path: str, body: str) -> Answer:
        if method == "GET":
            found = self._pages.get(path.removeprefix(f"{PAGES}/"))
            return (200, found) if found else (404, {"error": {"type": "invalid_request_error"}})
        asked, ref = dict(parse_qsl(body)), f"cs_test_{len(self._pages)}"
        self._pages[ref] = {
            "id": ref,
            "object": "checkout.session",
            "url": f"https://checkout.stripe.com/c/pay/{ref}",
            "status": "open",
            "setup_intent": None,
            **asked,
        }
        return 200, self._pages[ref]

    def forward(self, method: str, target: str, body: str = "") -> Answer:
        """What the server behind says."""
        if "payment_method_types" in body:  # gone from the real one's API
            return 400, {"error": {"code": "payment_method_types_no_longer_supported"}}
        known = [pair for pair in parse_qsl(body) if not pair[0].startswith(NEWER)]
        connection = HTTPConnection("127.0.0.1", self._server_port, timeout=10)
        try:
            connection.request(method, target, urlencode(known), KEY | {"Content-Type": FORM})
            response = connection.getresponse()
            return response.status, json.loads(response.read() or b"{}")
        finally:
            connection.close()

    # --- What tests do and see behind it --------------------------------------------------------

    def new_customer(self) -> str:
        return str(self.forward("POST", "/v1/customers", "name=Studio")[1]["id"])

    def new_card(self, *, customer: str, number: str = "4242424242424242") -> str:
        asked = {"type": "card", "card[number]": number, "card[cvc]": "123"}
        asked |= {"card[exp_month]": "12", "card[exp_year]": "2034"}
        card = str(self.forward("POST", "/v1/payment_methods", urlencode(asked))[1]["id"])
        self.forward("POST", f"/v1/payment_methods/{card}/attach", f"customer={customer}")
        return card

    def renew_card(self, card: str, *, last4: str, year: int) -> dict[str, Any]:
        """The network sends new details; the event that tells of them."""
        known = self.forward("GET", f"/v1/payment_methods/{card}")[1]
        self._changed[card] = {"card": known["card"] | {"last4": last4, "exp_year": year}}
        return event("payment_method.automatically_updated", known | self._changed[card])

    def detach_card(self, card: str) -> dict[str, Any]:
        """Somebody takes the card off its holder there; the event that tells of it."""
        return event(
            "payment_method.detached", self.forward("POST", f"/v1/payment_methods/{card}/detach")[1]
        )

    def finish_page(self, page: str) -> dict[str, Any]:
        """Somebody gives a card on the page; the event that tells of it."""
        asked = self._pages[page]
        card = self.new_card(customer=asked["customer"])
        asked |= {"status": "complete", "setup_intent": {"id": "seti_1", "payment_method": card}}
        told = asked | {"setup_intent": "seti_1"}
        return event("checkout.session.completed", told)

    def charges(self) -> list[dict[str, Any]]:
        """Every payment the server knows, newest first."""
        made = self.forward("GET", f"{CHARGES}?limit=1000")[1]["data"]
        return [one | self._changed.get(one["id"], {}) for one in reversed(made)]

    def keys_paid(self) -> list[str]:
        """The attempts money was taken for, in the server's own list."""
        paid = [one for one in self.charges() if one["status"] == "succeeded"]
        return sorted(one["metadata"]["attempt"] for one in paid)

    def events(self) -> list[dict[str, Any]]:
        """What it would tell of payments by itself, in the order it happened."""
        told = self.forward("GET", "/v1/events?limit=1000")[1]["data"]
        payments = [one for one in told if one["type"].startswith("payment_intent.")]
        return payments + self._own_events


def event(kind: str, about: dict[str, Any]) -> dict[str, Any]:
    """An event as the gateway would tell it."""
    ref = hashlib.sha256(json.dumps([kind, about], sort_keys=True).encode()).hexdigest()[:24]
    return {"id": f"evt_{ref}", "object": "event", "type": kind, "data": {"object": about}}


def signature(body: bytes, secret: str, *, age: int = 0) -> str:
    """The header that belongs to a body, as it was signed `age` seconds ago."""
    at = int(time.time()) - age  # noqa: TID251 - the gateway goes by the clock on the wall
    signed = hmac.new(secret.encode(), b"%d.%s" % (at, body), hashlib.sha256)
    return f"t={at},v1={signed.hexdigest()}"


class _Handler(BaseHTTPRequestHandler):
    """One connection a request (HTTP/1.0), so that who is away is away at once."""

    behind: FaultProxy

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        key = self.headers.get("Idempotency-Key") or ""
        is_kept = self.path in {CHARGES, "/v1/customers", "/v1/refunds"}
        try:
            status, answer = self.behind.answer(
                self.command, self.path, body, key if is_kept else ""
            )
        except LostError:
            return
        told = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *args: Any) -> None:
        """Nothing: a test that fails says enough."""
