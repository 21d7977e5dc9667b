"""What the tests of billing share."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from billing import gateways, tasks
from billing.tests.fault_proxy import FaultProxy
from billing.tests.scripted_gateway import ScriptedGateway
from portal.lib import clock

# Asserts beside a test say as much as those in it.
pytest.register_assert_rewrite("billing.tests.billing_laws")


@pytest.fixture
def gateway(settings, monkeypatch: pytest.MonkeyPatch) -> ScriptedGateway:
    """Charge through a gateway that does as it is told."""
    name = "billing.tests.scripted_gateway.ScriptedGateway"
    monkeypatch.setitem(gateways.GATEWAYS, "scripted", name)
    settings.PAYMENT_GATEWAY = "scripted"
    scripted = gateways.current()
    assert isinstance(scripted, ScriptedGateway)
    scripted.reset()
    return scripted


@pytest.fixture
def live() -> Callable[[date], None]:
    """Live a day of billing: every job of it once."""

    def live_day(day: date) -> None:
        with clock.frozen(day):
            tasks.charge_renewals()
            tasks.retry_payments()
            tasks.resolve_attempts()
            tasks.forget_removed_cards()
            tasks.end_unpaid()

    return live_day


@pytest.fixture(scope="session")
def stripe_server() -> Iterator[int]:
    """The port of the gateway's server, running as long as the tests do."""
    command = [sys.executable, str(Path(__file__).with_name("stripe_server.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout
        yield int(server.stdout.readline())
        server.terminate()


@pytest.fixture(scope="session")
def one_proxy(stripe_server: int) -> Iterator[FaultProxy]:
    proxy = FaultProxy(stripe_server)
    yield proxy
    proxy.go_away()


@pytest.fixture
def proxy(one_proxy: FaultProxy, settings) -> Iterator[FaultProxy]:
    """Charge through the real library, over HTTP, at a server that forgot all that was before."""
    one_proxy.forget()
    settings.PAYMENT_GATEWAY = "stripe"
    settings.STRIPE_API_BASE = one_proxy.url
    settings.STRIPE_SECRET_KEY = "sk_test_12345"
    settings.STRIPE_WEBHOOK_SECRET = "whsec_test"
    gateways.forget()
    yield one_proxy
    one_proxy.released.set()
    gateways.forget()
