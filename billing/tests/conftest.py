"""What the tests of billing share."""

from collections.abc import Callable
from datetime import date

import pytest

from billing import gateways, tasks
from billing.tests.scripted_gateway import ScriptedGateway
from portal.lib import clock


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
            tasks.end_unpaid()

    return live_day
