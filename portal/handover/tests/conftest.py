"""Every test of the handover lives on the same day."""

import pytest

from portal.handover.tests.folders import TODAY
from portal.lib import clock


@pytest.fixture(autouse=True)
def _today():
    with clock.frozen(TODAY):
        yield
