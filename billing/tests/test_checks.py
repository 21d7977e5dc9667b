"""Production does not start on a gateway that cannot charge."""

import pytest

from billing.checks import gateway_is_configured


@pytest.fixture
def production(settings):
    settings.PRODUCTION = True
    settings.PAYMENT_GATEWAY = "stripe"
    settings.STRIPE_SECRET_KEY = "sk_live_x"
    settings.STRIPE_WEBHOOK_SECRET = "whsec_x"
    return settings


def ids():
    return [error.id for error in gateway_is_configured()]


def test_a_gateway_with_its_keys_is_fine(production) -> None:
    assert ids() == []


@pytest.mark.parametrize("key", ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"])
def test_a_gateway_without_a_key_is_refused(production, key) -> None:
    setattr(production, key, "")

    assert ids() == [f"billing.{key}"]


def test_a_server_reached_in_the_clear_is_refused(production) -> None:
    production.STRIPE_API_BASE = "http://127.0.0.1:1"

    assert ids() == ["billing.STRIPE_API_BASE"]


def test_a_gateway_nobody_knows_is_refused_even_in_rehearsal(settings) -> None:
    settings.PAYMENT_GATEWAY = "strype"

    assert ids() == ["billing.gateway"]


def test_rehearsal_needs_no_keys(settings) -> None:
    assert ids() == []
