"""A test that moved the clock leaves it as it found it."""

from collections.abc import Iterator

import pytest

from portal.lib import clock


@pytest.fixture(autouse=True)
def _real_time_again() -> Iterator[None]:
    yield
    clock.shift_to(None)
